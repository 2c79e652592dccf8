// The refresher: one thread of the engine that fetches new answers for readers that were given an old one, or one that
// will soon be old.
//
// Contract. offer() says whether the key will be refreshed: it was put in the queue, or waits there already, or is
// being refreshed. So each key is refreshed once, however many readers offer it meanwhile. False: the queue is full, or
// the engine closes; the reader then does what it would do without this. A refresh that throws is over; the next reader
// offers again. stop(), and the destructor, wait for the refresh that is under way and drop the rest.
//
// Thread-safety: offer() from any thread; it takes a lock that is never held over a refresh. The thread is started by
// the first offer, so that an engine without such policies has none. Lifetime: what is offered outlives stop(). In the
// child of a fork the thread does not exist, and nothing of this may be used. Bounded: kMaxWaiting keys.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "cache/key.h"
#include "engine/prepared.h"

namespace tern::internal {

class Refresher {
 public:
  static constexpr size_t kMaxWaiting = 256;
  using Refresh = std::function<void(Prepared&, const cache::KeyBuilder&)>;

  explicit Refresher(Refresh refresh) : refresh_(std::move(refresh)) {}
  ~Refresher() { stop(); }
  Refresher(const Refresher&) = delete;
  Refresher& operator=(const Refresher&) = delete;

  bool offer(Prepared& prepared, const cache::KeyBuilder& key) noexcept;
  void stop() noexcept;

 private:
  struct Task {
    Prepared* prepared;
    cache::KeyBuilder key;
    cache::KeyHash hash;
  };
  struct Hash {
    size_t operator()(const cache::KeyHash& hash) const noexcept { return static_cast<size_t>(hash.low); }
  };

  void run() noexcept;

  const Refresh refresh_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  std::deque<Task> waiting_;
  std::unordered_set<cache::KeyHash, Hash> known_;  // waiting, or under way
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tern::internal
