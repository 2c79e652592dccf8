// Torture: processes with tern, programs without, and disturbers on one file, killed and restarted, while all that they
// see and do is checked for strict serializability. See judge.h for the check, roles.h for who takes part.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "docs/examples/demo/child_process.h"
#include "tests/torture/roles.h"

namespace {

constexpr const char* kUsage =
    "usage: tern_torture run [--seconds 10] [--minutes 0] [--kills 0] [--threads 2] [--own-rate 20] [--foreign-rate "
    "20]\n"
    "                        [--zipf 0.99] [--least-hit-ratio 0] [--calm 1] [--disturbed 1] [--lagging 0] [--seed N]\n"
    "                        [--folder DIR]\n";

[[noreturn]] void leave(const char* what, std::string_view which) {
  std::fprintf(stderr, "tern_torture: %s '%.*s'\n%s", what, static_cast<int>(which.size()), which.data(), kUsage);
  std::exit(2);
}

double number(std::string_view text) {
  char* end = nullptr;
  const double value = std::strtod(text.data(), &end);
  if (text.empty() || *end != '\0' || value < 0) leave("this is not a number:", text);
  return value;
}

bool flag(std::string_view text) { return number(text) != 0; }

uint32_t whole(std::string_view text) { return static_cast<uint32_t>(number(text)); }

using Setter = void (*)(torture::Settings&, const char* value);

const std::map<std::string_view, Setter>& options() {
  using S = torture::Settings;
  static const std::map<std::string_view, Setter> known = {
      {"--seconds", [](S& s, const char* v) { s.seconds = number(v); }},
      {"--minutes", [](S& s, const char* v) { s.minutes = number(v); }},
      {"--kills", [](S& s, const char* v) { s.kills = whole(v); }},
      {"--threads", [](S& s, const char* v) { s.threads = std::min(whole(v), torture::kMostReaders); }},
      {"--own-rate", [](S& s, const char* v) { s.own_rate = number(v); }},
      {"--foreign-rate", [](S& s, const char* v) { s.foreign_rate = number(v); }},
      {"--zipf", [](S& s, const char* v) { s.exponent = number(v); }},
      {"--least-hit-ratio", [](S& s, const char* v) { s.least_hit_ratio = number(v); }},
      {"--calm", [](S& s, const char* v) { s.calm = flag(v); }},
      {"--disturbed", [](S& s, const char* v) { s.disturbed = flag(v); }},
      {"--lagging", [](S& s, const char* v) { s.lagging = flag(v); }},
      {"--seed", [](S& s, const char* v) { s.seed = static_cast<uint64_t>(number(v)); }},
      {"--folder", [](S& s, const char* v) { s.folder = v; }},
      {"--database", [](S& s, const char* v) { s.database = v; }},
      {"--member", [](S& s, const char* v) { s.member = whole(v); }},
      {"--board-fd", [](S& s, const char* v) { s.board_fd = static_cast<int>(number(v)); }},
  };
  return known;
}

torture::Settings parse(int argc, char** argv) {
  torture::Settings settings;
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
  const torture::Settings settings = parse(argc, argv);
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
  leave("there is no subcommand", role);
}
