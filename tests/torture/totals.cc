#include "tests/torture/totals.h"

#include <cinttypes>
#include <cstdio>

namespace torture {
namespace {

void print_hits(const char* name, const Hits& hits) {
  if (hits.reads() == 0) return;
  std::printf("%-22s %.2f %% (hot %" PRIu64 ", store %" PRIu64 ", sql %" PRIu64 "), %.1f foreign commits/s, %.0f s\n",
              name, hits.ratio(), hits.hot, hits.store, hits.sql,
              static_cast<double>(hits.foreign_commits) / hits.seconds, hits.seconds);
}

}  // namespace

void Totals::take(const Board& board, bool was_disturbed, double seconds) {
  ++rounds;
  for (size_t i = 0; i < figures.size(); ++i) figures[i] += board.get(static_cast<Figure>(i));
  Hits& hits = was_disturbed ? disturbed : calm;
  hits.hot += board.get(Figure::kHot);
  hits.store += board.get(Figure::kStore);
  hits.sql += board.get(Figure::kSql);
  hits.seconds += seconds;
  hits.foreign_commits += board.get(Figure::kPlainCommits) + board.get(Figure::kShellCommits);
}

void Totals::print() const {
  uint64_t at_points = 0;
  uint64_t points_hit = 0;
  for (const auto& [point, kills] : points) {
    at_points += kills.died;
    points_hit += kills.died > 0 ? 1 : 0;
  }
  std::printf("rounds                 %" PRIu64 "\n", rounds);
  std::printf("reads checked          %" PRIu64 " (%" PRIu64 " operations judged)\n", calm.reads() + disturbed.reads(),
              judged);
  print_hits("hit ratio, calm", calm);
  print_hits("hit ratio, disturbed", disturbed);
  std::printf("commits, own           %" PRIu64 ", %" PRIu64 " rolled back\n", of(Figure::kCommits),
              of(Figure::kRollbacks));
  std::printf("commits, foreign       %" PRIu64 " plain program, %" PRIu64 " sqlite3 shell\n",
              of(Figure::kPlainCommits), of(Figure::kShellCommits));
  std::printf("kills                  %" PRIu64 " at random (tern), %" PRIu64 " at random (visitor), %" PRIu64
              " of the programs, %" PRIu64 " at %" PRIu64 " of %zu points\n",
              random_kills, visitor_kills, of(Figure::kProgramKills), at_points, points_hit, points.size());
  std::printf("found unacknowledged   %" PRIu64 " commits whose writer was killed before it could say so\n",
              of(Figure::kFoundUnacknowledged));
  std::printf("foreign checkpoints    %" PRIu64 " passive, %" PRIu64 " full, %" PRIu64 " restart, %" PRIu64
              " truncate\n",
              of(Figure::kPassive), of(Figure::kFull), of(Figure::kRestart), of(Figure::kTruncate));
  std::printf("vacuums                %" PRIu64 "\n", of(Figure::kVacuums));
  std::printf("schema changes         %" PRIu64 "\n", of(Figure::kSchemaChanges));
  std::printf("other disturbance      %" PRIu64 " long snapshots, %" PRIu64 " pauses (SIGSTOP), %" PRIu64
              " deletions of the cache, %" PRIu64 " visits, %" PRIu64 " plain opens\n",
              of(Figure::kLongSnapshots), pauses, deletions, of(Figure::kVisits), of(Figure::kPlainOpens));
  std::printf("longest log            %.1f MiB\n", static_cast<double>(longest_log_bytes) / (1 << 20));
  std::printf("judgement behind by    %.2f s at most\n", static_cast<double>(longest_lag_ns) / 1e9);
  std::printf("integrity_check        %s\n", not_intact == 0 ? "ok" : "FAILED");
  std::printf("calls that failed      %" PRIu64 "\n", of(Figure::kErrors));
  std::printf("stale                  %" PRIu64 "\n", stale);
  std::printf("lost                   %" PRIu64 "\n", lost);
  for (const auto& [point, kills] : points) {
    std::printf("  %-26s killed %" PRIu64 " of %" PRIu64 " sent\n", point.c_str(), kills.died, kills.sent);
  }
}

}  // namespace torture
