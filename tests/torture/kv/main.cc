// Torture of the KV tier: processes that read and write a few keys, killed at random times and at the steps of its
// protocol, while all that they saw and did is checked for linearizability. See judge.h for the check.
#include <cstdio>
#include <string_view>

#include "docs/examples/demo/child_process.h"
#include "tests/torture/command_line.h"
#include "tests/torture/kv/roles.h"

namespace {

constexpr const char* kUsage =
    "usage: tern_kv_torture run [--seconds 3] [--minutes 0] [--rounds 2] [--kills 0] [--lagging 0] [--seed N]\n"
    "                           [--folder DIR]\n";

using S = torture::kv::Settings;
using Value = torture::CommandLine::Value;

const torture::CommandLine::Options<S>& options() {
  static const torture::CommandLine::Options<S> known = {
      {"--seconds", [](S& s, const Value& v) { s.seconds = v.number(); }},
      {"--minutes", [](S& s, const Value& v) { s.minutes = v.number(); }},
      {"--rounds", [](S& s, const Value& v) { s.rounds = v.whole<uint32_t>(); }},
      {"--kills", [](S& s, const Value& v) { s.kills = v.whole<uint64_t>(); }},
      {"--lagging", [](S& s, const Value& v) { s.lagging = v.flag(); }},
      {"--seed", [](S& s, const Value& v) { s.seed = v.whole<uint64_t>(); }},
      {"--folder", [](S& s, const Value& v) { s.folder = v.text(); }},
      {"--database", [](S& s, const Value& v) { s.database = v.text(); }},
      {"--grouped", [](S& s, const Value& v) { s.grouped = v.flag(); }},
      {"--process", [](S& s, const Value& v) { s.process = v.whole<uint32_t>(); }},
      {"--board-fd", [](S& s, const Value& v) { s.board_fd = v.whole<int>(); }},
  };
  return known;
}

}  // namespace

int main(int argc, char** argv) {
  const torture::CommandLine line("tern_kv_torture", kUsage, argc, argv);
  const std::string_view role = line.role();
  const S settings = line.settings(options());
  try {
    if (role == "run") return torture::kv::conduct(settings);
    demo::die_with_parent();
    if (role == "work") return torture::kv::work(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tern_kv_torture: %s\n", error.what());
    return 1;
  }
  line.leave("there is no subcommand", role);
}
