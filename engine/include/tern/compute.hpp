// Values that a program computes from a database, kept until a row or a KV key that they were made from changes.
//
//   tern::Computed page = db.get_or_compute("places/" + region, {}, [&] {
//     std::string html = "<ul>";
//     for (auto row : by_region.bind(region).all()) html += "<li>" + row.get<std::string>("name");
//     return html;
//   });
//   send(page.text());            // a view of the cached bytes, pinned: nothing is copied
//
// What the value hangs on is collected while the function runs: every statement that it runs adds the pages that its
// answer was read from, and every read of a KV namespace its keys, there or not; list() its whole namespace. So the
// value has no maximum age to guess; it is void as soon as anybody, in any process, commits a change to one of those
// pages or keys, or the first of the keys expires, and is computed anew by who asks next. A hit costs what a hot read
// costs, and a load for each KV key. What hangs on KV keys is void, too, once no process has the KV namespaces open.
//
// The function's part of the contract. Given the same answers from the database it must give the same value. What else
// it reads (the time, a file, a random number, a handle of SQLite's own) nobody sees: put it into the key, or give the
// value a ttl. That goes for its code, too: values outlive the process in the store, and are shared with the other
// processes of the database, so that a key belongs to one way of computing: begin it with a name and a version.
//
// A value is not cached, and Computed::why_not_cached() says why, when something that the function was given cannot be
// tied to pages or keys: a statement that is not cached (random(), 'now', PRAGMA, …), a read that failed, an answer
// that was stale by its policy, a read on a Session or within a transaction, a write, another database, the names of
// the KV namespaces. Nor when it was larger than Options::max_entry_bytes or made from more than 4,096 KV keys, or a
// commit changed what it was made from while it was computed. It is returned all the same.
//
// One thread computes a key at a time; who asks meanwhile waits for it, and takes its value only if that is true for a
// moment after the waiter's own start. A function that throws ends for its own caller alone: nothing is cached, and who
// waited computes for itself, as after ComputeOptions::patience. Functions may call get_or_compute() for other keys;
// what those hang on, and when they expire, goes for the outer value as well. Threads that would wait for one another
// do not: one of them computes for itself. A function that asks for its own key is Error::kMisuse.
//
// Reads on other threads that the function starts are not seen, unless they say that they are part of it:
//
//   db.get_or_compute(key, {}, [&](tern::Computation& computation) {
//     auto part = std::async([&] { const tern::Computation::OnThisThread on(computation); return read_a_part(); });
//     …
//   });
//
// Errors: kLimit for a key of more than kMaxComputedKeyBytes, or a value of 2 GiB; kMisuse; whatever the function
// throws.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tern/export.hpp"
#include "tern/rows.hpp"
#include "tern/statement.hpp"

namespace tern {

namespace internal {
class Computer;
class Dependencies;
}  // namespace internal

// Keys are any bytes, the empty key included, and a namespace of their own.
inline constexpr size_t kMaxComputedKeyBytes = 65'536;

struct ComputeOptions {
  // How long the value may be used, if nothing voids it before, from the moment at which its function began: for what
  // hangs on the time as well. At ttl and later it is computed anew; the clock is that of policies (policy.hpp). 0: no
  // bound.
  std::chrono::milliseconds ttl{0};
  // How long to wait for another thread that computes this key, before computing it here as well.
  std::chrono::milliseconds patience{10'000};
};

// One value that is being computed. It lives as long as the call of its function, and may be used by its threads.
class TERN_EXPORT Computation {
 public:
  Computation(const Computation&) = delete;
  Computation& operator=(const Computation&) = delete;

  // Hang on more than the function reads: on the answer of a query, which is run for it, …
  void depend_on(const BoundStatement& query);
  // … or on a whole table: any change to a row of it. Reads the pages of the table, every time that the value is
  // computed. A virtual table: any commit. Error::kSql where there is no such table.
  void depend_on_table(std::string_view table);
  // … or on a tag: Database::invalidate_tag() voids it, as it voids answers of statements with that tag.
  void depend_on_tag(std::string_view tag);
  // Do not keep the value: what it hangs on cannot be told.
  void do_not_cache(std::string_view why);
  // Keep it for this long from now on at most.
  void expire_in(std::chrono::milliseconds ttl);

  // While it lives, what its thread reads is part of the computation. It ends on the thread on which it was made,
  // before whatever was there first ends there, and before the function returns.
  class TERN_EXPORT OnThisThread {
   public:
    explicit OnThisThread(Computation& computation);
    ~OnThisThread();
    OnThisThread(const OnThisThread&) = delete;
    OnThisThread& operator=(const OnThisThread&) = delete;

   private:
    alignas(8) std::byte scope_[32];
  };

 private:
  friend class internal::Computer;
  Computation(internal::Computer& computer, const std::shared_ptr<internal::Dependencies>& dependencies) noexcept
      : computer_(&computer), dependencies_(&dependencies) {}

  internal::Computer* computer_;
  const std::shared_ptr<internal::Dependencies>* dependencies_;
};

// A value, pinned as Rows are: it borrows from the cache, is never changed, and may be kept after the database is
// closed.
class TERN_EXPORT Computed {
 public:
  Computed() noexcept = default;  // empty

  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  size_t size() const noexcept { return size_; }

  // kHot, kStore, or kComputed: the function ran, here or on a thread that was waited for.
  Source source() const noexcept { return source_; }
  // Not fresh where an answer that it was made from was not, since its statement has a policy by which it may be stale
  // (policy.hpp). Such a value is not kept.
  Freshness freshness() const noexcept { return freshness_; }
  // Whether a tier keeps it.
  bool cached() const noexcept { return why_not_cached_.empty(); }
  std::string_view why_not_cached() const noexcept { return why_not_cached_; }

 private:
  friend class internal::Access;

  internal::Pin pin_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
  Source source_ = Source::kComputed;
  Freshness freshness_;
  std::string why_not_cached_;
};

namespace internal {

// Refers to what computes; lives as long as the call that it is given to.
struct ComputeFunction {
  void* function;
  std::string (*call)(void* function, Computation& computation);
};

template <typename Value>
std::string bytes_of_value(Value&& value) {
  if constexpr (std::convertible_to<Value, std::string>) {
    return std::forward<Value>(value);
  } else if constexpr (std::convertible_to<Value, std::string_view>) {
    return std::string(std::string_view(value));
  } else {
    const std::span<const std::byte> bytes(value);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
}

template <typename F>
ComputeFunction compute_function(F& function) noexcept {
  return {const_cast<void*>(static_cast<const void*>(std::addressof(function))),
          [](void* erased, Computation& computation) {
            F& typed = *static_cast<F*>(erased);
            if constexpr (std::invocable<F&, Computation&>) {
              return bytes_of_value(std::invoke(typed, computation));
            } else {
              return bytes_of_value(std::invoke(typed));
            }
          }};
}

}  // namespace internal

}  // namespace tern
