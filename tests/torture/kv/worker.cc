// A process of a KV torture run: threads that read and write through one handle, and note what they did.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "docs/examples/demo/shared_memory.h"
#include "tern/tern.hpp"
#include "tests/torture/kv/board.h"
#include "tests/torture/kv/roles.h"

namespace torture::kv {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;
using tern::KvNamespace;

struct Seen {
  int64_t number = kAbsent;
  uint64_t version = 0;
};

class Actor {
 public:
  Actor(Board& board, uint32_t actor, KvNamespace kv, bool lagging, uint64_t seed)
      : board_(board),
        journal_(board.journals[actor]),
        actor_(actor),
        kv_(std::move(kv)),
        lags_(lagging),
        random_(seed) {}

  // Threads of even number write too.
  void run() {
    const bool writes = actor_ % 2 == 0;
    for (uint64_t turn = 0; !board_.stop.load(std::memory_order_relaxed); ++turn) {
      const bool full = journal_.size.load(std::memory_order_relaxed) + kMostOfATurn > Journal::kRoom;
      if (full || turn % 4 == 3) std::this_thread::sleep_for(std::chrono::microseconds(50));
      if (full) continue;
      const auto unit = static_cast<uint32_t>(random_() % kUnits);
      try {
        if (writes && random_() % 3 == 0) {
          write(unit);
        } else {
          get(unit);
        }
      } catch (const std::exception& error) {
        // Whether it was done is not known; the run has failed.
        last().ended_ns = now_ns();
        last().outcome = Outcome::kUnknown;
        if (board_.errors.fetch_add(1, std::memory_order_relaxed) < 5)
          std::fprintf(stderr, "tern_kv_torture: %s\n", error.what());
      }
    }
  }

 private:
  static constexpr uint64_t kMostOfATurn = 2;

  Operation& last() { return journal_.operations[journal_.size.load(std::memory_order_relaxed) - 1]; }

  Operation& begin(Kind kind, uint32_t unit, int64_t argument = 0, int64_t expected = 0) {
    const uint64_t size = journal_.size.load(std::memory_order_relaxed);
    Operation& operation = journal_.operations[size];
    operation = {.kind = kind,
                 .actor = static_cast<uint8_t>(actor_),
                 .unit = unit,
                 .invoked_ns = now_ns(),
                 .argument = argument,
                 .expected = expected};
    journal_.size.store(size + 1, std::memory_order_release);
    // seq_cst, a full fence: the call that follows cannot be seen by others before it is noted here.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return operation;
  }
  static void end(Operation& operation, int64_t result, uint64_t version = 0) {
    operation.ended_ns = now_ns();
    operation.result = result;
    operation.version = version;
    // The outcome last: a death before it leaves the operation running.
    std::atomic_ref(operation.outcome).store(Outcome::kReturned, std::memory_order_release);
  }

  Seen number_in(uint32_t unit, const std::optional<tern::Pinned>& value) {
    if (!value) return {};
    if (value->source() == tern::Source::kHot) board_.hot.fetch_add(1, std::memory_order_relaxed);
    const std::string_view text = value->text();
    Seen seen{.version = value->version()};
    std::from_chars(text.data(), text.data() + text.size(), seen.number);
    if (value_of(unit, seen.number) != text) tear("a value that nobody put");
    return seen;
  }
  void tear(const char* what) {
    board_.torn.fetch_add(1, std::memory_order_relaxed);
    std::fprintf(stderr, "tern_kv_torture: %s\n", what);
  }

  Seen get(uint32_t unit) {
    Operation& operation = begin(Kind::kGet, unit);
    Seen seen;
    if (is_pair(unit)) {
      const std::string a = key_of(unit, 0);
      const std::string b = key_of(unit, 1);
      const std::string_view keys[] = {a, b};
      const auto values = kv_.get_many(keys);
      seen = number_in(unit, values[0]);
      const Seen other = number_in(unit, values[1]);
      if (other.number != seen.number || other.version != seen.version) tear("two keys that were put together differ");
    } else {
      seen = number_in(unit, kv_.get(key_of(unit)));
    }
    const Seen told = lags_ ? lag(unit, seen) : seen;
    // A counter that was removed comes to the same numbers again.
    end(operation, told.number, is_counter(unit) ? 0 : told.version);
    return seen;
  }

  // Once in a while, what was there thirty reads of some unit ago.
  Seen lag(uint32_t unit, const Seen& seen) {
    auto& past = past_[unit];
    past.push_back(seen);
    if (past.size() < 30) return seen;
    const Seen old = past.front();
    past.pop_front();
    return random_() % 50 == 0 ? old : seen;
  }

  void write(uint32_t unit) {
    if (is_pair(unit)) return write_pair(unit);
    const uint64_t dice = random_() % 10;
    const std::string key = key_of(unit);
    if (dice < 2) {
      Operation& operation = begin(Kind::kRemove, unit);
      return end(operation, kv_.remove(key) ? 1 : 0);
    }
    if (is_counter(unit) && dice < 8) {
      Operation& operation = begin(Kind::kIncrement, unit, 1);
      return end(operation, kv_.increment(key));
    }
    const int64_t number = board_.new_number();
    const std::string value = value_of(unit, number);
    if (is_counter(unit) || dice < 5) {
      Operation& operation = begin(Kind::kPut, unit, number);
      const uint64_t version = kv_.put(key, value);
      return end(operation, 0, is_counter(unit) ? 0 : version);
    }
    const Seen seen = get(unit);
    if (dice < 9) {
      Operation& operation = begin(Kind::kPutIf, unit, number, seen.number);
      const auto version = kv_.put_if_version(key, seen.version, value);
      return end(operation, version ? 1 : 0, version.value_or(0));
    }
    if (seen.number == kAbsent) return;
    Operation& operation = begin(Kind::kRemoveIf, unit, 0, seen.number);
    end(operation, kv_.remove_if_version(key, seen.version) ? 1 : 0);
  }

  void write_pair(uint32_t unit) {
    const std::string a = key_of(unit, 0);
    const std::string b = key_of(unit, 1);
    if (random_() % 4 == 0) {
      const std::string_view keys[] = {a, b};
      Operation& operation = begin(Kind::kRemove, unit);
      const size_t removed = kv_.remove_many(keys);
      if (removed == 1) tear("of two keys that were put together one was there");
      return end(operation, removed == 0 ? 0 : 1);
    }
    const int64_t number = board_.new_number();
    const std::string value = value_of(unit, number);
    const tern::KvItem items[] = {{a, value}, {b, value}};
    Operation& operation = begin(Kind::kPut, unit, number);
    end(operation, 0, kv_.put_many(items));
  }

  Board& board_;
  Journal& journal_;
  const uint32_t actor_;
  KvNamespace kv_;
  const bool lags_;
  std::mt19937_64 random_;
  std::array<std::deque<Seen>, kUnits> past_;
};

}  // namespace

int work(const Settings& settings) {
  const demo::SharedMemory memory = demo::SharedMemory::inherit(settings.board_fd);
  auto& board = *static_cast<Board*>(memory.data());
  tern::Options options;
  options.kv_durability = settings.grouped ? tern::KvDurability::kGrouped : tern::KvDurability::kEach;
  options.busy_timeout_ms = 60'000;
  tern::Database db = tern::open(settings.database, options);
  const KvNamespace kv = db.kv("torture");
  board.started.fetch_add(1, std::memory_order_relaxed);
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < kThreads; ++thread) {
    const uint32_t actor = settings.process * kThreads + thread;
    threads.emplace_back(
        [&, actor] { Actor(board, actor, kv, settings.lagging && actor == 1, now_ns() + actor).run(); });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace torture::kv
