// The descriptors that this process holds locks on, so that a child of fork() gives them up at once.
//
// Locks of an open file description (fcntl's F_OFD_SETLK, flock) belong to the description, and a child has it too:
// were its parent to die with a lock held, the child would keep it for ever. A pthread_atfork handler closes them all
// in the child.
//
// Thread-safety: both functions, from any thread; neither may be called between fork() and its handlers. A descriptor
// that is mapped keeps its description alive by the mapping, which the child has as well: do not take locks on such a
// one.
#pragma once

namespace tern::cache {

void note_lock_descriptor(int descriptor);
// Before the descriptor is closed.
void forget_lock_descriptor(int descriptor);

}  // namespace tern::cache
