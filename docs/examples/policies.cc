// Two policies and an invalidation by hand: what is returned, and what it says of itself.
#include <chrono>
#include <iostream>
#include <string_view>

#include <tern/tern.hpp>

namespace {

void show(std::string_view what, const tern::Rows& rows) {
  std::cout << what << ": " << rows[0].get<int64_t>(0) << ", from " << tern::source_name(rows.source()) << ", ";
  if (rows.freshness().fresh) {
    std::cout << "fresh\n";
  } else {
    std::cout << "not fresh for " << rows.freshness().age_ms << " ms at most\n";
  }
}

}  // namespace

int main(int argc, char** argv) try {
  using namespace std::chrono_literals;
  tern::Database db = tern::open(argc > 1 ? argv[1] : "policies.db");
  db.exec(
      "CREATE TABLE IF NOT EXISTS votes (place TEXT PRIMARY KEY, n INTEGER);"
      "INSERT OR REPLACE INTO votes VALUES ('p-17', 1)");

  // The same text with two policies: one is always fresh, the other may be up to a minute behind.
  const char* const sql = "SELECT n FROM votes WHERE place = ?";
  tern::Statement exact = db.prepare(sql);
  tern::Statement board = db.prepare(sql, {.stale_while_revalidate = 60s, .tags = {"board"}});
  show("first", board.bind("p-17").all());
  db.query("UPDATE votes SET n = 2");
  show("stale while a new one is fetched", board.bind("p-17").all());
  show("without a policy", exact.bind("p-17").all());

  // What is invalidated by hand is not served stale.
  db.invalidate_tag("board");
  show("invalidated", board.bind("p-17").all());
} catch (const tern::Error& error) {
  std::cerr << tern::error_code_name(error.code()) << ": " << error.what() << '\n';
  return 1;
}
