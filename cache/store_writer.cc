#include "cache/store_writer.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace tern::cache {
namespace {

constexpr int64_t kNsEachMs = 1'000'000;

StoreWriterOptions bounded(StoreWriterOptions options) noexcept {
  options.batch_entries = std::max<size_t>(options.batch_entries, 1);
  options.sweep_interval_ms = std::max<int64_t>(options.sweep_interval_ms, 1);
  return options;
}

}  // namespace

StoreWriter::StoreWriter(Store& store, StillValid still_valid, Clock& clock, const StoreWriterOptions& options)
    : store_(store),
      still_valid_(std::move(still_valid)),
      clock_(clock),
      options_(bounded(options)),
      sweep_interval_ms_(options_.sweep_interval_ms),
      next_sweep_ns_(clock.monotonic_ns() + options_.sweep_interval_ms * kNsEachMs) {
  try {
    ring_.resize(options_.queue_entries);
    batch_.reserve(options_.batch_entries);
    running_ = true;
    thread_ = std::thread([this] { run(); });
  } catch (const std::exception&) {
    running_ = false;  // no memory or no thread: every offer is dropped
  }
}

StoreWriter::~StoreWriter() { stop(); }

bool StoreWriter::offer(EntryRef entry, std::shared_ptr<StoredStatement> statement) noexcept {
  if (!entry || !statement) return false;
  const uint64_t bytes = entry->bytes();
  const std::lock_guard lock(mutex_);
  ++stats_.offered;
  if (!running_ || stopping_ || count_ == ring_.size() || queued_bytes_ + bytes > options_.queue_bytes) {
    ++stats_.dropped;
    return false;
  }
  ring_[(head_ + count_) % ring_.size()] = {std::move(entry), std::move(statement)};
  ++count_;
  ++taken_in_;
  queued_bytes_ += bytes;
  if (count_ == 1 || count_ == options_.batch_entries) work_.notify_one();
  return true;
}

bool StoreWriter::flush(int64_t timeout_ms) noexcept {
  std::unique_lock lock(mutex_);
  const uint64_t entries = flush_entries_ = taken_in_;
  const uint64_t wanted = ++flushes_wanted_;
  work_.notify_one();
  progress_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                     [&] { return !running_ || (done_ >= entries && flushes_done_ >= wanted); });
  return done_ >= entries && flushes_done_ >= wanted;
}

void StoreWriter::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) thread_.join();
}

StoreWriterStats StoreWriter::stats() const noexcept {
  const std::lock_guard lock(mutex_);
  StoreWriterStats stats = stats_;
  stats.queued_entries = count_;
  stats.queued_bytes = queued_bytes_;
  return stats;
}

void StoreWriter::run() noexcept {
  std::unique_lock lock(mutex_);
  while (wait_for_work(lock)) {
    flushes_begun_ = flushes_wanted_;
    take_batch();
    lock.unlock();
    size_t written = 0;
    if (!batch_.empty()) written = store_.put_batch(batch_, still_valid_);
    const size_t handled = batch_.size();
    batch_.clear();
    sweep_if_due();
    lock.lock();
    stats_.written += written;
    done_ += handled;
    flushes_done_ = flushes_begun_;
    progress_.notify_all();
  }
  drop_queue();
  running_ = false;
  progress_.notify_all();
}

bool StoreWriter::wait_for_work(std::unique_lock<std::mutex>& lock) {
  const auto woken = [this] { return stopping_ || flushes_wanted_ != flushes_done_ || done_ < flush_entries_; };
  if (count_ == 0) {
    const int64_t until_sweep_ns = std::max<int64_t>(next_sweep_ns_ - clock_.monotonic_ns(), kNsEachMs);
    work_.wait_for(lock, std::chrono::nanoseconds(until_sweep_ns), [&] { return count_ != 0 || woken(); });
  }
  if (count_ != 0 && count_ < options_.batch_entries) {
    work_.wait_for(lock, std::chrono::milliseconds(options_.linger_ms),
                   [&] { return count_ >= options_.batch_entries || woken(); });
  }
  return !stopping_;
}

void StoreWriter::take_batch() {
  for (; count_ != 0 && batch_.size() < options_.batch_entries; --count_) {
    queued_bytes_ -= ring_[head_].entry->bytes();
    batch_.push_back(std::move(ring_[head_]));
    ring_[head_] = {};
    head_ = (head_ + 1) % ring_.size();
  }
}

void StoreWriter::sweep_if_due() noexcept {
  if (clock_.monotonic_ns() < next_sweep_ns_) return;
  const auto is_dead = [this](const EntryView& entry) { return !still_valid_(entry); };
  const SweepResult result = store_.sweep(options_.sweep_entries, is_dead);
  sweep_interval_ms_ = result.deleted != 0 ? options_.sweep_interval_ms
                                           : std::min(sweep_interval_ms_ * 2, options_.sweep_interval_max_ms);
  next_sweep_ns_ = clock_.monotonic_ns() + sweep_interval_ms_ * kNsEachMs;
  const std::lock_guard lock(mutex_);
  ++stats_.sweeps;
}

void StoreWriter::drop_queue() noexcept {
  for (; count_ != 0; --count_) {
    ring_[head_] = {};
    head_ = (head_ + 1) % ring_.size();
    ++stats_.dropped;
    ++done_;
  }
  queued_bytes_ = 0;
}

}  // namespace tern::cache
