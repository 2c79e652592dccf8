// tern stats: what a database's tiers hold, once or again and again.

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "engine/cli/catalog.h"
#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/interrupt.h"
#include "engine/cli/output.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

struct StatsCommand {
  std::string path;
  bool json = false;
  bool watch = false;
  double every_seconds = 1;
  bool every_given = false;
};

// What is known of the KV tier. Asking opens its store, if there is one.
struct KvState {
  size_t namespaces = 0;
  std::string off;  // why there are no figures; empty when there are
};

std::string size_text(uint64_t bytes) {
  char text[32];
  const auto value = static_cast<double>(bytes);
  if (bytes >= uint64_t{10} << 30) {
    std::snprintf(text, sizeof text, "%.1f GiB", value / (1 << 30));
  } else if (bytes >= uint64_t{10} << 20) {
    std::snprintf(text, sizeof text, "%.1f MiB", value / (1 << 20));
  } else {
    std::snprintf(text, sizeof text, "%.1f KiB", value / (1 << 10));
  }
  return text;
}

uint64_t file_bytes(const std::string& path) {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(path, missing);
  return missing ? 0 : static_cast<uint64_t>(bytes);
}

std::string state_of(const std::string& off) { return off.empty() ? "on" : "off: " + off; }

KvState kv_state(Database& database) {
  try {
    const size_t namespaces = kv_namespace_names(database).size();
    return {.namespaces = namespaces, .off = namespaces == 0 ? "not used" : ""};
  } catch (const Error& error) {
    return {.off = "off: " + std::string(error.what())};
  }
}

void print_tiers(Output& out, const std::string& path, const Stats& stats, const KvState& kv) {
  Table table({"tier", "entries", "bytes", "room", "state"});
  const auto row = [&table](const char* name, uint64_t entries, uint64_t bytes, uint64_t room, std::string state) {
    table.add(name);
    table.add(group_digits(entries), true);
    table.add(size_text(bytes), true);
    table.add(size_text(room), true);
    table.add(std::move(state));
  };
  row("hot", stats.hot.entries, stats.hot.bytes, stats.hot.capacity_bytes,
      state_of(stats.hot.capacity_bytes == 0 && stats.cache_off.empty() ? "switched off" : stats.cache_off));
  row("store", stats.store.entries, stats.store.bytes, stats.store.capacity_bytes,
      state_of(stats.store.off.empty() ? stats.cache_off : stats.store.off));
  table.add("sql");
  table.add("");
  table.add(size_text(file_bytes(path)), true);
  table.add("");
  table.add("SQLite " + stats.sqlite_version);
  if (stats.kv.open) {
    row("kv", stats.kv.keys, stats.kv.bytes, stats.kv.map_bytes, state_of(stats.kv.off));
  } else {
    table.add("kv");
    for (int i = 0; i < 3; ++i) table.add("");
    table.add(kv.off);
  }
  table.print(out);
}

void print(Output& out, const std::string& path, const Stats& stats, const KvState& kv) {
  print_tiers(out, path, stats, kv);
  out.line("seq       " + group_digits(stats.commits.seq) + " (commits published so far, by all processes)");
  out.line("log       " + group_digits(stats.log.frames) + " frames, " + size_text(file_bytes(path + "-wal")));
  if (stats.kv.open) {
    out.line("kv        " + group_digits(kv.namespaces) + (kv.namespaces == 1 ? " namespace, " : " namespaces, ") +
             group_digits(stats.kv.keys) + (stats.kv.keys == 1 ? " key, " : " keys, ") +
             group_digits(stats.kv.expiring) + " of them with an expiry; file " + size_text(stats.kv.file_bytes));
  }
}

void print_once(Output& out, const StatsCommand& command, Database& database) {
  const KvState kv = kv_state(database);
  const Stats stats = database.stats();
  if (command.json) return out.line(stats.to_json());
  print(out, command.path, stats, kv);
}

// Each time the figures anew, in place on a terminal and one block behind the other in a pipe, until told to end.
void watch(const StatsCommand& command, Database& database, Interrupt& interrupt) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && !command.json;
  const auto every =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(command.every_seconds));
  Output out;
  do {
    // Home, and "erase to the end of the screen": what every terminal of the last forty years understands.
    if (terminal) out.write("\x1b[H\x1b[2J");
    print_once(out, command, database);
    if (!command.json) out.line("");
    out.flush();
  } while (!interrupt.wait_for(every));
}

void run_stats(const StatsCommand& command) {
  if (command.every_given && !command.watch) throw UsageError("--every is for --watch; see tern stats --help");
  // Before the database, whose threads must leave the signals to this one.
  std::optional<Interrupt> interrupt;
  if (command.watch) interrupt.emplace();
  Database database = open_existing(command.path);
  if (interrupt) return watch(command, database, *interrupt);
  Output out;
  print_once(out, command, database);
  if (!command.json) {
    out.line(
        "The store, seq, the log and kv are shared by all processes; the hot tier is each process's own, and this");
    out.line("one has only just begun. For its counters a program asks Database::stats() or tern_stats().");
  }
  out.flush();
}

}  // namespace

void add_stats(CLI::App& program) {
  auto command = std::make_shared<StatsCommand>();
  CLI::App* app = program.add_subcommand("stats", "What the tiers hold");
  app->add_option("DB", command->path, "The database file")->required();
  app->add_flag("--json", command->json,
                "As one JSON object (with --watch one a line), counters of this process included");
  app->add_flag("--watch", command->watch, "Print the figures each second, until Ctrl-C");
  CLI::Option* every = app->add_option("--every", command->every_seconds, "With --watch: so many seconds in between")
                           ->check(CLI::Range(0.01, 86'400.0).description(""))
                           ->type_name("SECONDS");
  app->callback([command, every] {
    command->every_given = every->count() != 0;
    run_stats(*command);
  });
}

}  // namespace tern::cli
