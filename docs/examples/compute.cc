// Keeps a page that a function makes from rows and from a KV key, until one of them changes.
#include <iostream>

#include <tern/tern.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  tern::Database db = tern::open(argc > 1 ? argv[1] : "compute.db");
  db.exec("CREATE TABLE IF NOT EXISTS places (id TEXT PRIMARY KEY, region TEXT, name TEXT)");
  db.query("INSERT OR REPLACE INTO places VALUES ('p-17', 'US-NM', 'Santa Fe')");
  tern::KvNamespace settings = db.kv("settings");
  settings.put("title", "Places");

  tern::Statement by_region = db.prepare("SELECT name FROM places WHERE region = ? ORDER BY name");
  const auto show = [&] {
    // The key says whose page it is, and which version of the function below makes it.
    const tern::Computed page = db.get_or_compute("page 1/US-NM", {.ttl = 1h}, [&] {
      const auto title = settings.get("title");
      std::string html = "<h1>" + (title ? title->copy() : "untitled") + "</h1>";
      for (auto row : by_region.bind("US-NM").all()) html += "<li>" + row.get<std::string>("name");
      return html;
    });
    std::cout << page.text() << ", " << tern::source_name(page.source()) << '\n';
  };

  show();
  show();
  db.query("INSERT INTO places VALUES ('p-18', 'US-NM', 'Taos')");
  show();
  settings.put("title", "Towns");
  show();
  db.kv("other").put("title", "?");  // no part of it
  show();

  // What cannot be tied to rows and keys is computed each time, and says why.
  const tern::Computed now =
      db.get_or_compute("now 1", {}, [&] { return db.query("SELECT date('now')")[0].get<std::string>(0); });
  std::cout << (now.cached() ? "cached" : "not cached") << '\n';
} catch (const tern::Error& error) {
  std::cerr << tern::error_code_name(error.code()) << ": " << error.what() << '\n';
  return 1;
}
