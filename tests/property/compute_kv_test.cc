// Computed values over rows and KV keys against what their functions give: random recipes of reads, asked of two
// processes on one database, among random writes of both, time that goes to the millisecond of an expiry, and a wall
// clock that is set. Every answer, from whichever tier, is what the recipe comes to by a model of the rows and keys.
//
// A case is a list of steps, numbers drawn by RapidCheck. RC_PARAMS repeats one.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/Configuration.h>
#include <sys/mman.h>

#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "cache/clock.h"
#include "tern/tern.hpp"
#include "tests/support/peer.h"
#include "tests/support/temp_folder.h"

namespace tern::test {
namespace {

constexpr int kRows = 3;
constexpr int kKeys = 4;

// Shown to both processes. relaxed, all of it: one waits while the other acts.
struct SharedTime {
  std::atomic<int64_t> monotonic_ms{1000};
  std::atomic<int64_t> ahead_ms{1'800'000'000'000};
};

struct SharedClock final : cache::Clock {
  explicit SharedClock(const SharedTime& shown) : time(shown) {}
  int64_t monotonic_ns() noexcept override { return time.monotonic_ms.load(std::memory_order_relaxed) * 1'000'000; }
  int64_t wall_ms() noexcept override {
    return time.monotonic_ms.load(std::memory_order_relaxed) + time.ahead_ms.load(std::memory_order_relaxed);
  }
  const SharedTime& time;
};

// What both sides can be asked for, and what a recipe reads: bit by bit.
enum Reads : uint32_t {
  kRow = 1 << 0,        // the row of (recipe / 256)
  kKey = 1 << 1,        // a key
  kOtherKey = 1 << 2,   // the next one
  kMany = 1 << 3,       // two keys at once
  kListing = 1 << 4,    // all keys
  kFirstPage = 1 << 5,  // one key, and whether there are more
  kInner = 1 << 6,      // another recipe's value
  kLast = 1 << 7,       // the row after all that
};
std::string key_name(uint32_t number) { return "key" + std::to_string(number % kKeys); }

// `world` has row(), key(), many(), listing(), first_page() and value(recipe), each as text.
template <typename World>
std::string cook(World& world, uint32_t recipe) {
  const uint32_t place = recipe / 256;
  std::string text;
  if ((recipe & kRow) != 0) text += world.row(place) + ";";
  if ((recipe & kKey) != 0) text += world.key(place) + ";";
  if ((recipe & kOtherKey) != 0) text += world.key(place + 1) + ";";
  if ((recipe & kMany) != 0) text += world.many(place) + ";";
  if ((recipe & kListing) != 0) text += world.listing() + ";";
  if ((recipe & kFirstPage) != 0) text += world.first_page() + ";";
  if ((recipe & kInner) != 0) text += "<" + world.value((recipe & ~uint32_t{kInner}) / 2) + ">";
  if ((recipe & kLast) != 0) text += world.row(place + 1);
  return text;
}

class Side {
 public:
  Side(const std::string& path, const SharedTime& time)
      : clock_(time),
        db_(open(path, options(clock_))),
        kv_(db_.kv("x")),
        row_(db_.prepare("SELECT v FROM t WHERE id = ?")) {}

  std::string row(uint32_t place) {
    return row_.bind(static_cast<int64_t>(place % kRows)).all()[0].get<std::string>(0);
  }
  std::string key(uint32_t place) { return text_of(kv_.get(key_name(place))); }
  std::string many(uint32_t place) {
    const std::string first = key_name(place);
    const std::string second = key_name(place + 2);
    const std::string_view keys[] = {first, second};
    const auto values = kv_.get_many(keys);
    return text_of(values[0]) + "," + text_of(values[1]);
  }
  std::string listing() {
    std::string names;
    for (const KvKey& key : kv_.list().keys) names += key.name + " ";
    return names;
  }
  std::string first_page() {
    const KvPage page = kv_.list({.limit = 1});
    return (page.keys.empty() ? "-" : page.keys[0].name);
  }
  std::string value(uint32_t recipe) {
    const Computed computed =
        db_.get_or_compute("recipe " + std::to_string(recipe), {}, [&] { return cook(*this, recipe); });
    if (computed.source() != Source::kComputed) ++hits_;
    return std::string(computed.text());
  }

  std::string done(std::istringstream command) {
    std::string verb;
    uint32_t number = 0;
    std::string value_of;
    int64_t ttl_ms = 0;
    command >> verb >> number >> value_of >> ttl_ms;
    if (verb == "value") return value(number);
    if (verb == "put") kv_.put(key_name(number), value_of, {.ttl = std::chrono::milliseconds(ttl_ms)});
    if (verb == "remove") kv_.remove(key_name(number));
    if (verb == "update") db_.query("UPDATE t SET v = ? WHERE id = ?", value_of, static_cast<int64_t>(number % kRows));
    if (verb == "hits") return std::to_string(hits_);
    return "done";
  }

 private:
  static Options options(SharedClock& clock) {
    Options options;
    options.clock = &clock;
    return options;
  }
  static std::string text_of(const std::optional<Pinned>& value) { return value ? value->copy() : "-"; }

  SharedClock clock_;
  Database db_;
  KvNamespace kv_;
  Statement row_;
  uint64_t hits_ = 0;
};

class RowsAndKeys {
 public:
  explicit RowsAndKeys(const SharedTime& time) : time_(time) {}

  std::string row(uint32_t place) { return rows_[place % kRows]; }
  std::string key(uint32_t place) {
    const auto found = keys_.find(key_name(place));
    return found != keys_.end() && lives(found->second) ? found->second.value : "-";
  }
  std::string many(uint32_t place) { return key(place) + "," + key(place + 2); }
  std::string listing() {
    std::string names;
    for (const auto& [name, item] : keys_) {
      if (lives(item)) names += name + " ";
    }
    return names;
  }
  std::string first_page() {
    const std::string names = listing();
    return names.empty() ? "-" : names.substr(0, names.find(' '));
  }
  std::string value(uint32_t recipe) { return cook(*this, recipe); }

  void put(uint32_t number, const std::string& value, int64_t ttl_ms) {
    keys_[key_name(number)] = {value, ttl_ms == 0 ? 0 : now_ms() + ttl_ms};
  }
  void remove(uint32_t number) { keys_.erase(key_name(number)); }
  void update(uint32_t number, const std::string& value) { rows_[number % kRows] = value; }
  // 0: nothing expires any more.
  int64_t until_next_expiry_ms() {
    int64_t next = 0;
    for (const auto& [name, item] : keys_) {
      if (item.expires_at_ms > now_ms() && (next == 0 || item.expires_at_ms < next)) next = item.expires_at_ms;
    }
    return next == 0 ? 0 : next - now_ms();
  }

 private:
  struct Item {
    std::string value;
    int64_t expires_at_ms = 0;
  };
  // Never back: kv_clock.h.
  int64_t now_ms() {
    ahead_ms_ = std::max(ahead_ms_, time_.ahead_ms.load(std::memory_order_relaxed));
    return time_.monotonic_ms.load(std::memory_order_relaxed) + ahead_ms_;
  }
  bool lives(const Item& item) { return item.expires_at_ms == 0 || item.expires_at_ms > now_ms(); }

  const SharedTime& time_;
  int64_t ahead_ms_ = 0;
  std::map<std::string, Item> keys_;
  std::vector<std::string> rows_ = std::vector<std::string>(kRows, "0");
};

struct ComputedFromKv : ::testing::Test {
  ComputedFromKv() {
    void* const memory = ::mmap(nullptr, sizeof(SharedTime), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    time = new (memory) SharedTime{};
  }
  ~ComputedFromKv() override { ::munmap(time, sizeof(SharedTime)); }

  // One case, of its own database. How many answers came from a tier.
  uint64_t run(Peer& other, const std::vector<std::pair<uint32_t, uint32_t>>& steps) {
    const TempFolder folder;
    const std::string path = folder.file("app.db");
    {
      Database db = open(path);
      db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
      for (int id = 0; id < kRows; ++id) db.query("INSERT INTO t VALUES (?, '0')", id);
    }
    other.ask("open " + path);
    struct Close {
      Peer& other;
      ~Close() { other.ask("close"); }
    } const close{other};
    Side mine(path, *time);
    RowsAndKeys model(*time);
    const auto tell = [&](uint32_t whom, const std::string& command) {
      return whom % 2 == 0 ? other.ask(command) : mine.done(std::istringstream(command));
    };
    // Both look at the time before it is set for the first time: who opens a database need not, and its sweep may.
    mine.done(std::istringstream("put 0 v0 3600000"));
    model.put(0, "v0", 3'600'000);
    int64_t counter = 0;
    for (const auto& [verb, number] : steps) {
      const uint32_t whom = number / 1024;
      const std::string value = "v" + std::to_string(++counter);
      const std::string place = std::to_string(number % 64);
      switch (verb % 16) {
        case 0: {
          const int64_t ttl_ms = number % 3 == 0 ? 0 : 1 + number % 1000;
          tell(whom, "put " + place + " " + value + " " + std::to_string(ttl_ms));
          model.put(number % 64, value, ttl_ms);
          break;
        }
        case 1:
          tell(whom, "remove " + place);
          model.remove(number % 64);
          break;
        case 2:
          tell(whom, "update " + place + " " + value);
          model.update(number % 64, value);
          break;
        case 3:
          if (number % 4 == 0) {
            time->ahead_ms += static_cast<int64_t>(number / 4 % 2000) - 1000;
          } else {
            time->monotonic_ms += std::max<int64_t>(model.until_next_expiry_ms() - 1 + number % 3, 0);
          }
          // Seen by somebody who looks, as who gives a time to live does.
          tell(whom, "put 0 " + value + " 3600000");
          model.put(0, value, 3'600'000);
          break;
        default: {
          const uint32_t recipe = (verb / 16 % 8 * 37 + 1) % 1024;  // eight of them, which are hit
          const std::string got = tell(whom, "value " + std::to_string(recipe));
          const std::string wanted = model.value(recipe);
          if (got != wanted)
            RC_FAIL("recipe " + std::to_string(recipe) + " gave \"" + got + "\" instead of \"" + wanted + '"');
        }
      }
    }
    return std::stoull(mine.done(std::istringstream("hits"))) + std::stoull(other.ask("hits"));
  }

  void compare(int cases, double scale) {
    uint64_t steps = 0;
    uint64_t hits = 0;
    Peer other([this]() -> Peer::Answer {
      return [this, side = std::shared_ptr<Side>()](std::istringstream command) mutable -> std::string {
        std::string verb;
        std::string path;
        command >> verb >> path;
        if (verb == "close") side.reset();
        if (verb == "open") side = std::make_shared<Side>(path, *time);
        if (verb == "close" || verb == "open") return "done";
        command.clear();
        command.seekg(0);
        return side->done(std::move(command));
      };
    });
    const auto property = rc::detail::toProperty([&] {
      const auto word = rc::gen::resize(rc::kNominalSize, rc::gen::inRange<uint32_t>(0, 1U << 30));
      const auto list = *rc::gen::scale(
          scale, rc::gen::container<std::vector<std::pair<uint32_t, uint32_t>>>(rc::gen::pair(word, word)));
      hits += run(other, list);
      steps += list.size();
    });
    rc::detail::TestParams params = rc::detail::configuration().testParams;
    params.maxSuccess = cases;
    params.disableShrinking = true;  // a case opens two databases: it would take longer than the test may
    const auto result = rc::detail::checkProperty(property, rc::detail::TestMetadata{}, params);
    std::ostringstream told;
    rc::detail::printResultMessage(result, told);
    EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << told.str();
    if (steps > 200) {
      EXPECT_GT(hits, steps / 20);
    }
    std::cout << "steps " << steps << ", answers from a tier " << hits << std::endl;
  }

  SharedTime* time;
};

using ComputedFromKvCi = ComputedFromKv;

TEST_F(ComputedFromKv, IsWhatItsFunctionGives) { compare(3, 2); }

TEST_F(ComputedFromKvCi, IsWhatItsFunctionGives) { compare(20, 10); }

}  // namespace
}  // namespace tern::test
