// tern import: the rows of a CSV file, or of a file of JSON lines, into a table.

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <memory>

#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/importer.h"
#include "engine/cli/output.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

struct ImportCommand {
  std::string path;
  std::string file;
  std::string format;
  bool json = false;
  bool convert = false;
  ImportPlan plan;
};

FileFormat format_of(const ImportCommand& command) {
  if (command.format == "csv") return FileFormat::kCsv;
  if (command.format == "jsonl") return FileFormat::kJsonl;
  if (command.file.ends_with(".csv")) return FileFormat::kCsv;
  if (command.file.ends_with(".jsonl")) return FileFormat::kJsonl;
  throw UsageError("the format of " + command.file + " is not known: its name ends in neither .csv nor .jsonl; say " +
                   "--format csv or --format jsonl");
}

void print(Output& out, const ImportCommand& command, const ImportReport& report, double seconds) {
  char timing[64];
  if (command.json) {
    std::snprintf(timing, sizeof timing, "%.3f", seconds);
    out.line("{\"table\":" + json_string(command.plan.table) + ",\"rows\":" + std::to_string(report.rows) +
             ",\"skipped\":" + std::to_string(report.skipped) + ",\"created\":" + (report.created ? "true" : "false") +
             ",\"seconds\":" + timing + "}");
    return;
  }
  const double rate = seconds > 0 ? static_cast<double>(report.rows) / seconds : 0;
  std::snprintf(timing, sizeof timing, "%.1f s", seconds);
  out.line("imported " + group_digits(report.rows) + (report.rows == 1 ? " row" : " rows") + " into " +
           command.plan.table + " in " + timing + " (" + group_digits(static_cast<uint64_t>(rate)) + " rows/s)" +
           (report.skipped > 0 ? "; skipped " + group_digits(report.skipped) + " bad lines" : ""));
}

void run_import(ImportCommand& command) {
  command.plan.format = format_of(command);
  InputWindow input(command.file);  // before the database: a missing file must not make one
  Database database = command.plan.create ? open(command.path, Options{.convert_to_wal = command.convert})
                                          : open_existing(command.path, command.convert);
  command.plan.on_bad_line = [&input](const BadLine& bad) {
    std::fprintf(stderr, "tern: %s; skipped\n", describe_bad_line(input.name(), bad).c_str());
  };
  const auto start = std::chrono::steady_clock::now();
  Progress progress("importing", input.total_bytes());
  const ImportReport report = import_records(database, input, command.plan, progress);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Output out;
  print(out, command, report, took.count());
  out.flush();
}

constexpr const char* kImportFooter =
    "All rows are imported in one transaction, or none.\n"
    "CSV (RFC 4180): the first line names the columns; values take the types of the columns; an empty field without\n"
    "quotation marks is NULL. JSON lines: the keys of each object are columns, values keep their types, arrays and\n"
    "objects become JSON text, and a column that is not there takes its default.";

}  // namespace

void add_import(CLI::App& program) {
  auto command = std::make_shared<ImportCommand>();
  CLI::App* app = program.add_subcommand("import", "Put the rows of a CSV or JSON-lines file into a table");
  app->add_option("DB", command->path, "The database file")->required();
  app->add_option("TABLE", command->plan.table, "The table")->required();
  app->add_option("FILE", command->file, "FILE.csv, FILE.jsonl, or - for standard input with --format")->required();
  app->add_option("--format", command->format, "csv or jsonl, where the name of the file does not tell")
      ->check(CLI::IsMember({"csv", "jsonl"}).description(""))
      ->type_name("FORMAT");
  app->add_flag("--keep-going", command->plan.keep_going, "Leave out bad lines, naming each, instead of giving up");
  app->add_flag("--empty-as-text", command->plan.csv.empty_as_text, "CSV: an empty field is an empty text, not NULL");
  app->add_flag("--create", command->plan.create, "Make the table, and the file, if they are missing");
  app->add_flag("--convert-to-wal", command->convert, "Convert a database that is in another journal mode");
  app->add_flag("--json", command->json, "Report as one JSON object");
  app->footer(kImportFooter);
  app->callback([command] { run_import(*command); });
}

}  // namespace tern::cli
