// tern bench: how fast this machine reads, from each tier and by SQLite alone.

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <optional>

#include "engine/cli/bench_measure.h"
#include "engine/cli/bench_workload.h"
#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/output.h"
#include "engine/cli/table.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

struct BenchCommand {
  std::string path;
  std::string table;
  double seconds = 4;
  bool json = false;
};

double ratio(const Latency& sqlite, const Latency& other) {
  return other.p50_ns == 0 ? 0 : static_cast<double>(sqlite.p50_ns) / static_cast<double>(other.p50_ns);
}

std::string one_decimal(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

void print_table(Output& out, const Workload& workload, const Measurements& m) {
  Table table({"one row by its primary key", "reads", "p50 ns", "p99 ns", "SQLite ÷ it"});
  const auto row = [&table](const char* what, const Latency& latency, const Latency* sqlite) {
    const bool measured = latency.reads > 0;
    table.add(what);
    table.add(group_digits(latency.reads), true);
    table.add(measured ? group_digits(latency.p50_ns) : "none", true);
    table.add(measured ? group_digits(latency.p99_ns) : "none", true);
    table.add(measured && sqlite != nullptr ? one_decimal(ratio(*sqlite, latency)) : "", true);
  };
  row("each key once: SQLite", m.sqlite_once, nullptr);
  row("each key once: tern, miss", m.miss, &m.sqlite_once);
  row("each key once: tern, store hit", m.store, &m.sqlite_once);
  row("zipf 0.99: SQLite", m.sqlite_zipf, nullptr);
  row("zipf 0.99: tern, hot hit", m.hot, &m.sqlite_zipf);
  out.line(workload.sql + ", " + group_digits(workload.keys.size()) + " keys");
  table.print(out);
  out.line("SQLite: prepared, each read its own transaction. One thread; " + std::to_string(m.clock_ns) +
           " ns for reading the clock are taken off each time.");
}

std::string json_latency(const char* name, const Latency& latency) {
  return "\"" + std::string(name) + "\":{\"reads\":" + std::to_string(latency.reads) +
         ",\"p50_ns\":" + std::to_string(latency.p50_ns) + ",\"p99_ns\":" + std::to_string(latency.p99_ns) + "}";
}

void print_json(Output& out, const Workload& workload, const Measurements& m) {
  out.line("{\"sql\":" + json_string(workload.sql) + ",\"table\":" + json_string(workload.table) +
           ",\"keys\":" + std::to_string(workload.keys.size()) + ",\"clock_ns\":" + std::to_string(m.clock_ns) + ",");
  out.line(" " + json_latency("sqlite_once", m.sqlite_once) + "," + json_latency("miss", m.miss) + "," +
           json_latency("store", m.store) + ",");
  out.line(" " + json_latency("sqlite_zipf", m.sqlite_zipf) + "," + json_latency("hot", m.hot) + ",");
  out.line(" \"sqlite_by_miss\":" + one_decimal(ratio(m.sqlite_once, m.miss)) +
           ",\"sqlite_by_store\":" + one_decimal(ratio(m.sqlite_once, m.store)) +
           ",\"sqlite_by_hot\":" + one_decimal(ratio(m.sqlite_zipf, m.hot)) + "}");
}

void run_bench(const BenchCommand& command) {
  if (command.path.empty() && !command.table.empty()) throw UsageError("--table needs a DB");
  std::optional<TemporaryDatabase> temporary;
  if (command.path.empty()) temporary.emplace();
  const Workload workload = make_workload(temporary ? temporary->path() : command.path, command.table);
  const Measurements measurements = measure(workload, command.seconds);
  Output out;
  if (command.json) {
    print_json(out, workload, measurements);
  } else {
    print_table(out, workload, measurements);
  }
  out.flush();
}

}  // namespace

void add_bench(CLI::App& program) {
  auto command = std::make_shared<BenchCommand>();
  CLI::App* app = program.add_subcommand("bench", "How fast this machine reads, by tier and by SQLite alone");
  app->add_option("DB", command->path, "The database file; without one, a temporary one of 10,000 rows");
  app->add_option("--table", command->table, "Read this table; else the largest that has a primary key");
  app->add_option("--seconds", command->seconds, "How long to read at zipf 0.99 (4)")
      ->check(CLI::Range(0.1, 3600.0).description(""))
      ->type_name("N");
  app->add_flag("--json", command->json, "As one JSON object");
  app->footer("Reads only: no table is written. What it reads goes into the cache, as any read does.");
  app->callback([command] { run_bench(*command); });
}

}  // namespace tern::cli
