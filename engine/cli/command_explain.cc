// tern explain: whether and why a read is cached, and what its answer hangs on.

#include <CLI/CLI.hpp>

#include <chrono>
#include <memory>
#include <thread>

#include "engine/cli/arguments.h"
#include "engine/cli/catalog.h"
#include "engine/cli/commands.h"
#include "engine/cli/output.h"
#include "engine/cli/text.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

struct ExplainCommand {
  std::string path;
  std::string sql;
  std::vector<std::string> words;
  double watch_seconds = 0;
  bool json = false;
};

constexpr auto kWatchPause = std::chrono::milliseconds(5);

std::string plural(uint64_t count, const std::string& one) {
  return group_digits(count) + " " + one + (count == 1 ? "" : "s");
}

std::string hangs_on(const Explanation& explanation) {
  if (!explanation.cached) return "";
  return explanation.any_commit ? "any commit" : "commits to " + plural(explanation.pages, "page");
}

std::string name_of(const Explanation::Part& part) {
  return (part.index ? "index " : "table ") + escape_controls(part.name);
}

std::string describe(const Explanation::Part& part) {
  std::string text = group_digits(part.pages) + " of " + name_of(part);
  if (!part.changed_commits_ago) return text + ", not changed since the cache was begun";
  if (*part.changed_commits_ago == 0) return text + ", changed by the last commit";
  return text + ", last changed " + plural(*part.changed_commits_ago, "commit") + " ago";
}

// "of the latest 32: 30 by index by_region, 2 by a change of all"
std::string describe(const Explanation& explanation) {
  const Explanation::Voided& voided = explanation.voided;
  std::string text = group_digits(voided.times) + (voided.times == 1 ? " time" : " times");
  std::string by;
  const auto add = [&by](uint64_t count, const std::string& what) {
    if (count != 0) by += (by.empty() ? "" : ", ") + group_digits(count) + " by " + what;
  };
  for (const Explanation::Part& part : explanation.parts) add(part.voided, name_of(part));
  add(voided.by_any_commit, "any commit");
  add(voided.by_hand, "hand (invalidated)");
  add(voided.by_everything, "a commit that voids all (schema change, VACUUM)");
  add(voided.by_other_pages, "pages that now belong to something else");
  if (by.empty()) return text;
  text += voided.latest < voided.times ? "; of the latest " + group_digits(voided.latest) + ": " + by : ": " + by;
  return text + "; last " + plural(voided.last_seconds_ago.value_or(0), "second") + " ago";
}

// Reads again and again, as the users of a program would, so that what others commit meanwhile shows.
void watch(const ExplainCommand& command, Database& database, std::span<const Value> values) {
  const Statement statement = database.prepare(command.sql);
  if (!statement.reads_only()) return;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(command.watch_seconds);
  while (std::chrono::steady_clock::now() < end) {
    statement.bind_values(values).all();
    std::this_thread::sleep_for(kWatchPause);
  }
}

void print(Output& out, const Explanation& explanation, bool watched) {
  const auto line = [&out](const char* name, const std::string& text) {
    if (!text.empty()) out.line(std::string(name) + text);
  };
  const char* const where = explanation.stored ? "yes, in memory and in the store" : "yes, in memory";
  line("cached    ", explanation.cached ? where : "no");
  line("because   ", explanation.reason);
  line("voided by ", hangs_on(explanation));
  line("reads     ", list_names(explanation.tables));
  line("answer    ", group_digits(explanation.rows) + (explanation.rows == 1 ? " row, " : " rows, ") +
                         group_digits(explanation.bytes) + " bytes from " + group_digits(explanation.pages) +
                         (explanation.pages == 1 ? " page" : " pages"));
  const char* head = "pages     ";
  for (const Explanation::Part& part : explanation.parts) {
    if (part.pages == 0) continue;
    line(head, describe(part));
    head = "          ";
  }
  if (explanation.unmapped_pages != 0) {
    line(head, group_digits(explanation.unmapped_pages) + " not looked up" +
                   (explanation.why_unmapped.empty() ? "" : ": " + explanation.why_unmapped));
  }
  if (watched && explanation.cached) line("voided    ", describe(explanation));
}

void run_explain(const ExplainCommand& command) {
  const std::vector<Argument> arguments = parse_arguments(command.words);
  const std::vector<Value> values = values_of(arguments);
  Database database = open_existing(command.path);
  if (command.watch_seconds > 0) watch(command, database, values);
  const Explanation explanation = database.explain(command.sql, values);
  Output out;
  if (command.json) {
    out.line(explanation.to_json());
  } else {
    print(out, explanation, command.watch_seconds > 0);
  }
  out.flush();
}

}  // namespace

void add_explain(CLI::App& program) {
  auto command = std::make_shared<ExplainCommand>();
  CLI::App* app = program.add_subcommand("explain", "Whether and why a read is cached, and what voids it");
  app->add_option("DB", command->path, "The database file")->required();
  app->add_option("SQL", command->sql, "A statement that reads; it is run once")->required();
  CLI::Option* words =
      app->add_option("ARG", "Values of its parameters, in order")->expected(0, -1)->allow_extra_args()->type_name("");
  app->add_flag("--json", command->json, "As one JSON object");
  app->add_option("--watch", command->watch_seconds, "Read it again and again for so long, and tell what voided it")
      ->check(CLI::Range(0.01, 86400.0).description(""))
      ->type_name("SECONDS");
  app->callback([command, words] {
    command->path = show_again(command->path);
    command->sql = show_again(command->sql);
    for (const std::string& word : words->results()) command->words.push_back(show_again(word));
    run_explain(*command);
  });
}

}  // namespace tern::cli
