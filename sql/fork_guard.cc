#include "sql/fork_guard.h"

#include <pthread.h>

#include <atomic>

namespace tern::sql {

std::atomic<bool> fork_guard_detail::is_forked_child{false};

namespace {

// relaxed throughout: the count is read in the child, whose one thread copies what the forking thread saw; a connection
// that another thread opens at the very moment of fork() is in the middle of what no child can use anyway.
std::atomic<int> open_connections{0};

void after_fork_in_child() {
  if (open_connections.load(std::memory_order_relaxed) > 0)
    fork_guard_detail::is_forked_child.store(true, std::memory_order_relaxed);
}

}  // namespace

void install_fork_guard() { ::pthread_atfork(nullptr, nullptr, after_fork_in_child); }

void note_connection_opened() noexcept { open_connections.fetch_add(1, std::memory_order_relaxed); }
void note_connection_closed() noexcept { open_connections.fetch_sub(1, std::memory_order_relaxed); }

}  // namespace tern::sql
