// Whether this process is a fork of one that had databases open: then nothing of SQLite may be touched in it.
//
// A child shares the parent's open file descriptions and copies SQLite's books of locks, which are then wrong in the
// child (https://www.sqlite.org/howtocorrupt.html, section 2.6); mutexes may be held for ever by threads that do not
// exist there. So every lock call fails and every handle of sql/ refuses its work in such a child. A child of a process
// that had none open, as with servers that fork before they serve, is unaffected.
//
// Contract. Thread-safe. forked() is one relaxed load.
#pragma once

#include <atomic>

namespace tern::sql {

namespace fork_guard_detail {
// relaxed: see fork_guard.cc.
extern std::atomic<bool> is_forked_child;
}  // namespace fork_guard_detail

inline bool forked() noexcept { return fork_guard_detail::is_forked_child.load(std::memory_order_relaxed); }

// Registers the fork handler; once, by initialize().
void install_fork_guard();

// Counted by Connection.
void note_connection_opened() noexcept;
void note_connection_closed() noexcept;

}  // namespace tern::sql
