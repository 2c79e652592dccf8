// The hot table beside absl::flat_hash_map: the same keys, the same values, one program.
//
//   hit        hash, lookup, pin, validity check, view: what a read of cache/ does
//   find_many  the same for 64 keys at once
//   absl       find() in a flat_hash_map<string, string>, view
#include <benchmark/benchmark.h>
#ifdef TERN_HAS_ABSL
#include <absl/container/flat_hash_map.h>
#endif
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "cache/hot_table.h"
#include "cache/stamps.h"
#include "cache/validity.h"

namespace {

using tern::cache::Entry;
using tern::cache::EntryFields;
using tern::cache::HotRef;
using tern::cache::HotTable;
using tern::cache::Moment;
using tern::cache::Stamps;

constexpr size_t kDraws = size_t{1} << 20;
constexpr size_t kValueBytes = 200;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

constexpr size_t kKeyBytes = 16;
using Key = std::array<char, kKeyBytes>;

std::string_view text_of(const Key& key) { return {key.data(), key.size()}; }

std::string key_of(uint64_t i) {
  const std::string digits = std::to_string(i);
  return "key " + std::string(12 - digits.size(), '0') + digits;
}

// The order of the reads: Zipf with exponent 0.99 over scrambled ranks, or uniform.
std::vector<uint32_t> draws(size_t keys, bool zipf) {
  std::mt19937_64 random(42);
  std::vector<uint32_t> order(kDraws);
  if (!zipf) {
    for (auto& at : order) at = static_cast<uint32_t>(random() % keys);
    return order;
  }
  std::vector<double> cumulative(keys);
  double sum = 0;
  for (size_t i = 0; i < keys; ++i) cumulative[i] = sum += 1 / std::pow(static_cast<double>(i + 1), 0.99);
  std::uniform_real_distribution<double> in(0, sum);
  for (auto& at : order) {
    const auto rank = std::lower_bound(cumulative.begin(), cumulative.end(), in(random)) - cumulative.begin();
    at = static_cast<uint32_t>(static_cast<uint64_t>(rank) * 0x9e3779b97f4a7c15 % keys);
  }
  return order;
}

// A wal state that never changes, as between two commits.
struct Still {
  std::atomic<uint64_t> word{0};
  uint64_t state() const noexcept { return word.load(std::memory_order_acquire); }
};

struct World {
  size_t keys = 0;
  std::vector<Key> order;  // the keys that are read, one after the other in memory
  std::unique_ptr<Stamps> stamps;
  Still source;
  std::unique_ptr<HotTable> table;
#ifdef TERN_HAS_ABSL
  absl::flat_hash_map<std::string, std::string> map;
#endif

  World(size_t count, bool zipf) : keys(count) {
    std::vector<std::string> names;
    for (size_t i = 0; i < keys; ++i) names.push_back(key_of(i));
    for (const uint32_t at : draws(count, zipf)) {
      order.emplace_back();
      names[at].copy(order.back().data(), kKeyBytes);
    }
    const auto folder = std::filesystem::temp_directory_path() / ("hot_table_bench." + std::to_string(::getpid()));
    std::string why;
    stamps = Stamps::open({.folder = folder, .slots_wanted = 1 << 16}, why);
    std::filesystem::remove_all(folder);
    if (auto lock = stamps->try_lock()) stamps->publish(*lock, {}, true, {}, 0);
    table = std::make_unique<HotTable>(keys * 400 + (uint64_t{64} << 20));
    const std::string value(kValueBytes, 'v');
    const std::vector<uint32_t> slots{17, 130, 2'000, 2'900, 31'000, 60'000};
#ifdef TERN_HAS_ABSL
    map.reserve(keys);
    for (const auto& name : names) map.emplace(name, value);
#endif
    for (const auto& name : names) {
      EntryFields fields;
      fields.key = bytes(name);
      fields.label = stamps->seq();
      fields.slots = slots;
      table->insert(Entry::make(fields, bytes(value)));
    }
    // Warm: validated, and as warm as an entry can get.
    const Moment moment = tern::cache::observe(source, *stamps);
    for (int round = 0; round < 4; ++round) {
      for (const auto& name : names) {
        if (const auto entry = table->find(bytes(name))) {
          benchmark::DoNotOptimize(still_true(*entry, *stamps, moment));
        }
      }
    }
  }
};

World& world(size_t keys, bool zipf) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static std::unique_ptr<World> small;
  static std::unique_ptr<World> large;
  auto& one = zipf ? small : large;
  if (one == nullptr || one->keys != keys) one = std::make_unique<World>(keys, zipf);
  return *one;
}

World& world(const benchmark::State& state) { return world(static_cast<size_t>(state.range(0)), state.range(1) != 0); }

void hit(benchmark::State& state) {
  World& w = world(state);
  size_t at = static_cast<size_t>(state.thread_index()) * 7919;
  uint64_t hits = 0;
  for (auto _ : state) {
    const std::string_view name = text_of(w.order[at++ % kDraws]);
    const Moment moment = tern::cache::observe(w.source, *w.stamps);
    const HotRef entry = w.table->find(bytes(name));
    if (!entry || !still_true(*entry, *w.stamps, moment)) continue;
    benchmark::DoNotOptimize(entry->body().data());
    ++hits;
  }
  if (hits != static_cast<uint64_t>(state.iterations())) state.SkipWithError("not all were hits");
  state.SetItemsProcessed(state.iterations());
}

void find_many(benchmark::State& state) {
  constexpr size_t kBatch = 64;
  World& w = world(state);
  size_t at = 0;
  uint64_t hits = 0;
  std::array<std::span<const std::byte>, kBatch> keys;
  std::array<HotRef, kBatch> found;
  for (auto _ : state) {
    const Moment moment = tern::cache::observe(w.source, *w.stamps);
    for (auto& key : keys) key = bytes(text_of(w.order[at++ % kDraws]));
    w.table->find_many(keys, found);
    for (HotRef& entry : found) {
      if (!entry || !still_true(*entry, *w.stamps, moment)) continue;
      benchmark::DoNotOptimize(entry->body().data());
      ++hits;
      entry = HotRef();
    }
  }
  if (hits != static_cast<uint64_t>(state.iterations()) * kBatch) state.SkipWithError("not all were hits");
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}

#ifdef TERN_HAS_ABSL
void absl_find(benchmark::State& state) {
  World& w = world(state);
  size_t at = static_cast<size_t>(state.thread_index()) * 7919;
  for (auto _ : state) {
    const Key& key = w.order[at++ % kDraws];
    const auto found = w.map.find(absl::string_view(key.data(), key.size()));
    if (found == w.map.end()) std::abort();
    benchmark::DoNotOptimize(found->second.data());
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK(absl_find)->Args({100'000, 1})->Args({1'000'000, 0});
BENCHMARK(absl_find)->Args({100'000, 1})->Threads(2)->UseRealTime();
#endif

void hash_alone(benchmark::State& state) {
  World& w = world(state);
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(tern::cache::hot_hash(bytes(text_of(w.order[at++ % kDraws]))));
  }
}

BENCHMARK(hit)->Args({100'000, 1})->Args({1'000'000, 0});
BENCHMARK(hash_alone)->Args({100'000, 1})->Args({1'000'000, 0});
BENCHMARK(find_many)->Args({100'000, 1})->Args({1'000'000, 0});
BENCHMARK(hit)->Args({100'000, 1})->Threads(2)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
