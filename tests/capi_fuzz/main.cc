// Calls the whole C interface in random order with random arguments (fuzz.h), round after round, each in a new folder:
// on one thread, or on several that share a database. Ends with exit code 0 when nothing was found.
// usage: tern_capi_fuzz [--seed N] [--rounds N] [--calls N] [--threads N]
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>

#include "tests/capi_fuzz/fuzz.h"

namespace {

using namespace tern::capi_fuzz;

struct Settings {
  uint64_t seed = 1, rounds = 3, calls = 20'000, threads = 1;
};

Settings settings_of(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--seed") settings.seed = value;
    if (name == "--rounds") settings.rounds = value;
    if (name == "--calls") settings.calls = value;
    if (name == "--threads") settings.threads = value;
  }
  return settings;
}

const std::vector<Call>& all_calls() {
  static const std::vector<Call> all = [] {
    std::vector<Call> calls;
    for (const auto some : {sql_calls(), result_calls(), kv_calls(), write_calls(), compute_calls()})
      for (const Call& call : some) calls.insert(calls.end(), call.weight, call);
    return calls;
  }();
  return all;
}

void must(tern_status status, const char* function) {
  if (status != TERN_OK) World::fail(function, "failed while a round was made ready");
}

void make_ready(Shared& shared) {
  tern_options options{};
  options.size = sizeof options;
  options.busy_timeout_ms = 5;
  options.hot_bytes = 1 << 20;
  options.store_bytes = 4 << 20;
  options.kv_map_bytes = uint64_t{1} << 30;
  options.flags = TERN_NO_BUSY_RETRIES;
  must(tern_open((shared.folder + "/a.db").c_str(), &options, &shared.db), "tern_open");
  constexpr std::string_view kMake =
      "CREATE TABLE t (id PRIMARY KEY, n); CREATE TABLE parent (id INTEGER PRIMARY KEY);"
      "CREATE TABLE child (p REFERENCES parent DEFERRABLE INITIALLY DEFERRED);"
      "INSERT INTO t VALUES ('k1', 1), ('k2', 2), (3, 'three'), (x'00', NULL)";
  must(tern_exec(shared.db, kMake.data(), kMake.size(), nullptr), "tern_exec");
  must(tern_kv_open(shared.db, "names", &shared.kv), "tern_kv_open");
  for (const std::string_view sql : {"SELECT n FROM t WHERE id = ?", "INSERT OR REPLACE INTO t VALUES (?, ?)",
                                     "DELETE FROM t WHERE id = ? RETURNING n"}) {
    tern_statement* statement = nullptr;
    must(tern_prepare(shared.db, sql.data(), sql.size(), &statement), "tern_prepare");
    shared.statements.push_back(statement);
  }
}

std::map<std::string_view, Counts> round(uint64_t seed, const Settings& settings, const std::string& folder) {
  Shared shared;
  shared.folder = folder;
  make_ready(shared);
  std::vector<std::unique_ptr<World>> worlds;
  for (uint64_t i = 0; i < settings.threads; ++i) worlds.push_back(std::make_unique<World>(shared, seed * 1000 + i));
  const auto play = [&](World& world) {
    const auto& calls = all_calls();
    for (uint64_t i = 0; i < settings.calls; ++i) {
      world.kept.clear();
      world.kept_values.clear();
      world.kept_structs.clear();
      calls[world.random.below(calls.size())].make(world);
    }
    end(world);
  };
  if (settings.threads == 1) {
    play(*worlds.front());
  } else {
    std::vector<std::thread> threads;
    for (const auto& world : worlds) threads.emplace_back([&] { play(*world); });
    for (std::thread& thread : threads) thread.join();
  }
  for (tern_statement* statement : shared.statements) tern_statement_free(statement);
  tern_kv_free(shared.kv);
  must(tern_close(shared.db), "tern_close");
  if (shared.told != shared.put_in) World::fail("the queues", "told more or fewer writes than they took");
  std::map<std::string_view, Counts> counts;
  for (const auto& world : worlds) {
    for (const auto& [name, of] : world->counts) {
      counts[name].calls += of.calls;
      for (size_t i = 0; i < of.by_status.size(); ++i) counts[name].by_status[i] += of.by_status[i];
    }
  }
  return counts;
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = settings_of(argc, argv);
  std::string folder = (std::filesystem::temp_directory_path() / "tern-capi-fuzz-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr || ::chdir(folder.c_str()) != 0) return 2;
  std::map<std::string_view, Counts> all;
  uint64_t calls = 0;
  for (uint64_t i = 0; i < settings.rounds; ++i) {
    std::fprintf(stderr, "round %llu, seed %llu\n", static_cast<unsigned long long>(i),
                 static_cast<unsigned long long>(settings.seed + i));
    const std::string mine = folder + "/" + std::to_string(i);
    std::filesystem::create_directory(mine);
    for (const auto& [name, of] : round(settings.seed + i, settings, mine)) {
      all[name].calls += of.calls;
      calls += of.calls;
      for (size_t s = 0; s < of.by_status.size(); ++s) all[name].by_status[s] += of.by_status[s];
    }
    std::filesystem::remove_all(mine);
  }
  for (const auto& [name, of] : all) {
    std::printf("%-34.*s %9llu", static_cast<int>(name.size()), name.data(), static_cast<unsigned long long>(of.calls));
    for (size_t s = 0; s < of.by_status.size(); ++s) {
      if (of.by_status[s] != 0)
        std::printf("  %s %llu", tern_status_name(static_cast<tern_status>(s)),
                    static_cast<unsigned long long>(of.by_status[s]));
    }
    std::printf("\n");
  }
  std::printf("%llu calls of %zu functions, nothing found\n", static_cast<unsigned long long>(calls), all.size());
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return 0;
}
