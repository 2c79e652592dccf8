// Torture of the KV tier: processes that read and write a few keys, killed at random times and at the steps of its
// protocol, while all that they saw and did is checked for linearizability. See judge.h for the check.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

#include "docs/examples/demo/child_process.h"
#include "tests/torture/kv/roles.h"

namespace {

using torture::kv::Settings;

constexpr const char* kUsage =
    "usage: tern_kv_torture run [--seconds 3] [--minutes 0] [--rounds 2] [--kills 0] [--lagging 0] [--seed N]\n"
    "                           [--folder DIR]\n";

[[noreturn]] void leave(const char* what, std::string_view which) {
  std::fprintf(stderr, "tern_kv_torture: %s '%.*s'\n%s", what, static_cast<int>(which.size()), which.data(), kUsage);
  std::exit(2);
}

double number(std::string_view text) {
  char* end = nullptr;
  const double value = std::strtod(text.data(), &end);
  if (text.empty() || *end != '\0' || value < 0) leave("this is not a number:", text);
  return value;
}

using Setter = void (*)(Settings&, const char* value);

const std::map<std::string_view, Setter>& options() {
  using S = Settings;
  static const std::map<std::string_view, Setter> known = {
      {"--seconds", [](S& s, const char* v) { s.seconds = number(v); }},
      {"--minutes", [](S& s, const char* v) { s.minutes = number(v); }},
      {"--rounds", [](S& s, const char* v) { s.rounds = static_cast<uint32_t>(number(v)); }},
      {"--kills", [](S& s, const char* v) { s.kills = static_cast<uint64_t>(number(v)); }},
      {"--lagging", [](S& s, const char* v) { s.lagging = number(v) != 0; }},
      {"--seed", [](S& s, const char* v) { s.seed = static_cast<uint64_t>(number(v)); }},
      {"--folder", [](S& s, const char* v) { s.folder = v; }},
      {"--database", [](S& s, const char* v) { s.database = v; }},
      {"--grouped", [](S& s, const char* v) { s.grouped = number(v) != 0; }},
      {"--process", [](S& s, const char* v) { s.process = static_cast<uint32_t>(number(v)); }},
      {"--board-fd", [](S& s, const char* v) { s.board_fd = static_cast<int>(number(v)); }},
  };
  return known;
}

Settings parse(int argc, char** argv) {
  Settings settings;
  for (int i = 2; i < argc; i += 2) {
    const auto option = options().find(argv[i]);
    if (option == options().end()) leave("there is no option", argv[i]);
    if (i + 1 == argc) leave("a value is missing after", argv[i]);
    option->second(settings, argv[i + 1]);
  }
  return settings;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) leave("a subcommand is missing", "");
  const std::string_view role = argv[1];
  const Settings settings = parse(argc, argv);
  try {
    if (role == "run") return torture::kv::conduct(settings);
    demo::die_with_parent();
    if (role == "work") return torture::kv::work(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tern_kv_torture: %s\n", error.what());
    return 1;
  }
  leave("there is no subcommand", role);
}
