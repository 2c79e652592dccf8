// What a computation reads of the KV tier while it runs, for whoever keeps its result: it is void as soon as one of
// these keys is changed.
//
// A collector is set for the calling thread; every KV read on it then says what it depends on, before it answers. The
// collector's owner has loaded KvStamps::seq() as its label before the computation began, and holds the slots against
// it with KvStamps::unchanged().
//
// Thread-safety: each thread has its own. Cost without one: a load of a thread-local pointer.
#pragma once

#include <cstdint>
#include <utility>

namespace tern::internal {

class KvDependencies {
 public:
  virtual ~KvDependencies() = default;
  // A key that was read, there or not, and when what was read expires (0: never).
  virtual void add_kv_slot(uint64_t slot, int64_t expires_at_ms) = 0;
  // A range was read: any change of any key counts.
  virtual void add_kv_everything() = 0;

  static KvDependencies* mine() noexcept { return current; }

  // For its lifetime; what was set before is set again then.
  class Scope {
   public:
    explicit Scope(KvDependencies* collector) noexcept : before_(std::exchange(current, collector)) {}
    ~Scope() { current = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    KvDependencies* before_;
  };

 private:
  static inline thread_local KvDependencies* current = nullptr;
};

}  // namespace tern::internal
