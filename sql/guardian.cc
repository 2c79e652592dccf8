#include "sql/guardian.h"

namespace tern::sql {
namespace {

ConnectionOptions for_reading(ConnectionOptions options) {
  options.mode = OpenMode::kRead;
  options.page_cache_bytes = 0;  // it reads page 1 only; Connection rounds up to its least
  return options;
}

}  // namespace

Guardian::Guardian(const ConnectionOptions& options)
    : held_(Connection::open(for_reading(options))), spare_(Connection::open(for_reading(options))) {}

bool Guardian::open() {
  if (holds()) return true;
  if (!begin(held_)) return false;
  holds_.store(true, std::memory_order_relaxed);  // relaxed: see holds()
  return true;
}

void Guardian::let_go() noexcept {
  // Before the lock goes, so that nobody who asks meanwhile is told of a guardian that is no more.
  holds_.store(false, std::memory_order_relaxed);
  held_.end_transaction();
}

}  // namespace tern::sql
