#include "report.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>

namespace demo {
namespace {

constexpr std::array<const char*, kTiers> kTierNames{"SQLite", "hot", "store", "sql"};
constexpr std::array<Tier, kTiers> kInOrder{Tier::kHot, Tier::kStore, Tier::kSql, Tier::kPlain};

// All threads' figures in one.
struct Sums {
  Latency latency[kQueries][kTiers];
  uint64_t reads[kTiers];

  const Latency& of(Query query, Tier tier) const { return latency[static_cast<int>(query)][static_cast<int>(tier)]; }
};

std::unique_ptr<Sums> sum_up(const Board& board) {
  auto sums = std::make_unique<Sums>();
  for (uint32_t i = 0; i < kMaxThreads; ++i) {
    for (int query = 0; query < kQueries; ++query) {
      for (int tier = 0; tier < kTiers; ++tier) {
        sums->latency[query][tier].merge(board.tern_threads[i].latency[query][tier]);
        sums->latency[query][tier].merge(board.plain_threads[i].latency[query][tier]);
      }
    }
  }
  for (const auto& by_tier : sums->latency) {
    for (int tier = 0; tier < kTiers; ++tier) sums->reads[tier] += by_tier[tier].count();
  }
  return sums;
}

std::string with_commas(uint64_t number) {
  std::string text = std::to_string(number);
  for (auto i = static_cast<ptrdiff_t>(text.size()) - 3; i > 0; i -= 3) {
    text.insert(static_cast<size_t>(i), ",");
  }
  return text;
}

std::string duration(double ns) {
  char text[32];
  if (ns < 1e3)
    std::snprintf(text, sizeof text, "%.0f ns", ns);
  else if (ns < 1e4)
    std::snprintf(text, sizeof text, "%.2f us", ns / 1e3);
  else if (ns < 1e6)
    std::snprintf(text, sizeof text, "%.1f us", ns / 1e3);
  else
    std::snprintf(text, sizeof text, "%.1f ms", ns / 1e6);
  return text;
}

// How many times slower SQLite's median is; 0 where one of the two was not measured.
double ratio(const Sums& sums, Query query, Tier tier) {
  const double ours = sums.of(query, tier).percentile_ns(0.5);
  return ours == 0 ? 0 : sums.of(query, Tier::kPlain).percentile_ns(0.5) / ours;
}

std::string ratio_text(double ratio) {
  if (ratio == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, ratio < 10 ? "%.2f" : "%.1f", ratio);
  return text;
}

void print_table(const Sums& sums) {
  std::printf("\n%-10s %-7s %12s %10s %10s %15s\n", "query", "tier", "reads", "p50", "p99", "SQLite / tier");
  for (int q = 0; q < kQueries; ++q) {
    const auto query = static_cast<Query>(q);
    for (const Tier tier : kInOrder) {
      const Latency& latency = sums.of(query, tier);
      const bool any = latency.count() > 0;
      std::printf("%-10s %-7s %12s %10s %10s %15s\n",
                  tier == kInOrder.front() ? kQueryNames[static_cast<size_t>(q)] : "",
                  kTierNames[static_cast<size_t>(tier)], with_commas(latency.count()).c_str(),
                  any ? duration(latency.percentile_ns(0.5)).c_str() : "-",
                  any ? duration(latency.percentile_ns(0.99)).c_str() : "-",
                  tier == Tier::kPlain ? "" : ratio_text(ratio(sums, query, tier)).c_str());
    }
  }
}

// What the two readings of the clock around each read cost, which every latency contains.
double clock_ns() {
  Latency latency{};
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t start = now_ns();
    latency.add(now_ns() - start);
  }
  return latency.percentile_ns(0.5);
}

void print_hits(const Sums& sums) {
  const auto reads = [&](Tier tier) { return static_cast<double>(sums.reads[static_cast<size_t>(tier)]); };
  const double all = reads(Tier::kHot) + reads(Tier::kStore) + reads(Tier::kSql);
  const auto share = [&](double part) { return all == 0 ? 0 : 100 * part / all; };
  std::printf("hit ratio      %.2f %% (hot %.2f, store %.2f)\n", share(reads(Tier::kHot) + reads(Tier::kStore)),
              share(reads(Tier::kHot)), share(reads(Tier::kStore)));
}

}  // namespace

Totals totals_of(const Board& board) {
  Totals totals;
  for (uint32_t i = 0; i < kMaxThreads; ++i) {
    totals.reads += board.tern_threads[i].reads;
    totals.plain_reads += board.plain_threads[i].reads;
    totals.rows += board.tern_threads[i].rows + board.plain_threads[i].rows;
    totals.stale += board.tern_threads[i].stale + board.plain_threads[i].stale;
  }
  return totals;
}

void print_report(const Board& board, const Settings& settings) {
  const std::unique_ptr<Sums> sums = sum_up(board);
  print_table(*sums);
  const Totals totals = totals_of(board);
  std::printf("\nratios of the medians by id:   SQLite / hot %s   SQLite / store %s   SQLite / miss %s\n\n",
              ratio_text(ratio(*sums, Query::kById, Tier::kHot)).c_str(),
              ratio_text(ratio(*sums, Query::kById, Tier::kStore)).c_str(),
              ratio_text(ratio(*sums, Query::kById, Tier::kSql)).c_str());
  print_hits(*sums);
  std::printf("commits        %s by tern's writer, %s by the sqlite3 shell, in %.0f s\n",
              with_commas(board.tern_commits).c_str(), with_commas(board.shell_commits).c_str(), settings.seconds);
  std::printf("published      %s times by the readers' own process (%s pages); the rest by the writer's\n",
              with_commas(board.engine.published).c_str(), with_commas(board.engine.pages).c_str());
  std::printf("clock          %.0f ns of every latency are the clock itself\n", clock_ns());
  std::printf("reads checked  %s through tern, %s through SQLite alone, %s rows\n", with_commas(totals.reads).c_str(),
              with_commas(totals.plain_reads).c_str(), with_commas(totals.rows).c_str());
  std::printf("stale reads    %s\n", with_commas(totals.stale).c_str());
}

}  // namespace demo
