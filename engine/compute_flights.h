// Single flight for computed values: of the threads that ask for one key, one computes and the others wait.
//
// Unlike a fill (single_flight.h), a function of the host may take long, and may itself ask for other keys. So waiting
// has the caller's own bound, and threads that would wait for one another do not:
//
//   a wait    from the root of the waiting computation (what its outermost function computes) to a flight
//   a flight  to the root of the computation that leads it
//
// Before a thread waits it follows these edges. If they lead back to its own root it is told to go alone. Edges are
// added under one lock, so whoever would close a circle sees the rest of it: there never is one. A thread that computes
// nothing yet closes none, and is not among the edges.
//
// Thread-safety: all of it. A waiter gets whatever the leader shared, and must itself check that it is true for a
// moment after the waiter's own start, and that it has the waiter's key: flights meet by hash. Cost: one lock and one
// map, on misses alone.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "cache/entry.h"
#include "cache/key.h"

namespace tern::internal {

class Dependencies;

class ComputeFlights {
  struct Flight {
    std::condition_variable landed;
    bool over = false;
    cache::EntryRef entry;
    const Dependencies* root = nullptr;  // null until its function is about to run
  };

 public:
  // The leader's duty: whatever way it ends, the flight ends with it.
  class Leader {
   public:
    Leader(Leader&& other) noexcept = default;
    Leader& operator=(Leader&&) = delete;
    ~Leader() {
      if (flight_ != nullptr) owner_->land(hash_, *flight_, {});
    }
    // Before the function runs.
    void runs_for(const Dependencies* root) {
      const std::lock_guard lock(owner_->mutex_);
      flight_->root = root;
    }
    void share(cache::EntryRef entry) {
      owner_->land(hash_, *flight_, std::move(entry));
      flight_ = nullptr;
    }

   private:
    friend class ComputeFlights;
    Leader(ComputeFlights* owner, cache::KeyHash hash, std::shared_ptr<Flight> flight)
        : owner_(owner), hash_(hash), flight_(std::move(flight)) {}
    ComputeFlights* owner_;
    cache::KeyHash hash_;
    std::shared_ptr<Flight> flight_;
  };

  struct Joined {
    std::optional<Leader> leader;  // set: compute, then share()
    cache::EntryRef entry;         // else: what the leader shared; empty: go alone
  };

  // `root`: of what the calling thread computes already; null if nothing.
  Joined join(cache::KeyHash hash, const Dependencies* root, std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    const auto under_way = flights_.find(hash);
    if (under_way == flights_.end()) {
      // Made before it is entered: a flight that nobody leads would never land.
      auto mine = std::make_shared<Flight>();
      flights_.emplace(hash, mine);
      return {Leader(this, hash, std::move(mine)), {}};
    }
    const std::shared_ptr<Flight> flight = under_way->second;
    if (root != nullptr && leads_back(*flight, root)) return {};
    const auto edge = waits_.emplace(root, flight.get());
    flight->landed.wait_until(lock, until, [&] { return flight->over; });
    waits_.erase(edge);
    return {std::nullopt, flight->entry};
  }

  // How many threads wait now.
  size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waits_.size();
  }

 private:
  struct Hash {
    size_t operator()(const cache::KeyHash& hash) const noexcept { return static_cast<size_t>(hash.low); }
  };

  bool leads_back(const Flight& flight, const Dependencies* root) const {
    if (flight.over || flight.root == nullptr) return false;
    if (flight.root == root) return true;
    for (auto [wait, end] = waits_.equal_range(flight.root); wait != end; ++wait) {
      if (leads_back(*wait->second, root)) return true;
    }
    return false;
  }

  void land(cache::KeyHash hash, Flight& flight, cache::EntryRef entry) {
    {
      const std::lock_guard lock(mutex_);
      flight.over = true;
      flight.entry = std::move(entry);
      flights_.erase(hash);
    }
    flight.landed.notify_all();
  }

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<cache::KeyHash, std::shared_ptr<Flight>, Hash> flights_;
  std::unordered_multimap<const Dependencies*, const Flight*> waits_;
};

}  // namespace tern::internal
