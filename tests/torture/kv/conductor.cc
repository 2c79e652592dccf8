// The conductor of a KV torture run: rounds of work and kills, each judged when it has ended.
#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "tern/tern.hpp"
#include "tests/torture/kv/company.h"
#include "tests/torture/kv/judge.h"

namespace torture::kv {
namespace {

namespace fs = std::filesystem;
using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

constexpr uint64_t kSecond = 1'000'000'000;

struct Figures {
  uint64_t rounds = 0, reads = 0, hot = 0, acknowledged = 0, died_writing = 0;
  uint64_t kills = 0, point_kills = 0;
  uint64_t violations = 0, lost = 0, torn = 0, errors = 0;
  double seconds = 0;

  void print(const char* what) const {
    std::printf("%-8s rounds %" PRIu64 " (%.0f s), reads %" PRIu64 " (hot %" PRIu64 "), acknowledged writes %" PRIu64
                ", writes cut short %" PRIu64 ", kills %" PRIu64 " (at a step %" PRIu64 "), violations %" PRIu64
                ", acknowledged writes lost %" PRIu64 ", torn %" PRIu64 ", errors %" PRIu64 "\n",
                what, rounds, seconds, reads, hot, acknowledged, died_writing, kills, point_kills, violations, lost,
                torn, errors);
  }
  bool good() const { return violations + lost + torn + errors == 0; }
  bool tried() const { return reads > 0 && acknowledged > 0; }
};

using Numbers = std::array<int64_t, kUnits>;

class Run {
 public:
  explicit Run(const Settings& settings) : settings_(settings), random_(settings.seed) {}

  bool run() {
    const uint64_t begin = now_ns();
    do {
      settings_.grouped = rounds_ % 2 == 0;
      round(figures_[rounds_ % 2]);
      ++rounds_;
      // On a busy machine a round may end before anybody is up.
    } while (good() && (rounds_ < settings_.rounds || !tried() || all_kills() < settings_.kills ||
                        static_cast<double>(now_ns() - begin) / 1e9 < settings_.minutes * 60));
    print();
    return good();
  }

 private:
  uint64_t all_kills() const { return figures_[0].kills + figures_[1].kills; }
  bool good() const {
    return std::ranges::all_of(figures_, [](const Figures& figures) { return figures.good(); });
  }
  bool tried() const {
    return std::ranges::all_of(figures_, [](const Figures& figures) { return figures.rounds == 0 || figures.tried(); });
  }

  void round(Figures& figures) {
    const demo::SharedMemory memory = demo::SharedMemory::create(sizeof(Board));
    auto& board = *static_cast<Board*>(memory.data());
    board.next_number = next_number_;
    const uint64_t begin = now_ns();
    try {
      Company company(settings_, memory, points_, random_);
      for (uint32_t process = 0; process < kProcesses; ++process) company.start(process);
      torture(company, figures);
      count_point_kills(figures, company.end());
    } catch (const std::exception& error) {
      std::printf("the round failed: %s\n", error.what());
      figures.errors += 1;
    }
    figures.rounds += 1;
    figures.seconds += static_cast<double>(now_ns() - begin) / 1e9;
    figures.hot += board.hot;
    figures.torn += board.torn;
    figures.errors += board.errors;
    next_number_ = board.next_number;
    judge_all(board, figures);
  }

  // Besides those that are sent to die at a step; one kill in six takes everybody, so that nobody has the folder open.
  void torture(Company& company, Figures& figures) {
    const uint64_t until = now_ns() + static_cast<uint64_t>(settings_.seconds * 1e9);
    while (now_ns() < until) {
      sleep_ns(kSecond / 20 + random_() % (kSecond / 4));
      count_point_kills(figures, company.look_after());
      if (settings_.kills == 0) continue;
      const bool all = random_() % 6 == 0;
      const auto victim = static_cast<uint32_t>(random_() % kProcesses);
      for (uint32_t process = 0; process < kProcesses; ++process) {
        if (!all && process != victim) continue;
        company.kill(process);
        figures.kills += 1;
      }
      for (uint32_t process = 0; process < kProcesses; ++process) {
        if (all || process == victim) company.start(process);
      }
    }
  }

  static void count_point_kills(Figures& figures, uint64_t died) {
    figures.kills += died;
    figures.point_kills += died;
  }

  // What all units hold now that nobody is at work, read by a process that was not there.
  void read_all(const tern::KvNamespace& kv, std::array<std::vector<Operation>, kUnits>& histories, Numbers& numbers,
                Figures& figures) const {
    for (uint32_t unit = 0; unit < kUnits; ++unit) {
      Operation operation{.actor = kConductor, .outcome = Outcome::kReturned, .unit = unit, .invoked_ns = now_ns()};
      const auto value = kv.get(key_of(unit));
      operation.ended_ns = now_ns();
      if (value) {
        std::from_chars(value->text().data(), value->text().data() + value->size(), operation.result);
        operation.version = is_counter(unit) ? 0 : value->version();
        figures.torn += value->text() != value_of(unit, operation.result) ? 1 : 0;
      }
      if (is_pair(unit)) {
        const auto other = kv.get(key_of(unit, 1));
        const bool same = other.has_value() == value.has_value() && (!value || other->text() == value->text());
        figures.torn += same ? 0 : 1;
      }
      numbers[unit] = operation.result;
      histories[unit].push_back(operation);
    }
  }

  // What a dead process has written may come to light until the next write begins (LmdbEnvironment::
  // decide_dead_commit): for each time at which one died, the end of the first write that began after it.
  class NextWrites {
   public:
    explicit NextWrites(const Board& board) {
      for (const Journal& journal : board.journals) {
        for (uint64_t i = 0; i < journal.size; ++i) {
          const Operation& operation = journal.operations[i];
          const bool writes = operation.kind == Kind::kPut || operation.kind == Kind::kIncrement;
          if (writes && operation.outcome == Outcome::kReturned)
            writes_.emplace_back(operation.invoked_ns, operation.ended_ns);
        }
      }
      std::ranges::sort(writes_);
      for (size_t i = writes_.size(); i-- > 1;)
        writes_[i - 1].second = std::min(writes_[i - 1].second, writes_[i].second);
    }
    uint64_t end_after(uint64_t ns) const {
      const auto next = std::ranges::upper_bound(writes_, ns, {}, &std::pair<uint64_t, uint64_t>::first);
      return next == writes_.end() ? now_ns() : next->second;  // else the conductor's own write, which is done
    }

   private:
    std::vector<std::pair<uint64_t, uint64_t>>
        writes_;  // when each began; when the first of it and the later ones ended
  };

  void judge_all(const Board& board, Figures& figures) {
    tern::Database db = tern::open(settings_.database);
    tern::KvNamespace kv = db.kv("torture");
    kv.put("conductor", "");  // the next write of those that died last
    const NextWrites next_writes(board);
    std::array<std::vector<Operation>, kUnits> histories;
    for (const Journal& journal : board.journals) {
      for (uint64_t i = 0; i < journal.size; ++i) {
        Operation operation = journal.operations[i];
        if (operation.outcome == Outcome::kUnknown) operation.ended_ns = next_writes.end_after(operation.ended_ns);
        const bool reads = operation.kind == Kind::kGet;
        const bool done = operation.outcome == Outcome::kReturned;
        (done ? (reads ? figures.reads : figures.acknowledged) : figures.died_writing) += done || !reads ? 1 : 0;
        if (done || !reads) histories[operation.unit].push_back(operation);
      }
    }
    Numbers numbers{};
    read_all(kv, histories, numbers, figures);
    for (uint32_t unit = 0; unit < kUnits; ++unit) {
      const auto contradiction = judge(std::move(histories[unit]), numbers_[unit]);
      if (!contradiction) continue;
      const bool at_the_end = contradiction->operation.actor == kConductor;
      (at_the_end ? figures.lost : figures.violations) += 1;
      std::printf("CONTRADICTION (seed %" PRIu64 "): %s\n  %s\nafter\n", settings_.seed, contradiction->what.c_str(),
                  describe(contradiction->operation).c_str());
      for (const Operation& before : contradiction->history) std::printf("  %s\n", describe(before).c_str());
    }
    numbers_ = numbers;
  }

  void print() const {
    for (const auto& [point, kills] : points_)
      std::printf("%-20s sent %" PRIu64 ", died %" PRIu64 "\n", point.c_str(), kills.sent, kills.died);
    figures_[0].print("grouped");
    if (rounds_ > 1) figures_[1].print("each");
  }

  Settings settings_;
  std::mt19937_64 random_;
  Points points_;
  std::array<Figures, 2> figures_;  // grouped, each
  uint32_t rounds_ = 0;
  int64_t next_number_ = 0;
  Numbers numbers_{};
};

}  // namespace

int conduct(const Settings& given) {
  Settings settings = given;
  if (settings.seed == 0) settings.seed = now_ns();
  const bool own_folder = settings.folder.empty();
  if (own_folder) {
    std::string pattern = (fs::temp_directory_path() / "tern-kv-torture-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed for " + pattern);
    settings.folder = pattern;
  } else {
    fs::remove_all(settings.folder);
    fs::create_directories(settings.folder);
  }
  settings.database = settings.folder + "/app.db";
  std::printf("seed %" PRIu64 ", %s\n", settings.seed, settings.folder.c_str());
  std::fflush(stdout);
  const bool good = Run(settings).run();
  std::printf("%s\n", good ? "linearizable" : "FAILED");
  if (good && own_folder) fs::remove_all(settings.folder);
  return good ? 0 : 1;
}

}  // namespace torture::kv
