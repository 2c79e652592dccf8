// Torture: processes with tern, programs without, and disturbers on one file, killed and restarted, while all that they
// see and do is checked for strict serializability. See judge.h for the check, roles.h for who takes part.
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "docs/examples/demo/child_process.h"
#include "tests/torture/command_line.h"
#include "tests/torture/roles.h"

namespace {

constexpr const char* kUsage =
    "usage: tern_torture run [--seconds 10] [--minutes 0] [--kills 0] [--threads 2] [--own-rate 20] [--foreign-rate "
    "20]\n"
    "                        [--zipf 0.99] [--least-hit-ratio 0] [--calm 1] [--disturbed 1] [--lagging 0] [--seed N]\n"
    "                        [--folder DIR]\n";

using S = torture::Settings;
using Value = torture::CommandLine::Value;

const torture::CommandLine::Options<S>& options() {
  static const torture::CommandLine::Options<S> known = {
      {"--seconds", [](S& s, const Value& v) { s.seconds = v.number(); }},
      {"--minutes", [](S& s, const Value& v) { s.minutes = v.number(); }},
      {"--kills", [](S& s, const Value& v) { s.kills = v.whole<uint32_t>(); }},
      {"--threads", [](S& s, const Value& v) { s.threads = std::min(v.whole<uint32_t>(), torture::kMostReaders); }},
      {"--own-rate", [](S& s, const Value& v) { s.own_rate = v.number(); }},
      {"--foreign-rate", [](S& s, const Value& v) { s.foreign_rate = v.number(); }},
      {"--zipf", [](S& s, const Value& v) { s.exponent = v.number(); }},
      {"--least-hit-ratio", [](S& s, const Value& v) { s.least_hit_ratio = v.number(); }},
      {"--calm", [](S& s, const Value& v) { s.calm = v.flag(); }},
      {"--disturbed", [](S& s, const Value& v) { s.disturbed = v.flag(); }},
      {"--lagging", [](S& s, const Value& v) { s.lagging = v.flag(); }},
      {"--seed", [](S& s, const Value& v) { s.seed = v.whole<uint64_t>(); }},
      {"--folder", [](S& s, const Value& v) { s.folder = v.text(); }},
      {"--database", [](S& s, const Value& v) { s.database = v.text(); }},
      {"--member", [](S& s, const Value& v) { s.member = v.whole<uint32_t>(); }},
      {"--board-fd", [](S& s, const Value& v) { s.board_fd = v.whole<int>(); }},
  };
  return known;
}

}  // namespace

int main(int argc, char** argv) {
  const torture::CommandLine line("tern_torture", kUsage, argc, argv);
  const std::string_view role = line.role();
  const S settings = line.settings(options());
  if (role == "run") return torture::conduct(settings);
  demo::die_with_parent();
  try {
    if (role == "tern") return torture::run_tern(settings);
    if (role == "visit") return torture::run_visitor(settings);
    if (role == "disturb") return torture::run_disturber(settings);
    if (role == "program") return torture::run_program(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tern_torture: %s: %s\n", torture::member_name(settings.member), error.what());
    return 1;
  }
  line.leave("there is no subcommand", role);
}
