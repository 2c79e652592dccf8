// What the fuzzer of the C interface calls with: a seed's random numbers, arguments made from them, and the handles
// that it has at the moment.
//
// Every argument is one that the declaration allows (a handle that lives, a length that is true, NULL anywhere), and
// apart from that as hostile as can be: garbage for SQL, keys, cursors and packed values, flags and enumerators that do
// not exist, structs of any size, buffers that are too small. What must hold whatever happens, demand() and the
// sanitizers look at: a known status, a message for every failure, nothing given out by a call that failed, no
// TERN_INTERNAL or TERN_CORRUPT, and at the end nothing that is not freed.
//
// Thread-safety: a World belongs to one thread, but for what Shared has, which all may call and nobody frees.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tern/tern.h"

namespace tern::capi_fuzz {

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  size_t below(size_t count) { return static_cast<size_t>(next() % count); }
  bool one_in(size_t count) { return below(count) == 0; }

 private:
  uint64_t state_;
};

// Of a round: the same for all threads.
struct Shared {
  std::string folder;
  tern_database* db = nullptr;
  tern_kv* kv = nullptr;
  std::vector<tern_statement*> statements;
  std::atomic<uint64_t> put_in{0};  // writes that a queue has taken
  std::atomic<uint64_t> told{0};    // of these, told
};

struct Counts {
  uint64_t calls = 0;
  std::array<uint64_t, TERN_WOULD_BLOCK + 1> by_status{};
};

struct World {
  World(Shared& with, uint64_t seed) : shared(with), random(seed) {}

  // Bytes that live until the next call.
  std::string_view keep(std::string bytes) { return kept.emplace_back(std::move(bytes)); }
  std::string_view some_bytes();
  std::string_view some_sql();
  std::string_view some_key();
  std::string_view some_name();  // without NUL bytes, and one behind it
  // Mostly as many as the statement takes.
  std::string_view some_packed(const tern_statement* statement);
  std::span<const tern_value> some_values(const tern_statement* statement);
  size_t some_count(const tern_statement* statement);
  int64_t some_number();
  uint32_t some_flags();
  size_t some_room() { return random.one_in(3) ? random.below(40) : buffer.size(); }
  // A struct with a size field, of random size, mostly right, and sometimes with bytes behind what is known.
  template <typename Struct>
  Struct* sized(const Struct& like);
  // NULL now and then.
  template <typename T>
  T* or_null(T* pointer) {
    return random.one_in(40) ? nullptr : pointer;
  }
  template <typename Handle>
  Handle* some(const std::vector<Handle*>& handles) {
    return handles.empty() || random.one_in(40) ? nullptr : handles[random.below(handles.size())];
  }
  tern_database* some_db() { return random.one_in(8) ? some(databases) : or_null(shared.db); }
  tern_statement* some_statement() { return random.one_in(2) ? some(shared.statements) : some(statements); }
  tern_kv* some_kv() { return random.one_in(3) ? or_null(shared.kv) : some(kvs); }

  // Fails the run unless the status is one, and goes with what tern_last_error() says.
  void demand(const char* function, tern_status status);
  // And unless `given` is NULL after a failure, and something after a success. Keeps it, or frees one when there are
  // many.
  template <typename Handle, typename Free>
  void take(const char* function, tern_status status, Handle* given, std::vector<Handle*>& handles, Free&& free);
  void count(const char* function) { ++counts[function].calls; }
  [[noreturn]] static void fail(const char* function, const std::string& what);

  Shared& shared;
  Random random;
  std::deque<std::string> kept;
  std::deque<std::vector<tern_value>> kept_values;
  std::deque<std::vector<uint64_t>> kept_structs;
  std::array<char, 4096> buffer;
  std::map<std::string_view, Counts> counts;

  std::vector<tern_database*> databases;
  std::vector<tern_statement*> statements;
  std::vector<tern_result*> results;
  std::vector<tern_session*> sessions;
  std::vector<tern_transaction*> transactions;
  std::vector<tern_queue*> queues;
  std::vector<tern_kv*> kvs;
  std::vector<tern_kv_value*> values;
  std::vector<tern_kv_page*> pages;
  std::vector<tern_computed*> computeds;
};

constexpr size_t kMaxHandles = 12;  // of a sort

template <typename Struct>
Struct* World::sized(const Struct& like) {
  constexpr size_t kWords = sizeof(Struct) / 8 + 8;
  auto& words = kept_structs.emplace_back(kWords);
  auto* const made = reinterpret_cast<Struct*>(words.data());
  *made = like;
  made->size = sizeof(Struct);
  if (random.one_in(30)) made->size = random.below(kWords * 8);
  if (random.one_in(60)) words[kWords - 1 - random.below(7)] = random.next();
  return or_null(made);
}

template <typename Handle, typename Free>
void World::take(const char* function, tern_status status, Handle* given, std::vector<Handle*>& handles, Free&& free) {
  demand(function, status);
  if ((status == TERN_OK) != (given != nullptr))
    fail(function, std::string("gave ") + (given != nullptr ? "something" : "nothing") + " with status " +
                       tern_status_name(status));
  if (given == nullptr) return;
  handles.push_back(given);
  if (handles.size() <= kMaxHandles) return;
  const size_t victim = random.below(handles.size());
  free(handles[victim]);
  handles.erase(handles.begin() + static_cast<std::ptrdiff_t>(victim));
}

struct Call {
  void (*make)(World& world);
  uint32_t weight;
};

std::span<const Call> sql_calls();
std::span<const Call> result_calls();
std::span<const Call> kv_calls();
std::span<const Call> write_calls();    // transactions, queues
std::span<const Call> compute_calls();  // and functions of the host

// What a queue calls: any thread's.
void told(void* shared, tern_outcome* outcome);
// Frees all that is left; closing must succeed.
void end(World& world);

}  // namespace tern::capi_fuzz
