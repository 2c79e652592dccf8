#include "engine/queued_writes.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <system_error>
#include <utility>

#include "engine/dependencies.h"
#include "engine/host_call.h"
#include "engine/kv_namespace.h"
#include "engine/translate.h"
#include "tern/error.hpp"

namespace tern::internal {
namespace {

// On whose behalf this thread is telling somebody, the innermost first: who is told by one queue may drain another.
struct Telling {
  const QueuedWrites* queue;
  const Telling* outer;
};
constinit thread_local const Telling* telling = nullptr;

// What may be done together with `first`: the same sort, and of KV writes the same handle of a namespace.
bool goes_with(const QueuedWrite& first, const QueuedWrite& other) {
  if (first.what.index() != other.what.index()) return false;
  if (const auto* put = std::get_if<QueuedWrite::Put>(&first.what))
    return &Access::impl(put->names) == &Access::impl(std::get<QueuedWrite::Put>(other.what).names);
  if (const auto* removal = std::get_if<QueuedWrite::Remove>(&first.what))
    return &Access::impl(removal->names) == &Access::impl(std::get<QueuedWrite::Remove>(other.what).names);
  return true;
}

KvItem item_of(const QueuedWrite::Put& put) {
  return {put.key, put.value, {.ttl = put.ttl, .expires_at_ms = put.expires_at_ms, .metadata = put.metadata}};
}

void do_key(QueuedWrite& write) {
  if (auto* put = std::get_if<QueuedWrite::Put>(&write.what)) {
    const KvItem item = item_of(*put);
    put_checked(Access::impl(put->names), {&item, 1});
  } else {
    auto& removal = std::get<QueuedWrite::Remove>(write.what);
    removal.names.remove(removal.key);
  }
}

}  // namespace

QueuedWrites::QueuedWrites(std::shared_ptr<Engine> engine, const Options& options)
    : engine_(std::move(engine)), options_(options) {
  engine_->writer();  // that it can be written
  HostCall::refuse_inside();
  if (options_.tells == Tells::kDrain) {
    signal_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (signal_ < 0)
      throw Error(ErrorCode::kIo, std::string("cannot make an eventfd for a queue of writes: ") + std::strerror(errno));
  }
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    if (signal_ >= 0) ::close(signal_);
    throw Error(ErrorCode::kNoMemory, std::string("cannot start the thread of a queue of writes: ") + error.what());
  }
}

QueuedWrites::~QueuedWrites() {
  if (thread_.joinable()) close();
  if (signal_ >= 0) ::close(signal_);
}

void QueuedWrites::put_in(std::unique_ptr<QueuedWrite> write) {
  engine_->check_usable();
  HostCall::refuse_inside();
  Dependencies::refuse_current("it queues a write");
  const uint64_t bytes = write->bytes;
  if (bytes > options_.max_bytes)
    throw Error(ErrorCode::kLimit, "the write has " + std::to_string(bytes) + " bytes, and its queue takes " +
                                       std::to_string(options_.max_bytes) + "; open it with more max_bytes");
  List one;
  one.push_back(std::move(write));
  const std::lock_guard lock(mutex_);
  if (closing_) throw Error(ErrorCode::kMisuse, "the queue of writes is being closed, and takes no more");
  if (places_taken_ >= options_.max_writes || bytes > options_.max_bytes - bytes_taken_)
    throw Error(ErrorCode::kWouldBlock, "the queue of writes is full: " + std::to_string(places_taken_) + " of " +
                                            std::to_string(options_.max_writes) + " places and " +
                                            std::to_string(bytes_taken_) + " of " + std::to_string(options_.max_bytes) +
                                            " bytes are taken; let some complete first");
  waiting_.splice(waiting_.end(), one);
  ++places_taken_;
  bytes_taken_ += bytes;
  ++put_in_count_;
  wake_.notify_one();
}

void QueuedWrites::run() noexcept {
  // The host's signals are the host's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "tern-writes");

  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    List group = take_group();
    const size_t count = group.size();
    lock.unlock();
    do_group(group);
    if (options_.tells == Tells::kThread) {
      for (const auto& write : group) tell(*write);
      group.clear();
    }
    lock.lock();
    completed_.splice(completed_.end(), group);
    done_count_ += count;
    done_changed_.notify_all();
    if (!completed_.empty()) raise_signal();
  }
}

// Under the lock.
QueuedWrites::List QueuedWrites::take_group() {
  auto end = std::next(waiting_.begin());
  for (size_t count = 1; count < WriteQueue::kMaxGroup && end != waiting_.end(); ++count, ++end) {
    if (!goes_with(*waiting_.front(), **end)) break;
  }
  List group;
  group.splice(group.end(), waiting_, waiting_.begin(), end);
  return group;
}

void QueuedWrites::do_group(List& group) noexcept {
  try {
    translated([&] {
      if (std::holds_alternative<QueuedWrite::Statements>(group.front()->what)) {
        do_statements(group);
      } else {
        do_keys(group);
      }
    });
  } catch (const Error& error) {
    // Each its own: who is told may be told on another thread than the next one.
    for (const auto& write : group) write->error = std::make_exception_ptr(error);
  } catch (...) {
    for (const auto& write : group) write->error = std::current_exception();
  }
}

void QueuedWrites::do_statements(List& group) {
  std::vector<Writer::Write> writes;
  writes.reserve(group.size());
  for (const auto& write : group) {
    const auto& statements = std::get<QueuedWrite::Statements>(write->what);
    writes.push_back({.calls = statements.calls, .batch = statements.batch, .rows = {}, .error = {}});
  }
  engine_->writer().run_each(writes);
  auto write = group.begin();
  for (Writer::Write& done : writes) {
    (*write)->rows = std::move(done.rows);
    if (done.error) {
      try {
        translated([&] { std::rethrow_exception(done.error); });
      } catch (...) {
        (*write)->error = std::current_exception();
      }
    }
    ++write;
  }
}

// All of them in one commit; where that fails, unless nobody could have written now, each by itself.
void QueuedWrites::do_keys(List& group) {
  try {
    if (group.size() == 1) return do_key(*group.front());
    if (std::holds_alternative<QueuedWrite::Put>(group.front()->what)) {
      std::vector<KvItem> items;
      items.reserve(group.size());
      for (const auto& write : group) items.push_back(item_of(std::get<QueuedWrite::Put>(write->what)));
      put_checked(Access::impl(std::get<QueuedWrite::Put>(group.front()->what).names), items);
    } else {
      std::vector<std::string_view> keys;
      keys.reserve(group.size());
      for (const auto& write : group) keys.push_back(std::get<QueuedWrite::Remove>(write->what).key);
      std::get<QueuedWrite::Remove>(group.front()->what).names.remove_many(keys);
    }
    return;
  } catch (const Error& error) {
    if (group.size() == 1 || error.code() == ErrorCode::kBusy) throw;
  }
  for (const auto& write : group) {
    try {
      do_key(*write);
    } catch (...) {
      write->error = std::current_exception();
    }
  }
}

void QueuedWrites::tell(QueuedWrite& write) noexcept {
  if (write.told) {
    const Telling here{this, telling};
    telling = &here;
    write.told->tell(write);
    telling = here.outer;
  }
  const std::lock_guard lock(mutex_);
  --places_taken_;
  bytes_taken_ -= write.bytes;
}

void QueuedWrites::raise_signal() noexcept {
  const uint64_t one = 1;
  // It fails when the descriptor has been raised 2^64 - 2 times, and is readable then.
  (void)!::write(signal_, &one, sizeof one);
}

size_t QueuedWrites::drain(size_t max) {
  engine_->check_process();
  if (options_.tells != Tells::kDrain)
    throw Error(ErrorCode::kMisuse,
                "this queue tells on a thread of its own: TERN_QUEUE_DRAINED makes one to be drained");
  // Before the look, or what completes in between would be signalled and then forgotten.
  uint64_t raised = 0;
  (void)!::read(signal_, &raised, sizeof raised);
  List taken;
  {
    const std::lock_guard lock(mutex_);
    auto end = completed_.end();
    if (max != 0 && max < completed_.size()) end = std::next(completed_.begin(), static_cast<std::ptrdiff_t>(max));
    taken.splice(taken.end(), completed_, completed_.begin(), end);
    if (!completed_.empty()) raise_signal();
  }
  for (const auto& write : taken) tell(*write);
  return taken.size();
}

void QueuedWrites::refuse_within(const char* what) const {
  engine_->check_process();
  for (const Telling* mark = telling; mark != nullptr; mark = mark->outer) {
    if (mark->queue == this)
      throw Error(ErrorCode::kMisuse, std::string("a queue of writes cannot be ") + what +
                                          " by a function that it calls: it would wait for itself");
  }
}

bool QueuedWrites::flush(int64_t timeout_ms) {
  refuse_within("flushed");
  std::unique_lock lock(mutex_);
  const auto done = [this, wanted = put_in_count_] { return done_count_ >= wanted; };
  // A year: the clock's count of nanoseconds must not overflow.
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24 * 365);
  if (timeout_ms >= 0)
    return done_changed_.wait_for(lock, std::min(std::chrono::milliseconds(timeout_ms), kLongest), done);
  done_changed_.wait(lock, done);
  return true;
}

void QueuedWrites::close() {
  refuse_within("closed");
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_one();
  }
  thread_.join();
  // From a list of its own, as drain() does: who is told may drain.
  List left;
  {
    const std::lock_guard lock(mutex_);
    left.splice(left.end(), completed_);
  }
  for (const auto& write : left) tell(*write);
}

}  // namespace tern::internal
