// Marks that SQLite is calling a function of the host on this thread. What it calls must not come back into tern's SQL:
// the thread's working memory is in use, and what it read would be in nobody's read set.
//
// Thread-safety: each thread has its own mark. Cost: a thread-local load. A hot hit does not ask: it touches nothing
// that is in use.
#pragma once

#include "tern/error.hpp"

namespace tern::internal {

class HostCall {
 public:
  HostCall() noexcept { ++depth; }
  ~HostCall() { --depth; }
  HostCall(const HostCall&) = delete;
  HostCall& operator=(const HostCall&) = delete;

  // Error::kMisuse while one runs on this thread.
  static void refuse_inside() {
    if (depth != 0)
      throw Error(ErrorCode::kMisuse,
                  "a function or collation of the host, called by SQLite, must not itself call a database: give it "
                  "what it needs as arguments");
  }

 private:
  static inline constinit thread_local int depth = 0;
};

}  // namespace tern::internal
