// The program tern: finds the command, runs it, and turns how it ended into an exit code.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/cli/arguments.h"
#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/output.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// A message is one line, whatever it quotes.
int complain(std::string message, int exit_code) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fprintf(stderr, "tern: %s\n", message.c_str());
  return exit_code;
}

int end_of_parsing(const CLI::App& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return program.exit(error);  // --help
  const auto commands = program.get_subcommands();
  const std::string help = commands.empty() ? "tern --help" : "tern " + commands[0]->get_name() + " --help";
  std::string what = error.what();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !commands.empty()) {
    what = "not expected: " + shorten(CLI::detail::join(commands[0]->remaining(true), " "), 80) +
           " (put -- before values that begin with a dash)";
  }
  return complain(what + "; see " + help, kWrongUsage);
}

// CLI11 would only say that a subcommand is required.
void check_command(const CLI::App& program, int argc, char** argv) {
  if (argc < 2) throw UsageError("which command? See tern --help");
  const auto has_that_name = [argv](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argv[1][0] != '-' && program.get_subcommands(has_that_name).empty()) {
    throw UsageError(shorten(argv[1], 40) + " is not a command; see tern --help");
  }
}

void add_commands(CLI::App& program) {
  program.name("tern");
  program.require_subcommand(1);
  program.set_version_flag("--version", std::string("tern ") + version());
  program.footer("Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage.");
  add_sql(program);
  add_explain(program);
  add_import(program);
  add_kv(program);
  add_stats(program);
  add_invalidate(program);
  add_bench(program);
}

int run(int argc, char** argv) {
  CLI::App program("An embedded storage engine: SQLite with two caching tiers above it that are never stale.");
  try {
    add_commands(program);
    check_command(program, argc, argv);
    std::vector<std::string> words(argv + 1, argv + argc);
    const bool takes_values = words[0] == "sql" || words[0] == "explain" || words[0] == "kv";
    if (takes_values) words = hide_from_parser(std::move(words));
    std::reverse(words.begin(), words.end());  // CLI11 takes them last first
    program.parse(std::move(words));
    return kOk;
  } catch (const CLI::ParseError& error) {
    return end_of_parsing(program, error);
  } catch (const UsageError& error) {
    return complain(error.what(), kWrongUsage);
  } catch (const BrokenPipe&) {
    return kOk;
  } catch (const std::exception& error) {
    return complain(error.what(), kFailed);
  }
}

}  // namespace
}  // namespace tern::cli

int main(int argc, char** argv) {
  // A reader that goes away is then seen where output is written, and databases are closed on the way out.
  std::signal(SIGPIPE, SIG_IGN);
  return tern::cli::run(argc, argv);
}
