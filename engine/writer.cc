#include "engine/writer.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>

#include "cache/probes.h"
#include "engine/host_call.h"
#include "engine/statement_kind.h"
#include "engine/user_sql.h"
#include "engine/whole_run.h"
#include "sql/error.h"
#include "sql/statement.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

// How long a writer tries to publish before it acknowledges all the same: readers then publish, or go past the cache.
constexpr int kPublishPatienceMs = 1;

// What may be one of several units in a transaction. VACUUM and its kin may not, and pragmas act on the connection.
bool may_share(const Prepared& prepared) { return prepared.kind != StatementKind::kPragma && !prepared.changes_schema; }

// Each unit its own copy: their threads look at it, and drop it, at the same time.
void fail(std::span<WriteUnit* const> units, const std::exception_ptr& error) noexcept {
  for (WriteUnit* unit : units) {
    try {
      std::rethrow_exception(error);
    } catch (const sql::Error& known) {
      unit->error = std::make_exception_ptr(known);
    } catch (...) {
      unit->error = std::current_exception();
    }
  }
}

Error waited_in_vain(int busy_timeout_ms) {
  return {ErrorCode::kBusy,
          "other threads of this process have been writing for longer than the busy timeout of " +
              std::to_string(busy_timeout_ms) + " ms; keep transactions short",
          SQLITE_BUSY};
}

// Whatever way a run ends, its transaction does not stay open.
class RollbackUnlessDone {
 public:
  explicit RollbackUnlessDone(sql::Connection& connection) : connection_(connection) {}
  ~RollbackUnlessDone() {
    if (connection_.in_transaction()) connection_.end_transaction();
  }

 private:
  sql::Connection& connection_;
};

}  // namespace

class Writer::Turn {
 public:
  explicit Turn(Writer& writer) : writer_(writer), unit_(kNothing) { writer_.take_turn(unit_); }
  ~Turn() { writer_.leave_turn(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static constexpr auto kNothing = [] {};

  Writer& writer_;
  WriteUnit unit_;  // stands in the queue; may not share
};

Writer::Writer(sql::Connection connection, Coherence* coherence, Counters& counters, int busy_timeout_ms,
               int busy_retries)
    : coherence_(coherence),
      counters_(counters),
      busy_timeout_ms_(busy_timeout_ms),
      busy_retries_(busy_retries),
      connection_(std::move(connection)),
      statements_(connection_) {
  // So that a leader need not allocate while others' units are in his hands.
  group_.reserve(WriteQueue::kMaxGroup);
  left_.reserve(WriteQueue::kMaxGroup);
}

void Writer::begin() {
  for (int attempt = 0;; ++attempt) {
    try {
      return execute("BEGIN IMMEDIATE");
    } catch (const sql::Error& error) {
      if (error.code != SQLITE_BUSY || attempt >= busy_retries_) throw;
    }
  }
}

void Writer::execute(std::string_view sql) {
  auto use = statements_.get(sql);
  use.statement().step();
}

void Writer::commit() {
  TERN_SYNC_POINT("commit:before");
  execute("COMMIT");
}

// Called after a commit, before it is acknowledged. A state that has not changed means that nothing was committed.
void Writer::publish(uint64_t state_before) noexcept {
  TERN_SYNC_POINT("commit:after");
  if (coherence_ == nullptr) {
    counters_.add(Counter::kOwnCommits);
    return;
  }
  if (coherence_->wal().state() == state_before) return;
  counters_.add(Counter::kOwnCommits);
  coherence_->try_publish(kPublishPatienceMs, true);
  TERN_SYNC_POINT("commit:published");
}

Rows Writer::run_within(const Prepared& prepared, const cache::KeyBuilder& key) {
  return run_whole(connection_, statements_, prepared, key);
}

Rows Writer::run(const Prepared& prepared, const cache::KeyBuilder& key) {
  std::optional<Rows> rows;
  const auto work = [&] { rows = run_within(prepared, key); };
  WriteUnit unit(work);
  unit.may_share = may_share(prepared);
  unit.transaction = false;
  unit.savepoint = prepared.returns_rows;
  share(unit);
  return *std::move(rows);
}

std::vector<Rows> Writer::batch(std::span<const WriterCall> calls) {
  std::vector<Rows> results;
  const auto work = [&] {
    results.clear();
    results.reserve(calls.size());
    for (const WriterCall& call : calls) results.push_back(run_within(*call.prepared, *call.key));
  };
  WriteUnit unit(work);
  unit.may_share = std::ranges::all_of(calls, [](const WriterCall& call) { return may_share(*call.prepared); });
  share(unit);
  return results;
}

void Writer::run_each(std::span<Write> writes) {
  refuse_own_turn();
  struct Queued {
    Queued(Writer& by, Write& which) : writer(by), write(which), unit(*this) {}
    void operator()() {
      write.rows.clear();
      write.rows.reserve(write.calls.size());
      for (const WriterCall& call : write.calls) write.rows.push_back(writer.run_within(*call.prepared, *call.key));
    }
    Writer& writer;
    Write& write;
    WriteUnit unit;
  };
  std::deque<Queued> queued;  // nothing in it moves
  std::vector<WriteUnit*> units;
  for (Write& write : writes) {
    WriteUnit& unit = queued.emplace_back(*this, write).unit;
    unit.may_share = std::ranges::all_of(write.calls, [](const WriterCall& call) { return may_share(*call.prepared); });
    unit.transaction = write.batch;
    unit.savepoint = write.batch || write.calls.front().prepared->returns_rows;
    units.push_back(&unit);
  }
  using std::chrono::steady_clock;
  queue_.enter_all(units);
  // From here on nothing may throw: the queue points to the units. They wait together, for one busy timeout.
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms_);
  for (Queued& one : queued) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    switch (queue_.await(one.unit, std::max(left, std::chrono::milliseconds(0)))) {
      case WriteQueue::Outcome::kLead:
        lead(one.unit);
        break;
      case WriteQueue::Outcome::kDone:
        break;
      case WriteQueue::Outcome::kTimeout:
        try {
          throw waited_in_vain(busy_timeout_ms_);
        } catch (...) {  // or std::bad_alloc
          one.unit.error = std::current_exception();
        }
        break;
    }
    one.write.error = std::move(one.unit.error);
  }
}

void Writer::refuse_own_turn() const {
  HostCall::refuse_inside();
  if (turn_is_mine())
    throw Error(ErrorCode::kMisuse,
                "this thread is inside a transaction of this database: write through that, or end it first");
}

bool Writer::wait_for_turn(WriteUnit& unit) {
  refuse_own_turn();
  const auto outcome = queue_.enter(unit, std::chrono::milliseconds(busy_timeout_ms_));
  if (outcome == WriteQueue::Outcome::kTimeout) throw waited_in_vain(busy_timeout_ms_);
  return outcome == WriteQueue::Outcome::kLead;
}

void Writer::take_turn(WriteUnit& unit) {
  wait_for_turn(unit);
  take_up();
}

void Writer::leave_turn() noexcept {
  put_down();
  queue_.leave();
}

void Writer::share(WriteUnit& unit) {
  if (wait_for_turn(unit)) lead(unit);
  if (unit.error) std::rethrow_exception(unit.error);
}

void Writer::lead(WriteUnit& unit) noexcept {
  owner_.store(std::this_thread::get_id(), std::memory_order_relaxed);  // relaxed: see owner_
  group_.assign(1, &unit);
  if (unit.may_share) queue_.take_group(group_);
  if (group_.size() == 1) {
    run_alone(unit);
  } else {
    left_.assign(group_.begin(), group_.end());
    while (!run_units()) {
    }
  }
  owner_.store({}, std::memory_order_relaxed);
  queue_.leave(std::span(group_).subspan(1));
}

// One attempt at all units that are left. False: a unit has taken the whole transaction with it, and is left out now.
bool Writer::run_units() noexcept {
  const RollbackUnlessDone rollback(connection_);
  uint64_t before = 0;
  try {
    begin();
    before = state();
  } catch (const std::exception&) {
    fail(left_, std::current_exception());
    return true;
  }
  for (auto unit = left_.begin(); unit != left_.end(); ++unit) {
    run_unit(**unit);
    if (connection_.in_transaction()) continue;
    // Nothing but a failure ends a transaction; whatever it was, the unit must not pass for done.
    if ((*unit)->error == nullptr)
      (*unit)->error = std::make_exception_ptr(Error(ErrorCode::kSql, "the statement ended the transaction"));
    left_.erase(unit);
    return left_.empty();
  }
  std::erase_if(left_, [](const WriteUnit* unit) { return unit->error != nullptr; });
  try {
    commit();
  } catch (const sql::Error& error) {
    const bool still_open = connection_.in_transaction();
    connection_.end_transaction();
    if (!still_open || error.code != SQLITE_CONSTRAINT) {
      fail(left_, std::current_exception());
    } else {
      // A deferred constraint, of whichever unit: each finds out for itself.
      for (WriteUnit* unit : left_) run_alone(*unit);
    }
    return true;
  }
  publish(before);
  if (left_.size() > 1) counters_.add(Counter::kGroupedWrites, left_.size() - 1);
  return true;
}

void Writer::run_unit(WriteUnit& unit) noexcept {
  unit.error = nullptr;
  try {
    if (unit.savepoint) execute("SAVEPOINT tern_unit");
    unit.work();
    if (unit.savepoint) execute("RELEASE tern_unit");
    return;
  } catch (...) {
    unit.error = std::current_exception();
  }
  if (!unit.savepoint || !connection_.in_transaction()) return;
  try {
    execute("ROLLBACK TO tern_unit");
    execute("RELEASE tern_unit");
  } catch (...) {
    connection_.end_transaction();  // what it did cannot be told apart any more: all begin again, without it
  }
}

void Writer::run_alone(WriteUnit& unit) noexcept {
  unit.error = nullptr;
  const RollbackUnlessDone rollback(connection_);
  try {
    if (unit.transaction) return in_transaction(unit.work);
    const uint64_t before = state();
    unit.work();
    publish(before);
  } catch (...) {
    unit.error = std::current_exception();
  }
}

uint64_t Writer::begin_within() {
  begin();
  return state();
}

void Writer::commit_within(uint64_t state_before) {
  commit();
  publish(state_before);
}

void Writer::roll_back_within() noexcept {
  if (connection_.in_transaction()) connection_.end_transaction();
}

void Writer::in_transaction(cache::FunctionRef<void()> work) {
  const RollbackUnlessDone rollback(connection_);
  const uint64_t before = begin_within();
  work();
  commit_within(before);
}

void Writer::transaction(const std::function<void()>& work) {
  const Turn turn(*this);
  in_transaction(work);
}

bool Writer::adopt(const HostObject& object) {
  const Turn turn(*this);
  const bool taken = object.name_is_taken(connection_);
  object.apply_to(connection_);
  statements_.forget_functions();
  return taken;
}

int64_t Writer::exec_within(std::string_view script) {
  HostCall::refuse_inside();
  int64_t ran = 0;
  while (!is_blank(script)) {
    if (const std::string why = refusal(script); !why.empty()) throw Error(ErrorCode::kUnsupported, why);
    size_t consumed = 0;
    auto statement = prepare_of_user(connection_, script, consumed);
    if (!statement) break;
    statement->check_parameter_count(0);
    while (statement->step()) {
    }
    ++ran;
    script.remove_prefix(consumed);
  }
  return ran;
}

int64_t Writer::exec(std::string_view script) {
  const Turn turn(*this);
  size_t consumed = 0;
  bool single = true;
  if (!is_blank(script) && refusal(script).empty()) {
    const auto first = prepare_of_user(connection_, script, consumed);
    single = is_blank(script.substr(consumed));
  }
  int64_t ran = 0;
  if (!single) {
    in_transaction([&] { ran = exec_within(script); });
    return ran;
  }
  const RollbackUnlessDone rollback(connection_);
  const uint64_t before = state();
  ran = exec_within(script);
  publish(before);
  return ran;
}

}  // namespace tern::internal
