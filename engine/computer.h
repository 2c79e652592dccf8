// get_or_compute(): values that the host computes, read through the tiers as answers of statements are.
//
//   observe ─► hot ─► store ─► single flight ─► the host's function, dependencies collected ─► hot, queue for the store
//
// A computed value is an entry whose key is a name (cache/key.h), whose read set is what its function was given
// (dependencies.h) and whose body is the value's bytes. So all that is true of an entry is true of it: the rules Read
// and Wait apply unchanged, and the store keeps it for other processes and for later ones. One that hangs on keys of
// the KV tier (cache/kv_reads.h) is looked at there as well, behind the look at the pages, on every hit; in a process
// that has not opened the KV tier, and once nobody has, it is void.
//
// The store is not asked, and nothing of a nested hit is offered to it, once this process has registered functions,
// collations or extensions of its own: whether the value hangs on such a name is known to nobody but who computed it.
//
// Thread-safety: all of it. Errors: tern::Error; what the host's function throws passes through. Cost: a hit takes no
// lock, makes no system call (but for the clock, if the value expires) and allocates nothing for keys of up to 200
// bytes. One that hangs on KV keys loads a stamp for each.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "engine/compute_flights.h"
#include "engine/dependencies.h"
#include "engine/reader.h"
#include "tern/compute.hpp"

namespace tern::internal {

class Computer {
 public:
  explicit Computer(const Tiers& tiers);

  Computed get_or_compute(std::string_view key, const ComputeOptions& options, ComputeFunction function);

  // For a Computation.
  void depend_on_table(Dependencies& on, std::string_view table) const;
  void expire_in(Dependencies& on, std::chrono::milliseconds ttl) const;

  const Tiers& tiers() const noexcept { return tiers_; }
  // Threads that wait for another one's value now.
  size_t waiting() const { return flights_.waiting(); }

 private:
  cache::EntryRef find_in_store(const cache::KeyBuilder& key, const cache::KeyHash& hash, const cache::Moment& moment,
                                uint64_t& kv_seq);
  Computed compute_together(const cache::KeyBuilder& key, const cache::KeyHash& hash, const ComputeOptions& options,
                            ComputeFunction function);
  Computed compute(const cache::KeyBuilder& key, const cache::KeyHash& hash, const ComputeOptions& options,
                   ComputeFunction function, ComputeFlights::Leader* leader);
  // Makes the entry and gives it to the tiers; `why` says why not.
  cache::EntryRef keep(const cache::KeyBuilder& key, const cache::KeyHash& hash, const Dependencies& on,
                       std::string_view value, std::string& why);
  bool give_to_tiers(const cache::EntryRef& entry, bool sharable);
  // Whether it may be returned, but for its expiry; and then `kv_seq` is up to when it is true in the KV tier.
  bool is_true(const cache::EntryView& entry, const cache::Moment& moment, uint64_t& kv_seq) const;
  template <typename View>
  bool kv_holds(const View& entry, uint64_t& kv_seq) const;
  // What a hit hangs on, for what this thread computes, if anything.
  template <typename View>
  void collect(const View& entry, const cache::Moment& moment, uint64_t kv_seq) const;

  const Tiers tiers_;
  // What all keys belong to in the store.
  const std::shared_ptr<cache::StoredStatement> stored_;
  ComputeFlights flights_;
};

}  // namespace tern::internal
