// tern kv: reads, writes and lists the keys of a KV namespace.

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>

#include "engine/cli/arguments.h"
#include "engine/cli/catalog.h"
#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "engine/cli/input_window.h"
#include "engine/cli/kv_printer.h"
#include "engine/cli/text.h"
#include "engine/kv_limits.h"
#include "tern/tern.hpp"

namespace tern::cli {
namespace {

struct KvCommand {
  std::string path;
  std::string name;
  std::string verb;
  std::vector<std::string> words;  // behind the verb

  std::string ttl;
  std::string metadata;
  std::string if_version;
  bool create = false;
  std::string prefix;
  bool prefix_given = false;
  size_t limit = internal::kKvListLimit;
  std::string cursor;
  std::string start;
  bool all = false;
  bool info = false;
  bool json = false;
};

// One of the options, and the verbs that take it.
struct Belongs {
  const char* option;
  std::vector<std::string_view> verbs;
};

const std::vector<Belongs>& options_of_verbs() {
  static const std::vector<Belongs> all = {
      {"--ttl", {"put", "increment"}},
      {"--metadata", {"put", "increment"}},
      {"--if-version", {"put", "delete"}},
      {"--create", {"put", "increment"}},
      {"--prefix", {"list", "delete"}},
      {"--limit", {"list"}},
      {"--cursor", {"list"}},
      {"--start", {"list"}},
      {"--all", {"list"}},
      {"--info", {"get"}},
  };
  return all;
}

void check_options(const CLI::App& app, const std::string& verb) {
  for (const Belongs& one : options_of_verbs()) {
    if (app.count(one.option) == 0) continue;
    if (std::find(one.verbs.begin(), one.verbs.end(), verb) != one.verbs.end()) continue;
    std::string verbs;
    for (const std::string_view taker : one.verbs) verbs += (verbs.empty() ? "" : " and ") + std::string(taker);
    throw UsageError(std::string(one.option) + " is for " + verbs + "; see tern kv --help");
  }
}

void check_words(const KvCommand& command, size_t wanted, const char* form) {
  if (command.words.size() == wanted) return;
  throw UsageError("tern kv DB NAMESPACE " + command.verb + " takes " + form + ", and got " +
                   std::to_string(command.words.size()) + " words; see tern kv --help");
}

Database open_for(const KvCommand& command) {
  std::error_code ignored;
  if (command.create) return open(command.path);
  const bool folder_is_there = std::filesystem::path(command.path).parent_path().empty() ||
                               std::filesystem::exists(std::filesystem::path(command.path).parent_path(), ignored);
  if (folder_is_there && !std::filesystem::exists(command.path, ignored))
    throw Failure("cannot open " + command.path + ": there is no such file; check the path, or make it with tern kv " +
                  command.path + " NAMESPACE put KEY VALUE --create");
  return open_existing(command.path);
}

// One that is there: reading must not make another one under a misspelt name.
KvNamespace existing_namespace(const KvCommand& command, Database& database) {
  const auto names = kv_namespace_names(database);
  if (std::find(names.begin(), names.end(), command.name) == names.end())
    throw Failure(command.path + " has no KV namespace " + shorten(command.name, 40) +
                  (names.empty() ? ", and no other one; put makes it" : "; it has " + list_names(names)));
  return database.kv(command.name);
}

void run_get(const KvCommand& command) {
  check_words(command, 1, "KEY");
  Database database = open_for(command);
  const KvNamespace names = existing_namespace(command, database);
  const auto value = names.get(command.words[0]);
  if (!value)
    throw Failure("there is no key " + shorten(command.words[0], 60) + " in " + command.name + ", or it has expired");
  Output out;
  if (command.json) {
    print_json_value(out, command.words[0], *value, !command.info);
  } else if (command.info) {
    print_info(out, *value);
  } else {
    print_value(out, *value);
  }
  out.flush();
}

// Standard input up to its end, or to one byte more than any value may have.
std::string read_value() {
  InputWindow input("-");
  while (input.rest().size() <= internal::kKvNativeValueBytes && input.more()) continue;
  return std::string(input.rest());
}

KvPutOptions put_options_of(const KvCommand& command) {
  KvPutOptions options;
  if (!command.ttl.empty()) {
    const auto ttl_ms = milliseconds_of(command.ttl);
    if (!ttl_ms || *ttl_ms < 1)
      throw UsageError("--ttl " + shorten(command.ttl, 40) +
                       " is no time; give a whole number with ms, s, m, h or d, as in 60s");
    options.ttl = std::chrono::milliseconds(*ttl_ms);
  }
  if (!command.metadata.empty() && !is_json(command.metadata))
    throw UsageError("--metadata " + shorten(command.metadata, 40) +
                     R"( is not JSON; quote it for the shell, as in '{"user":17}')");
  options.metadata = command.metadata;
  return options;
}

template <typename Number>
std::optional<Number> number_of(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<uint64_t> version_of(const KvCommand& command) {
  if (command.if_version.empty()) return std::nullopt;
  const auto version = number_of<uint64_t>(command.if_version);
  if (!version)
    throw UsageError("--if-version " + shorten(command.if_version, 40) +
                     " is no version; get KEY --info tells it, and 0 is that of a key that is not there");
  return version;
}

[[noreturn]] void fail_version(const KvCommand& command, const char* outcome) {
  throw Failure("the version of " + shorten(command.words[0], 60) + " in " + command.name + " is not " +
                command.if_version + (command.if_version == "0" ? ", which is that of no key; " : "; ") + outcome);
}

void run_put(const KvCommand& command) {
  check_words(command, 2, "KEY and VALUE, or - for standard input");
  const KvPutOptions options = put_options_of(command);
  const std::optional<uint64_t> expected = version_of(command);
  Database database = open_for(command);
  const std::string value = command.words[1] == "-" ? read_value() : command.words[1];
  KvNamespace names = database.kv(command.name);
  const std::optional<uint64_t> version = expected ? names.put_if_version(command.words[0], *expected, value, options)
                                                   : names.put(command.words[0], value, options);
  if (!version) fail_version(command, "nothing was put");
  if (!command.json) return;
  Output out;
  out.line("{\"version\":" + std::to_string(*version) + "}");
  out.flush();
}

void run_increment(const KvCommand& command) {
  if (command.words.size() != 2) check_words(command, 1, "KEY, and by how much if not by 1");
  const std::string by_text = command.words.size() == 2 ? command.words[1] : "1";
  const auto by = number_of<int64_t>(by_text);
  if (!by) throw UsageError(shorten(by_text, 40) + " is no whole number of 64 bits to increment by");
  const KvPutOptions options = put_options_of(command);
  Database database = open_for(command);
  const int64_t sum = database.kv(command.name).increment(command.words[0], *by, options);
  Output out;
  out.line(command.json ? "{\"value\":" + std::to_string(sum) + "}" : std::to_string(sum));
  out.flush();
}

void run_delete(const KvCommand& command) {
  check_words(command, command.prefix_given ? 0 : 1, command.prefix_given ? "KEY or --prefix, not both" : "KEY");
  const std::optional<uint64_t> expected = version_of(command);
  if (expected && command.prefix_given) throw UsageError("--if-version is of one key, and not for --prefix");
  Database database = open_for(command);
  KvNamespace names = existing_namespace(command, database);
  if (expected && !names.remove_if_version(command.words[0], *expected)) fail_version(command, "nothing was deleted");
  const uint64_t deleted = expected               ? 1
                           : command.prefix_given ? names.remove_prefix(command.prefix)
                                                  : uint64_t{names.remove(command.words[0]) ? 1u : 0u};
  Output out;
  out.line(command.json ? "{\"deleted\":" + std::to_string(deleted) + "}" : "deleted: " + std::to_string(deleted));
  out.flush();
}

void run_list(const KvCommand& command) {
  check_words(command, 0, "no KEY (--prefix P lists the keys that begin with P)");
  Database database = open_for(command);
  const KvNamespace names = existing_namespace(command, database);
  Output out;
  KeysPrinter printer(out, command.json);
  KvListOptions options{
      .prefix = command.prefix, .limit = command.limit, .cursor = command.cursor, .start = command.start};
  KvPage page = names.list(options);
  printer.add(page);
  while (command.all && !page.complete) {
    const std::string cursor = page.cursor;
    options.cursor = cursor;
    page = names.list(options);
    printer.add(page);
  }
  printer.end(page);
  out.flush();
}

void run_namespaces(const KvCommand& command) {
  Database database = open_for(command);
  Output out;
  print_names(out, kv_namespace_names(database), command.json);
  out.flush();
}

void run_kv(KvCommand& command, const CLI::App& app) {
  check_options(app, command.verb);
  if (command.name.empty()) return run_namespaces(command);
  const std::pair<std::string_view, void (*)(const KvCommand&)> verbs[] = {
      {"get", run_get}, {"put", run_put}, {"increment", run_increment}, {"delete", run_delete}, {"list", run_list}};
  for (const auto& [verb, run] : verbs) {
    if (verb == command.verb) return run(command);
  }
  if (command.verb.empty())
    throw UsageError("what is to be done with " + shorten(command.name, 40) +
                     "? get KEY, put KEY VALUE, increment KEY, delete KEY or list; see tern kv --help");
  throw UsageError(shorten(command.verb, 40) + " is none of get, put, increment, delete and list; see tern kv --help");
}

constexpr const char* kKvFooter =
    "  get KEY          the value, byte by byte; --info: what is known of it instead\n"
    "  put KEY VALUE    VALUE - is read from standard input, byte by byte\n"
    "  increment KEY BY adds to a whole number in decimal, by 1 without BY; prints the sum\n"
    "  delete KEY       or --prefix P for every key that begins with P\n"
    "  list             the keys in the order of their bytes\n"
    "Without NAMESPACE: the names of all. put and increment make a namespace that is not there yet.\n"
    "Put -- before a key or value that begins with a dash.\n"
    "  tern kv app.db sessions put s1 \"$TOKEN\" --ttl 30m --metadata '{\"user\":17}'";

void add_options(CLI::App* app, KvCommand* command) {
  app->add_option("--ttl", command->ttl, "put, increment: how long it stays: 60s, 30m, 12h, 7d, 250ms")
      ->type_name("TIME");
  app->add_option("--if-version", command->if_version, "put, delete: only over that version; 0: only if there is none")
      ->type_name("V");
  app->add_option("--prefix", command->prefix, "list, delete: keys that begin with it")->type_name("P");
  app->add_option("--limit", command->limit, "list: keys of a page")
      ->check(CLI::Range(size_t{1}, internal::kKvListLimit).description(""))
      ->type_name("N");
  app->add_option("--cursor", command->cursor, "list: go on where the page before ended")->type_name("CURSOR");
  app->add_option("--start", command->start, "list: keys from this one on")->type_name("KEY");
  app->add_flag("--all", command->all, "list: page after page, to the end");
  app->add_flag("--info", command->info, "get: size, expiry, metadata and version, not the value");
  app->add_flag("--create", command->create, "put, increment: make the database if it is missing");
  app->add_flag("--json", command->json, "As JSON");
}

}  // namespace

void add_kv(CLI::App& program) {
  auto command = std::make_shared<KvCommand>();
  CLI::App* app = program.add_subcommand("kv", "Read, write and list the keys of a KV namespace");
  app->add_option("DB", command->path, "The database file")->required();
  CLI::Option* name = app->add_option("NAMESPACE", "The namespace")->type_name("");
  CLI::Option* verb = app->add_option("VERB", "get, put, increment, delete or list")->type_name("");
  // Read by results(): converting would take a lone {} for "nothing".
  CLI::Option* words =
      app->add_option("KEY VALUE", "What the verb takes")->expected(0, -1)->allow_extra_args()->type_name("");
  CLI::Option* metadata =
      app->add_option("--metadata", "put, increment: JSON that is kept with the value")->type_name("JSON");
  add_options(app, command.get());
  app->footer(kKvFooter);
  const auto first = [](const CLI::Option* option) {
    return option->count() == 0 ? std::string() : show_again(option->results()[0]);
  };
  app->callback([=] {
    command->path = show_again(command->path);
    command->name = first(name);
    command->verb = first(verb);
    command->metadata = first(metadata);
    command->prefix = show_again(command->prefix);
    command->start = show_again(command->start);
    command->prefix_given = app->count("--prefix") != 0;
    for (const std::string& word : words->results()) command->words.push_back(show_again(word));
    run_kv(*command, *app);
  });
}

}  // namespace tern::cli
