#include "engine/kv_writer.h"

#include <lmdb.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

namespace tern::internal {

Error kv_error(int code, const cache::KvStore& store) {
  const std::string off = store.why_off();
  const std::string words = code > 0 ? std::strerror(code) : ::mdb_strerror(code);
  switch (code) {
    case EBUSY:
      return {ErrorCode::kBusy,
              "another process holds the lock of the KV folder, and did not let it go within the busy timeout"};
    case MDB_MAP_FULL:
      return {ErrorCode::kFull,
              "the KV store has reached Options::kv_map_bytes; remove keys, end large values that are held, or open it "
              "with more in every process"};
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::kFull, "there is no room left on the device for the KV store"};
    case MDB_READERS_FULL:
      return {ErrorCode::kLimit,
              "1,024 snapshots of the KV store are in use, in all processes; use fewer threads at once"};
    case MDB_DBS_FULL:
      return {ErrorCode::kLimit, "the KV store has given away all numbers of namespaces or of long keys"};
    case ENOMEM:
      return {ErrorCode::kNoMemory, "no memory for the KV store"};
    case EROFS:
    case EACCES:
    case EPERM:
      return {ErrorCode::kReadOnly, "the KV store cannot be written: " + words};
    case EIO:
      return {ErrorCode::kIo, "the KV store: " + words};
    case MDB_MAP_RESIZED:
      return {ErrorCode::kLimit,
              "another process has let the KV store grow past Options::kv_map_bytes of this one; open it with more"};
    default:
      return {code > 0 ? ErrorCode::kIo : ErrorCode::kCorrupt, "the KV store: " + (off.empty() ? words : off)};
  }
}

void KvWriter::run(Work work) {
  const auto do_work = [&] { work(*transaction_, transaction_->next_version()); };  // the unit borrows it
  WriteUnit unit(do_work);
  unit.may_share = grouped_;
  switch (queue_.enter(unit, std::chrono::milliseconds(busy_timeout_ms_))) {
    case WriteQueue::Outcome::kLead:
      lead(unit);
      break;
    case WriteQueue::Outcome::kDone:
      break;
    case WriteQueue::Outcome::kTimeout:
      throw kv_error(EBUSY, store_);
  }
  if (unit.error) std::rethrow_exception(unit.error);
}

void KvWriter::lead(WriteUnit& own) {
  struct Leave {
    WriteQueue& queue;
    WriteUnit* own;
    std::vector<WriteUnit*> group;
    ~Leave() {
      std::erase(group, own);
      queue.leave(group);
    }
  } turn{queue_, &own, {&own}};
  try {
    if (grouped_) {
      turn.group.reserve(cache::KvTransaction::kMaxUnits);
      queue_.take_group(turn.group);
    }
    run_group(turn.group);
  } catch (...) {
    for (WriteUnit* unit : turn.group) unit->error = std::current_exception();
  }
}

void KvWriter::run_group(std::vector<WriteUnit*>& group) {
  counters_.add(Counter::kKvWrites, group.size());
  const int code = run_together(group);
  if (code == 0 || code == EBUSY || group.size() == 1) return;
  for (WriteUnit* unit : group) run_together({unit});
}

// Between processes: kv_stamps.h, say_waiting().
std::optional<cache::KvTransaction> KvWriter::begin(int& code) {
  using std::chrono::steady_clock;
  constexpr int kSliceMs = 20;
  constexpr std::chrono::microseconds kStepBack{400};
  const auto ns = [](steady_clock::time_point at) -> int64_t {
    return std::chrono::nanoseconds(at.time_since_epoch()).count();
  };
  cache::KvStamps& stamps = store_.stamps();
  if (stamps.somebody_waits(ns(steady_clock::now()))) std::this_thread::sleep_for(kStepBack);
  if (auto transaction = cache::KvTransaction::begin(store_, 0, code)) return transaction;
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms_);
  while (code == EBUSY && steady_clock::now() < deadline) {
    const int64_t until = ns(steady_clock::now() + std::chrono::milliseconds(kSliceMs + 5));
    stamps.say_waiting(until);
    auto transaction = cache::KvTransaction::begin(store_, kSliceMs, code);
    stamps.say_no_longer(until);
    if (transaction) return transaction;
  }
  return std::nullopt;
}

int KvWriter::run_together(const std::vector<WriteUnit*>& group) {
  const auto fail = [&](int code) {
    for (WriteUnit* unit : group) unit->error = std::make_exception_ptr(kv_error(code, store_));
    return code;
  };
  int code = 0;
  auto transaction = begin(code);
  if (!transaction) return fail(code);
  transaction_ = &*transaction;
  for (WriteUnit* unit : group) {
    unit->error = nullptr;
    try {
      unit->work();
    } catch (...) {
      unit->error = std::current_exception();
    }
    if (transaction->failed()) {
      if (group.size() == 1) return MDB_BAD_TXN;  // its error says why
      return fail(MDB_BAD_TXN);
    }
  }
  if ((code = transaction->commit()) != 0) return fail(code);
  counters_.add(Counter::kKvCommits);
  return 0;
}

}  // namespace tern::internal
