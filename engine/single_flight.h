// Single flight: of the threads that miss one key at the same time, one asks SQLite and the others wait for it.
//
// Thread-safety: all of it. A waiter gets whatever the leader produced and must itself check that it is true for a
// moment after the waiter's own start (rule Wait of docs/coherence.md); it waits for a bounded time and then goes its
// own way. A leader that fails or has nothing to share ends the flight with an empty result: each waiter then reads for
// itself.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "cache/entry.h"
#include "cache/key.h"
#include "cache/probes.h"

namespace tern::internal {

class SingleFlight {
  struct Flight {
    std::condition_variable landed;
    bool over = false;
    cache::EntryRef entry;
  };

 public:
  // The leader's duty: whatever way it ends, the flight ends with it.
  class Leader {
   public:
    Leader(Leader&& other) noexcept = default;
    Leader& operator=(Leader&&) = delete;
    ~Leader() {
      if (flight_) owner_->land(hash_, flight_, {});
    }
    void share(cache::EntryRef entry) {
      owner_->land(hash_, flight_, std::move(entry));
      flight_ = nullptr;
    }

   private:
    friend class SingleFlight;
    Leader(SingleFlight* owner, cache::KeyHash hash, std::shared_ptr<Flight> flight)
        : owner_(owner), hash_(hash), flight_(std::move(flight)) {}
    SingleFlight* owner_;
    cache::KeyHash hash_;
    std::shared_ptr<Flight> flight_;
  };

  struct Joined {
    std::optional<Leader> leader;  // set: run the statement, then share()
    cache::EntryRef entry;         // not leading: what the leader shared, or empty
  };

  Joined join(cache::KeyHash hash, std::chrono::milliseconds patience) {
    Shard& shard = shard_of(hash);
    std::unique_lock lock(shard.mutex);
    const auto under_way = shard.flights.find(hash);
    if (under_way == shard.flights.end()) {
      // Made before it is entered: a flight that nobody leads would never land.
      auto mine = std::make_shared<Flight>();
      shard.flights.emplace(hash, mine);
      return {Leader(this, hash, std::move(mine)), {}};
    }
    const std::shared_ptr<Flight> flight = under_way->second;
    TERN_SYNC_POINT("flight:joined");
    flight->landed.wait_for(lock, patience, [&] { return flight->over; });
    return {std::nullopt, flight->entry};
  }

 private:
  struct Hash {
    size_t operator()(const cache::KeyHash& hash) const noexcept { return static_cast<size_t>(hash.low); }
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<cache::KeyHash, std::shared_ptr<Flight>, Hash> flights;
  };

  Shard& shard_of(const cache::KeyHash& hash) noexcept { return shards_[hash.high % shards_.size()]; }

  void land(cache::KeyHash hash, const std::shared_ptr<Flight>& flight, cache::EntryRef entry) {
    Shard& shard = shard_of(hash);
    {
      const std::lock_guard lock(shard.mutex);
      flight->over = true;
      flight->entry = std::move(entry);
      shard.flights.erase(hash);
    }
    flight->landed.notify_all();
  }

  std::array<Shard, 16> shards_;
};

}  // namespace tern::internal
