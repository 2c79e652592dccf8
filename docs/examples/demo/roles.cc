#include "roles.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "child_process.h"

namespace demo {

Role::Role(const Settings& with)
    : settings(with),
      memory(SharedMemory::inherit(with.board_fd)),
      places(Places::load(SharedMemory::inherit(with.places_fd))),
      requests(places, with.seed, with.exponent),
      run{Board::in(memory), places, requests, with.seed} {
  die_with_parent();
}

Settings parse(int argc, char** argv) {
  Settings settings;
  settings.queries = TERN_DEMO_QUERIES;
  settings.database = argv[2];
  const auto usage = [](const char* what, const char* which) {
    std::fprintf(stderr, "tern_demo: %s '%s'\n", what, which);
    std::exit(2);
  };
  for (int i = 3; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) usage("a value is missing after", argv[i]);
    const char* text = argv[i + 1];
    char* end = nullptr;
    const double value = std::strtod(text, &end);
    if (*text == '\0' || *end != '\0' || value < 0) usage("this is not a number:", text);
    if (name == "--seconds")
      settings.seconds = value;
    else if (name == "--threads")
      settings.threads = static_cast<uint32_t>(value);
    else if (name == "--rate")
      settings.rate = value;
    else if (name == "--zipf")
      settings.exponent = value;
    else if (name == "--seed")
      settings.seed = static_cast<uint64_t>(value);
    else if (name == "--board-fd")
      settings.board_fd = static_cast<int>(value);
    else if (name == "--places-fd")
      settings.places_fd = static_cast<int>(value);
    else
      usage("there is no option", argv[i]);
  }
  if (settings.threads < 1 || settings.threads > kMaxThreads) usage("--threads must be 1 to 16, not", "");
  if (settings.exponent == 1) settings.exponent = 1.000001;  // the one value that the formula has a hole at
  if (settings.rate < 0.1) settings.rate = 0.1;
  return settings;
}

}  // namespace demo
