// The conductor of a torture run: has the company work, kills, stops and disturbs it, and judges each round.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "docs/examples/demo/sql_pipe.h"
#include "tests/torture/company.h"
#include "tests/torture/referee.h"
#include "tests/torture/roles.h"
#include "tests/torture/schema.h"
#include "tests/torture/story.h"
#include "tests/torture/totals.h"
#include <tern/tern.hpp>

namespace torture {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kSecond = 1000 * kMillisecond;
constexpr uint64_t kTurnNs = 20 * kMillisecond;
constexpr double kShortestRoundSeconds = 5;
// Told in full; more would only repeat the first.
constexpr size_t kStoriesTold = 3;

// Options::max_log_bytes, and what may be written before its end is noticed and while a foreign snapshot is held.
constexpr uint64_t kLongestLogBytes = uint64_t{160} << 20;

// Half of the kills wait until the victim's writer is between its attempt and its acknowledgement.
void choose_moment(Board* board, uint32_t victim, std::mt19937_64& random) {
  if (random() % 2 == 0) return;
  const uint64_t give_up = now_ns() + kSecond / 2;
  while (board->working[victim].load(std::memory_order_relaxed) == 0 && now_ns() < give_up) {
  }
  const uint64_t until = now_ns() + random() % 300'000;
  while (now_ns() < until) {
  }
}

class Round {
 public:
  Round(const Settings& settings, Totals& totals)
      : settings_(settings),
        totals_(totals),
        memory_(Board::create(settings.seed)),
        board_(Board::in(memory_)),
        random_(settings.seed + 17) {}

  bool run() {
    create_database(settings_.database);
    Referee referee(board_);
    const uint64_t begin = now_ns();
    try {
      Company company(settings_, memory_, totals_.points, random_);
      for (uint32_t member = 0; member < kMembers; ++member) company.start(member);
      torture(company, referee);
      company.end();
      read_at_the_end();
    } catch (const std::exception& error) {
      board_->stop = true;
      board_->note_error("the round", error.what());
    }
    const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
    const Judge& judge = referee.finish();
    totals_.longest_lag_ns = std::max(totals_.longest_lag_ns, referee.longest_lag_ns());
    totals_.judged += judge.judged();
    totals_.take(*board_, settings_.disturbed, seconds);
    return verdict(judge);
  }

 private:
  // Lasts as long as it should, and until there were as many kills as there should be; a contradiction ends it.
  void torture(Company& company, const Referee& referee) {
    const auto length = static_cast<uint64_t>(settings_.seconds * 1e9);
    const uint64_t begin = now_ns();
    // Restarts take their time too.
    const uint64_t between = settings_.kills == 0 ? kNever / 2 : length / settings_.kills;
    uint64_t next_kill = begin + between / 4;
    uint64_t next_mischief = begin + kSecond / 2;
    uint64_t killed = 0;
    while (now_ns() < begin + length || killed < settings_.kills) {
      if (referee.contradictions() > 0 || board_->stop) return;
      company.look_after();
      measure_log();
      if (now_ns() >= next_kill) {
        killed += kill(company);
        next_kill = now_ns() + between / 4 + random_() % (between / 2);
      }
      if (now_ns() >= next_mischief) {
        mischief(company);
        next_mischief = now_ns() + kSecond / 5 + random_() % kSecond;
      }
      sleep_ns(kTurnNs);
    }
  }

  // One time in five both tern processes die, so that nobody of ours is left; one in five the visitor as well.
  uint64_t kill(Company& company) {
    const auto victim = static_cast<uint32_t>(random_() % kTernProcesses);
    const bool both = random_() % 5 == 0;
    const bool visitor = random_() % 5 == 0;
    choose_moment(board_, victim, random_);
    company.kill(victim);
    if (both) company.kill(1 - victim);
    if (visitor) company.kill(kVisitor);
    sleep_ns(random_() % (kSecond / 10));
    company.start(victim);
    if (both) company.start(1 - victim);
    if (visitor) company.start(kVisitor);
    totals_.visitor_kills += visitor ? 1 : 0;
    totals_.random_kills += both ? 2 : 1;
    return both ? 2 : 1;
  }

  void mischief(Company& company) {
    if (settings_.disturbed && random_() % 4 == 0) {
      std::error_code busy;  // somebody may be making files in it
      fs::remove_all(settings_.database + "-tern", busy);
      ++totals_.deletions;
      return;
    }
    company.pause(static_cast<uint32_t>(random_() % kTernProcesses), 10 * kMillisecond + random_() % (kSecond / 5));
    ++totals_.pauses;
  }

  // By its size: nothing here may open the file while others use it.
  void measure_log() {
    std::error_code none_yet;
    const uint64_t bytes = fs::file_size(settings_.database + "-wal", none_yet);
    if (!none_yet) totals_.longest_log_bytes = std::max(totals_.longest_log_bytes, bytes);
  }

  // The truth, and after it what the caches say of each unit: both go to the judge.
  void read_at_the_end() {
    tern::Database db = tern::open(settings_.database, {.mode = tern::OpenMode::kExisting});
    Recorder recorder(board_->rings[kConductorActor], board_->stop);
    read_everything(db, recorder);
    const tern::Statement entry = db.prepare("SELECT version FROM entries WHERE id = ?");
    for (uint32_t row = 0; row < kRows; ++row) {
      recorder.begin(1);
      const auto found = entry.bind(entry_id(row)).first();
      recorder.returned();
      recorder.saw(group_of(row), found ? found->get<uint64_t>(0) : kAbsent);
      recorder.end(static_cast<uint8_t>(Query::kEntry), 0);
    }
  }

  // Asks the journal, by a plain program, for each commit that was acknowledged.
  uint64_t count_lost(const Judge& judge) {
    demo::SqlPipe program({tool("foreign_writer").string(), settings_.database, "-bail"});
    const auto lines = program.run("SELECT n << 20 | nonce FROM journal ORDER BY n;\nPRAGMA integrity_check;");
    if (!lines || lines->back() != "ok") {
      ++totals_.not_intact;
      std::fprintf(stderr, "torture: integrity_check failed: %s\n", lines ? lines->back().c_str() : "no answer");
      if (!lines) return 0;
    }
    std::vector<uint64_t> there;
    for (const std::string& line : *lines) there.push_back(std::strtoull(line.c_str(), nullptr, 10));
    uint64_t lost = 0;
    for (const uint64_t value : judge.acknowledged()) {
      if (std::ranges::find(there, value) != there.end()) continue;
      ++lost;
      std::fprintf(stderr, "LOST (seed %" PRIu64 "): commit %u was acknowledged\n", settings_.seed, number_of(value));
    }
    return lost;
  }

  bool verdict(const Judge& judge) {
    const auto& contradictions = judge.contradictions();
    for (size_t i = 0; i < std::min(contradictions.size(), kStoriesTold); ++i) {
      std::fprintf(stderr, "%s", tell(contradictions[i], settings_.seed).c_str());
    }
    const uint64_t lost = count_lost(judge);
    totals_.stale += contradictions.size();
    totals_.lost += lost;
    bool everybody_worked = board_->get(Figure::kHot) > 0;
    for (const Figure figure : {Figure::kCommits, Figure::kPlainCommits, Figure::kShellCommits, Figure::kVisits}) {
      everybody_worked = everybody_worked && board_->get(figure) > 0;
    }
    if (!everybody_worked) std::fprintf(stderr, "torture: somebody did nothing\n");
    const bool log_is_bounded = totals_.longest_log_bytes <= kLongestLogBytes;
    if (!log_is_bounded) std::fprintf(stderr, "torture: the log grew past all bounds\n");
    return everybody_worked && log_is_bounded && totals_.not_intact == 0 && lost == 0 && contradictions.empty() &&
           board_->get(Figure::kErrors) == 0;
  }

  const Settings& settings_;
  Totals& totals_;
  demo::SharedMemory memory_;
  Board* board_;
  std::mt19937_64 random_;
};

fs::path new_folder() {
  std::string name = (fs::temp_directory_path() / "tern-torture-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder like " + name);
  return name;
}

bool run_round(Settings settings, Totals& totals) {
  const fs::path folder =
      (settings.folder.empty() ? new_folder() : fs::path(settings.folder)) / ("seed-" + std::to_string(settings.seed));
  fs::create_directories(folder);
  settings.database = (folder / "torture.db").string();
  std::printf("-- round %" PRIu64 ": seed %" PRIu64 ", %.0f s, %s\n", totals.rounds + 1, settings.seed,
              settings.seconds, settings.disturbed ? "disturbed" : "calm");
  std::fflush(stdout);
  bool passed = false;
  try {
    passed = Round(settings, totals).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "torture: %s\n", error.what());
  }
  if (!passed) {
    std::printf("FAILED (seed %" PRIu64 "); the files are in %s\n", settings.seed, folder.c_str());
  } else {
    fs::remove_all(settings.folder.empty() ? folder.parent_path() : folder);
  }
  return passed;
}

}  // namespace

int conduct(const Settings& asked) {
  Settings settings = asked;
  if (settings.seed == 0) settings.seed = now_ns() % 1'000'000'007;
  Totals totals;
  const uint64_t end = now_ns() + static_cast<uint64_t>(asked.minutes * 60e9);
  const bool alternate = asked.calm && asked.disturbed && asked.minutes > 0;
  bool passed = true;
  do {
    if (asked.minutes > 0) {
      const double left = static_cast<double>(end - now_ns()) / 1e9;
      settings.seconds = std::clamp(left, kShortestRoundSeconds, asked.seconds);
    }
    settings.disturbed = alternate ? totals.rounds % 2 == 1 : asked.disturbed;
    // Each death empties a hot tier: of a calm round the hit ratio is asked.
    settings.kills = alternate && !settings.disturbed ? asked.kills / 3 : asked.kills;
    passed = run_round(settings, totals);
    settings.seed += 1'000'003;
  } while (passed && now_ns() < end);
  totals.print();
  if (totals.calm.reads() > 0 && totals.calm.ratio() < asked.least_hit_ratio) {
    std::fprintf(stderr, "torture: the hit ratio is too low\n");
    passed = false;
  }
  return passed ? 0 : 1;
}

}  // namespace torture
