// The rules by which memory of the hot table is used again (cache/pins.h, cache/asymmetric_fence.h).
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "cache/asymmetric_fence.h"
#include "cache/hot_table.h"
#include "tests/cache/dekker.h"
#include "tests/mutation/detector.h"
#include "tests/probes/probes.h"

namespace tern::mutation {
namespace {

using cache::HotRef;
using cache::HotTable;
using probes::Mutant;
using probes::Trap;

constexpr std::string_view kKey = "key";

// A small table with one key, of which ever newer versions come.
class Table {
 public:
  HotRef find() { return table_.find(key()); }

  // All versions have one size, so that the memory of any is in time that of another.
  void flood() {
    for (int i = 0; i < 3000; ++i) {
      const std::string value = std::to_string(100'000 + ++label_) + std::string(100, '.');
      cache::EntryFields fields;
      fields.key = key();
      fields.label = label_;
      table_.insert(cache::Entry::make(fields, std::as_bytes(std::span(value))));
    }
  }

  // Whether what a view shows stays the same while the table goes on.
  Found changes(const HotRef& view) {
    const std::string before = text(view);
    for (int i = 0; i < 3; ++i) {
      flood();
      if (text(view) != before)
        return "a view of \"" + before.substr(0, 6) + "\" became \"" + text(view).substr(0, 6) + '"';
    }
    return std::nullopt;
  }

  uint64_t newest() const { return label_; }

 private:
  static std::span<const std::byte> key() { return std::as_bytes(std::span(kKey)); }
  static std::string text(const HotRef& view) {
    const auto body = view->body();
    return {reinterpret_cast<const char*>(body.data()), body.size()};
  }

  HotTable table_{HotTable::kMinimumBytes};
  uint64_t label_ = 0;
};

Found pin_not_checked() {
  Table table;
  table.flood();
  const Trap trap("hot:word-loaded", [&] { table.flood(); });
  const HotRef view = table.find();
  require(trap.sprung(), "the reader was not held up");
  if (!view) return "a key that is there was not found";
  if (view->label() != table.newest()) return "memory that nothing leads to any more was returned";
  return table.changes(view);
}

Found reclaim_without_look() {
  Table table;
  table.flood();
  const Trap trap("hot:pinned", [&] { table.flood(); });
  const HotRef view = table.find();
  require(trap.sprung() && view, "the reader was not held up");
  return table.changes(view);
}

// Needs two processors that run at the same time; on one, nothing can be shown.
Found heavy_fence_left_out() {
  require(std::thread::hardware_concurrency() >= 2, "one processor shows no store buffer");
  cache::prepare_asymmetric_fence();
  const bool mutated = probes::mutant_is_on(Mutant::kHeavyFenceLeftOut);
  for (int second = 0; second < (mutated ? 50 : 3); ++second) {
    if (test::unseen_stores(std::chrono::seconds(1)) != 0) return "neither side saw what the other had stored before";
  }
  return std::nullopt;
}

constexpr Detector kDetectors[] = {
    {Mutant::kPinNotChecked, "a reader is held up while the memory that it found is used again", pin_not_checked},
    {Mutant::kReclaimWithoutLook, "a view is held while the table goes on", reclaim_without_look},
    {Mutant::kHeavyFenceLeftOut, "Dekker's pattern, again and again", heavy_fence_left_out},
};

}  // namespace

std::span<const Detector> hot_detectors() { return kDetectors; }

}  // namespace tern::mutation
