#include "sql/read_pool.h"

#include <sqlite3.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "sql/error.h"
#include "sql/probes.h"

namespace tern::sql {

using Clock = std::chrono::steady_clock;

struct ReadPool::Member {
  Member(Connection its_connection, size_t statements_kept)
      : connection(std::move(its_connection)), statements(connection, statements_kept) {}

  Connection connection;
  StatementCache statements;  // refers to connection, so it stands behind it
  uint64_t generation = 0;
  bool snapshot_open = false;
  uint64_t snapshot_epoch = 0;             // the pool's, before it began
  std::optional<uint64_t> snapshot_state;  // known only if it did not change while the snapshot began
  Clock::time_point began_at{};
  Clock::time_point returned_at{};

  void end_snapshot() noexcept {
    if (!snapshot_open) return;
    connection.end_transaction();
    snapshot_open = false;
    snapshot_state.reset();
  }
};

ReadPool::ReadPool(ReadPoolOptions options, const WalIndex* index)
    : options_([&options] {
        options.connection.mode = OpenMode::kRead;
        options.max_connections = std::max<size_t>(options.max_connections, 1);
        return std::move(options);
      }()),
      index_(index != nullptr && index->available() ? index : nullptr) {
  idle_.reserve(options_.max_connections);
}

ReadPool::~ReadPool() = default;

std::unique_ptr<ReadPool::Member> ReadPool::open_member() {
  Connection connection = Connection::open(options_.connection);
  // Opened by its path: were another file there by now, its answers would pass for those of the one that is followed.
  if (options_.files != nullptr && !options_.files->look()) options_.files->demand();
  if (options_.on_open) options_.on_open(connection);
  return std::make_unique<Member>(std::move(connection), options_.statements_per_connection);
}

std::optional<uint64_t> ReadPool::state_now() const noexcept {
  return index_ != nullptr ? std::optional(index_->state()) : std::nullopt;
}

ReadPool::Lease ReadPool::acquire() { return acquire(std::chrono::milliseconds(options_.wait_ms)); }

ReadPool::Lease ReadPool::acquire(std::chrono::milliseconds wait) {
  const Clock::time_point deadline = Clock::now() + wait;
  std::unique_lock lock(mutex_);
  while (held_back_until_ != Clock::time_point{} && Clock::now() < held_back_until_) {
    returned_.wait_until(lock, held_back_until_);
  }
  while (idle_.empty() && open_ >= options_.max_connections) {
    if (returned_.wait_until(lock, deadline) == std::cv_status::timeout && idle_.empty() &&
        open_ >= options_.max_connections) {
      throw Error(SQLITE_BUSY,
                  describe("get a read connection to " + options_.connection.path,
                           "all " + std::to_string(open_) + " are in use for " + std::to_string(wait.count()) + " ms",
                           "finish reads sooner, or allow more connections"));
    }
  }
  if (!idle_.empty()) {
    std::unique_ptr<Member> member = std::move(idle_.back());
    idle_.pop_back();
    if (member->generation == generation_) return {*this, std::move(member)};
    --open_;  // of an older generation: closed below, a new one takes its place
  }
  ++open_;
  const uint64_t generation = generation_;
  lock.unlock();
  try {
    std::unique_ptr<Member> member = open_member();
    member->generation = generation;
    return {*this, std::move(member)};
  } catch (...) {
    lock.lock();
    --open_;
    returned_.notify_one();
    throw;
  }
}

void ReadPool::give_back(std::unique_ptr<Member> member) noexcept {
  // A statement that still runs would pin its snapshot, and make the next reuse a read of the past.
  assert(member->statements.uses() == 0);
  if (member->connection.in_transaction() != member->snapshot_open) {
    member->snapshot_open = true;
    member->end_snapshot();
  }
  if (member->snapshot_epoch != snapshot_epoch_.load(std::memory_order_relaxed)) member->end_snapshot();
  member->returned_at = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (member->generation == generation_) {
      idle_.push_back(std::move(member));  // room for all was reserved
    } else {
      --open_;
    }
  }
  returned_.notify_one();
}

ReadPool::Snapshot ReadPool::take_snapshot(Member& member, std::optional<uint64_t> wal_state_now) {
  if (member.snapshot_open) {
    // The time of the last return stands for now: a busy connection was given back a moment ago, and asks no clock.
    const bool young = member.returned_at - member.began_at < ReadPool::kMaxSnapshotAge;
    const bool kept = member.snapshot_epoch == snapshot_epoch_.load(std::memory_order_relaxed);
    if (young && kept && wal_state_now &&
        (TERN_MUTANT(kReusedSnapshotUnchecked) || member.snapshot_state == wal_state_now) &&
        member.connection.transaction_state() == TransactionState::kRead) {
      snapshots_reused_.fetch_add(1, std::memory_order_relaxed);
      return {.reused = true, .wal_state = wal_state_now};
    }
    member.end_snapshot();
  }
  member.snapshot_epoch = snapshot_epoch_.load(std::memory_order_relaxed);
  const std::optional<uint64_t> before = state_now();
  if (!member.connection.begin_read()) {
    throw Error(SQLITE_BUSY, describe("read " + options_.connection.path, "another program holds it locked",
                                      "try again, or raise the busy timeout"));
  }
  member.snapshot_open = true;
  member.began_at = Clock::now();
  snapshots_begun_.fetch_add(1, std::memory_order_relaxed);
  TERN_SYNC_POINT("snapshot:begun");
  const std::optional<uint64_t> after = state_now();
  member.snapshot_state = before == after ? after : std::nullopt;
  return {.reused = false, .wal_state = member.snapshot_state};
}

size_t ReadPool::release_idle(std::chrono::milliseconds idle) {
  const Clock::time_point limit = Clock::now() - idle;
  const std::optional<uint64_t> now = state_now();
  size_t released = 0;
  const std::lock_guard lock(mutex_);
  for (auto& member : idle_) {
    if (!member->snapshot_open) continue;
    if (member->returned_at > limit && now && member->snapshot_state == now) continue;
    member->end_snapshot();
    ++released;
  }
  return released;
}

size_t ReadPool::release_all() {
  size_t released = 0;
  const std::lock_guard lock(mutex_);
  snapshot_epoch_.fetch_add(1, std::memory_order_relaxed);
  for (auto& member : idle_) {
    if (!member->snapshot_open) continue;
    member->end_snapshot();
    ++released;
  }
  return released;
}

void ReadPool::hold_back(Clock::time_point until) {
  const std::lock_guard lock(mutex_);
  held_back_until_ = until;
}

void ReadPool::let_in() {
  {
    const std::lock_guard lock(mutex_);
    held_back_until_ = {};
  }
  returned_.notify_all();
}

void ReadPool::renew_connections() {
  std::vector<std::unique_ptr<Member>> outdated;  // closed after the lock
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
    outdated.swap(idle_);
    open_ -= outdated.size();
    idle_.reserve(options_.max_connections);
  }
  returned_.notify_all();
}

ReadPool::Stats ReadPool::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats;
  stats.open = open_;
  stats.idle = idle_.size();
  stats.idle_snapshots = static_cast<size_t>(
      std::count_if(idle_.begin(), idle_.end(), [](const auto& member) { return member->snapshot_open; }));
  stats.snapshots_reused = snapshots_reused_.load(std::memory_order_relaxed);
  stats.snapshots_begun = snapshots_begun_.load(std::memory_order_relaxed);
  return stats;
}

ReadPool::Lease::Lease(ReadPool& pool, std::unique_ptr<Member> member) noexcept
    : pool_(&pool), member_(std::move(member)) {}

ReadPool::Lease::Lease(Lease&& other) noexcept = default;

ReadPool::Lease::~Lease() {
  if (member_ != nullptr) pool_->give_back(std::move(member_));
}

Connection& ReadPool::Lease::connection() const noexcept { return member_->connection; }
StatementCache& ReadPool::Lease::statements() const noexcept { return member_->statements; }

ReadPool::Snapshot ReadPool::Lease::snapshot(uint64_t wal_state_now) const {
  return pool_->take_snapshot(*member_, wal_state_now);
}

ReadPool::Snapshot ReadPool::Lease::snapshot() const { return pool_->take_snapshot(*member_, pool_->state_now()); }

void ReadPool::Lease::end_snapshot() const noexcept { member_->end_snapshot(); }

}  // namespace tern::sql
