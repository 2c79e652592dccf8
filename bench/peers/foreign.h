// A program that writes to tern's database and has never heard of it: another process with plain SQLite.
//
//   ForeignWriter writer(database, "UPDATE t SET v = v + 1 WHERE k = ?");
//   writer.write("key");          // committed on return
//   writer.start(100);            // from now on 100 commits a second over the keys that were written, until stop()
#pragma once

#include <string>
#include <vector>

#include "bench/core/child.h"

namespace bench {

class ForeignWriter {
 public:
  // The statement has one parameter, a text.
  ForeignWriter(const std::string& database, const std::string& statement);
  ~ForeignWriter();

  void write(const std::string& key);
  // Writes these keys in turn, so many times a second, or as fast as it can for 0. It goes on until stop().
  void start(double times_a_second, const std::vector<std::string>& keys);
  // Returns the number of commits.
  uint64_t stop();

 private:
  Child child_;
  bool running_ = false;
};

}  // namespace bench
