// The commands of the program: each adds itself, its options and what it does to the command line.
//
// Contract. A command runs while the command line is parsed, as its callback. It writes its report to standard output,
// and ends by returning, or by throwing Failure or tern::Error (exit code 1), UsageError (2) or BrokenPipe (0).
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tern {
class Database;
}

namespace tern::cli {

void add_sql(CLI::App& program);
void add_explain(CLI::App& program);
void add_import(CLI::App& program);
void add_kv(CLI::App& program);
void add_stats(CLI::App& program);
void add_invalidate(CLI::App& program);
void add_bench(CLI::App& program);

// Opens a database that must be there; Failure tells how to make one. `convert`: also one in another journal mode than
// WAL, which stays in WAL mode from then on.
Database open_existing(const std::string& path, bool convert = false);

}  // namespace tern::cli
