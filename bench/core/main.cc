// tern_bench: measures every row of the table in the report, and writes results.json.
//
// usage: tern_bench [--quick | --smoke] [--only P1,P13b] [--seconds S] [--data DB] [--shared FOLDER] [--out FILE]
//                   [--node-peers FOLDER | --node-peers-absent WHY]
#include <CLI/CLI.hpp>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "bench/core/child.h"
#include "bench/core/harness.h"
#include "bench/core/machine.h"

namespace {

const char* size_name(bench::Size size) {
  return size == bench::Size::kSmoke ? "smoke" : size == bench::Size::kQuick ? "quick" : "full";
}

void write(const bench::Settings& settings, nlohmann::json json) {
  json["format"] = 1;
  json["size"] = size_name(settings.size);
  json["machine"] = bench::describe_machine();
  if (settings.out.empty()) return;
  const std::filesystem::path folder = std::filesystem::path(settings.out).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  std::ofstream file(settings.out);
  file << json.dump(1) << '\n';
  if (!file.flush()) throw std::runtime_error("cannot write " + settings.out);
}

// Where a program lies, or "".
std::string in_path(const std::string& program) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path file = std::filesystem::path(folder) / program;
    if (access(file.c_str(), X_OK) == 0) return file.string();
  }
  return "";
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value != 0 && (value < 0.001 || value >= 1e6) ? "%.3g" : "%.3f", value);
  return text;
}

void print(const nlohmann::json& rows) {
  for (const nlohmann::json& row : rows) {
    std::string line = row.at("id").get<std::string>();
    line.resize(std::max<size_t>(line.size(), 5), ' ');
    std::string name = row.at("name").get<std::string>();
    name.resize(std::max<size_t>(name.size(), 66), ' ');
    line += ' ' + name + ' ';
    if (row.contains("figure")) {
      line += number(row.at("figure").get<double>()) + ' ' + row.at("unit").get<std::string>();
      if (row.contains("target")) {
        line += " (" + row.at("target").at("is").get<std::string>() + ' ' +
                number(row.at("target").at("value").get<double>()) + ')';
      }
    }
    line += "  " + row.at("state").get<std::string>();
    if (row.contains("reason")) line += ": " + row.at("reason").get<std::string>();
    std::printf("%s\n", line.c_str());
  }
}

// What lies inside the library is measured by a program of its own, since that links tern's SQLite openly and could
// not have another one beside it.
bool run_inside(const bench::Settings& settings, nlohmann::json& json) {
  const std::filesystem::path program = std::filesystem::path(settings.own_folder) / "tern_bench_inside";
  if (!std::filesystem::exists(program)) return true;
  const std::filesystem::path out =
      std::filesystem::temp_directory_path() / ("tern-bench-inside-" + std::to_string(getpid()) + ".json");
  std::vector<std::string> command = {program.string(), "--out", out.string()};
  if (settings.size != bench::Size::kFull) command.push_back(std::string("--") + size_name(settings.size));
  for (const std::string& id : settings.only) command.insert(command.end(), {"--only", id});
  const int code = demo::ChildProcess::start(command).wait();
  std::ifstream file(out);
  if (file) bench::append(json, nlohmann::json::parse(file));
  std::error_code ignored;
  std::filesystem::remove(out, ignored);
  return code == 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc > 2 && std::string(argv[1]) == "--role") {
      return bench::Role::play(argv[2], std::vector<std::string>(argv + 3, argv + argc));
    }
    bench::Settings settings;
    bool quick = false, smoke = false;
    CLI::App app("Measures tern beside its peers");
    auto* const quick_flag = app.add_flag("--quick", quick, "a few minutes instead of twenty");
    app.add_flag("--smoke", smoke, "whether everything runs, not how fast")->excludes(quick_flag);
    app.add_option("--only", settings.only, "ids of rows, with commas between them")->delimiter(',');
    app.add_option("--seconds", settings.seconds, "length of what is watched over time");
    app.add_option("--data", settings.data, "a database with the example data")->check(CLI::ExistingFile);
    app.add_option("--shared", settings.shared, "the folder of outside data");
    app.add_option("--out", settings.out, "results.json");
    app.add_option("--node-peers", settings.node_peers, "folder of the installed peers for node");
    app.add_option("--node-peers-absent", settings.node_peers_absent, "why there is none");
    CLI11_PARSE(app, argc, argv);
    settings.size = smoke ? bench::Size::kSmoke : quick ? bench::Size::kQuick : bench::Size::kFull;
    settings.redis_server = in_path("redis-server");
    settings.node = in_path("node");
    settings.own_folder = std::filesystem::path(demo::own_program()).parent_path().string();

    bench::Results results;
    bench::Context context(settings, results);
    bool well = bench::run_families(context);
    nlohmann::json json = bench::to_json(results);
    if (TERN_BENCH_RUNS_INSIDE && !run_inside(settings, json)) well = false;
    std::stable_sort(json["rows"].begin(), json["rows"].end(), [](const nlohmann::json& a, const nlohmann::json& b) {
      return bench::comes_before(a.at("id"), b.at("id"));
    });
    if (TERN_BENCH_RUNS_INSIDE) print(json.at("rows"));
    write(settings, std::move(json));
    return well ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
}
