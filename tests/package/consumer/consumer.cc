#include <cstdint>
#include <iostream>
#include <string>

#include <tern/tern.hpp>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  tern::Database db = tern::open(argv[1]);
  db.exec("CREATE TABLE IF NOT EXISTS t (a INTEGER); DELETE FROM t; INSERT INTO t VALUES (41)");
  db.prepare("UPDATE t SET a = a + ?").bind(1).run();
  auto row = db.prepare("SELECT a FROM t").bind().first();
  std::cout << "tern " << tern::version() << " built as C++: " << (row ? row->get<int64_t>(0) : -1) << "\n";
  return row && row->get<int64_t>(0) == 42 ? 0 : 1;
}
