// tern sql: runs a statement, or a script, and prints what it yields.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include "engine/cli/arguments.h"
#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/output.h"
#include "engine/cli/rows_printer.h"
#include "engine/cli/sql_text.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

struct SqlCommand {
  std::string path;
  std::string sql;
  std::vector<std::string> words;
  std::string format_name = "table";
  Format format = Format::kTable;
  int repeat = 0;  // 0: not asked for, once
  bool convert = false;
};

Format format_of(std::string_view name) {
  if (name == "json") return Format::kJson;
  return name == "csv" ? Format::kCsv : Format::kTable;
}

struct TimedRun {
  Source source;
  int64_t nanoseconds;
};

int64_t nanoseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count();
}

void print_json_runs(Output& out, const std::vector<TimedRun>& runs) {
  out.write("{\"runs\":[");
  for (size_t i = 0; i < runs.size(); ++i) {
    out.write(std::string(i == 0 ? "" : ",\n ") + "{\"source\":\"" + source_name(runs[i].source) +
              "\",\"ns\":" + std::to_string(runs[i].nanoseconds) + "}");
  }
  out.write("],\n\"rows\":");
}

void print_runs(Output& out, const std::vector<TimedRun>& runs) {
  for (size_t i = 0; i < runs.size(); ++i) {
    out.line("run " + std::to_string(i + 1) + ": " + source_name(runs[i].source) + " " +
             group_digits(static_cast<uint64_t>(runs[i].nanoseconds)) + " ns");
  }
}

void run_reading(const SqlCommand& command, const Statement& statement, std::span<const Value> values) {
  std::vector<TimedRun> runs;
  Rows rows;
  for (int i = 0; i < std::max(1, command.repeat); ++i) {
    const auto start = std::chrono::steady_clock::now();
    rows = statement.bind_values(values).all();
    runs.push_back({rows.source(), nanoseconds_since(start)});
  }
  Output out;
  const bool timed = command.repeat > 0;
  if (timed && command.format == Format::kJson) print_json_runs(out, runs);
  print_rows(out, rows, command.format);
  if (timed && command.format == Format::kJson) out.line("}");
  if (timed && command.format == Format::kTable) print_runs(out, runs);
  out.flush();
  if (timed && command.format == Format::kCsv) {
    Output side(2);  // beside the data, which stays CSV
    print_runs(side, runs);
    side.flush();
  }
}

void print_effects(Output& out, Format format, int64_t changes, int64_t last_row_id) {
  const std::string changed = std::to_string(changes);
  const std::string newest = std::to_string(last_row_id);
  switch (format) {
    case Format::kTable:
      return out.line("changes: " + changed + ", last row id: " + newest);
    case Format::kCsv:
      return out.write("changes,last_row_id\r\n" + changed + "," + newest + "\r\n");
    case Format::kJson:
      return out.line("{\"changes\":" + changed + ",\"last_row_id\":" + newest + "}");
  }
}

void run_writing(const SqlCommand& command, const Statement& statement, std::span<const Value> values) {
  if (command.repeat > 0) throw UsageError("--repeat is for statements that read, and this one writes");
  const Rows rows = statement.bind_values(values).run();
  Output out;
  if (rows.columns() > 0) print_rows(out, rows, command.format);
  if (rows.columns() == 0 || command.format == Format::kTable) {
    print_effects(out, command.format, rows.changes(), rows.last_row_id());
  }
  out.flush();
}

void run_script(const SqlCommand& command, Database& database) {
  if (!command.words.empty()) throw UsageError("a script of several statements takes no arguments");
  if (command.repeat > 0) throw UsageError("--repeat is for one statement that reads, and this is a script");
  const std::string ran = std::to_string(database.exec(command.sql));
  Output out;
  switch (command.format) {
    case Format::kTable:
      out.line("statements run: " + ran + " (a script's rows are not shown)");
      break;
    case Format::kCsv:
      out.write("statements_run\r\n" + ran + "\r\n");
      break;
    case Format::kJson:
      out.line("{\"statements_run\":" + ran + "}");
      break;
  }
  out.flush();
}

Database open_for(const SqlCommand& command) {
  if (begins_with_create(command.sql)) return open(command.path);
  return open_existing(command.path, command.convert);
}

// A script if SQLite says that a second statement follows: only it knows a trigger's body from one.
std::optional<Statement> prepare_single(const SqlCommand& command, Database& database) {
  try {
    return database.prepare(command.sql);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kIo || !may_be_script(command.sql)) throw;
    return std::nullopt;
  }
}

void run_sql(const SqlCommand& command) {
  const std::vector<Argument> arguments = parse_arguments(command.words);
  const std::vector<Value> values = values_of(arguments);
  Database database = open_for(command);
  const auto statement = prepare_single(command, database);
  if (!statement) return run_script(command, database);
  if (statement->reads_only()) return run_reading(command, *statement, values);
  run_writing(command, *statement, values);
}

constexpr const char* kSqlFooter =
    "ARG is typed as a literal of SQLite: 42 INTEGER, 4.2 REAL, NULL, x'00ff' BLOB, else TEXT; \"'42'\" forces TEXT.\n"
    "Put -- before arguments that begin with a dash.\n"
    "A file that does not exist is made by a statement that begins with CREATE, and by no other.\n"
    "  tern sql listings.db \"SELECT * FROM properties WHERE id = ?\" p-17 --repeat 3";

}  // namespace

void add_sql(CLI::App& program) {
  auto command = std::make_shared<SqlCommand>();
  CLI::App* app = program.add_subcommand("sql", "Run a statement, or a script, and print what it yields");
  app->add_option("DB", command->path, "The database file")->required();
  app->add_option("SQL", command->sql, "The statement; ? are its parameters")->required();
  // Read by results(): converting would take a lone {} for "nothing".
  CLI::Option* words =
      app->add_option("ARG", "Values of the parameters, in order")->expected(0, -1)->allow_extra_args()->type_name("");
  CLI::Option* format = app->add_option("--format", command->format_name, "How rows are printed: table, json or csv")
                            ->check(CLI::IsMember({"table", "json", "csv"}).description(""))
                            ->type_name("FORMAT");
  app->add_flag_callback(
         "--json", [command] { command->format_name = "json"; }, "The same as --format json")
      ->excludes(format);
  app->add_option("--repeat", command->repeat, "Run N times and print which tier answered, and how fast")
      ->check(CLI::Range(1, 1'000'000).description(""))
      ->type_name("N");
  app->add_flag("--convert-to-wal", command->convert, "Convert a database that is in another journal mode");
  app->footer(kSqlFooter);
  app->callback([command, words] {
    command->path = show_again(command->path);
    command->sql = show_again(command->sql);
    for (const std::string& word : words->results()) command->words.push_back(show_again(word));
    command->format = format_of(command->format_name);
    run_sql(*command);
  });
}

}  // namespace tern::cli
