// Opens a database, writes a row, and reads it twice: from SQLite, then from memory.
#include <iostream>

#include <tern/tern.hpp>

int main(int argc, char** argv) try {
  tern::Database db = tern::open(argc > 1 ? argv[1] : "quickstart.db");
  db.exec("CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, name TEXT)");
  db.query("INSERT OR REPLACE INTO places VALUES (?, ?)", "p-17", "Santa Fe");

  tern::Statement by_id = db.prepare("SELECT name FROM places WHERE id = ?");
  for (int i = 0; i < 2; ++i) {
    if (auto row = by_id.bind("p-17").first())
      std::cout << row->get<std::string_view>("name") << ", from " << tern::source_name(row->source()) << '\n';
  }
} catch (const tern::Error& error) {
  std::cerr << tern::error_code_name(error.code()) << ": " << error.what() << '\n';
  return 1;
}
