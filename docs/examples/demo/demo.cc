// tern's main job before your eyes: threads that read at memory speed while another process and a program that has
// never heard of tern write to the same file, and not one read that is stale.
#include <cstdio>
#include <exception>
#include <string_view>

#include "roles.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tern_demo run DB [--seconds 20] [--threads 2] [--rate 20] [--zipf 0.99] [--seed 1]\n");
    return 2;
  }
  try {
    const std::string_view name = argv[1];
    const demo::Settings settings = demo::parse(argc, argv);
    if (name == "run") return demo::conduct(settings);
    const demo::Role role(settings);
    if (name == "warm") return demo::warm(role);
    if (name == "read") return demo::read(role);
    if (name == "write") return demo::write_with_tern(role);
    if (name == "shell") return demo::write_with_shell(role);
    std::fprintf(stderr, "tern_demo: there is no role '%s'\n", argv[1]);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tern_demo: %s\n", error.what());
    return 1;
  }
}
