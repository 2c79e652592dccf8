// tern invalidate: voids cached answers by hand, for all processes that have the database open.

#include <CLI/CLI.hpp>

#include <memory>

#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/output.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

struct InvalidateCommand {
  std::string path;
  std::vector<std::string> tags;
  std::vector<std::string> tables;
  std::vector<std::string> statements;
  bool all = false;
};

void run_invalidate(const InvalidateCommand& command) {
  if (!command.all && command.tags.empty() && command.tables.empty() && command.statements.empty())
    throw UsageError("what? --tag, --table, --sql or --all; see tern invalidate --help");
  Database database = open_existing(command.path);
  if (const std::string off = database.stats().cache_off; !off.empty()) throw Failure("nothing is cached here: " + off);
  Output out;
  for (const std::string& tag : command.tags) {
    database.invalidate_tag(tag);
    out.line("void: answers with the tag " + escape_controls(tag));
  }
  for (const std::string& table : command.tables) {
    database.invalidate_table(table);
    out.line("void: answers that read " + escape_controls(table));
  }
  for (const std::string& sql : command.statements) {
    database.invalidate(database.prepare(sql));
    out.line("void: answers of " + escape_controls(shorten(sql, 80)));
  }
  if (command.all) {
    database.invalidate_all();
    out.line("void: everything");
  }
  out.flush();
}

}  // namespace

void add_invalidate(CLI::App& program) {
  auto command = std::make_shared<InvalidateCommand>();
  CLI::App* app = program.add_subcommand("invalidate", "Voids cached answers by hand, in all processes");
  app->add_option("DB", command->path, "The database file")->required();
  app->add_option("--tag", command->tags, "Those of statements with this tag")->type_name("TAG")->expected(1);
  app->add_option("--table", command->tables, "Those that read this table")->type_name("TABLE")->expected(1);
  app->add_option("--sql", command->statements, "Those of this statement, if it has no ttl and no tags")
      ->type_name("SQL")
      ->expected(1);
  app->add_flag("--all", command->all, "All");
  app->callback([command] { run_invalidate(*command); });
}

}  // namespace tern::cli
