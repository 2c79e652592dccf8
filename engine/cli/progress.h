// A progress bar on standard error while a long command runs, if that is a terminal; otherwise nothing at all.
//
//   Progress progress("importing", total_bytes);
//   progress.update(bytes, rows);         // cheap: draws ten times a second at most
//   progress.clear();                     // before anything else is written to stderr
//
// Contract. One object, one thread. The bar is gone when the object is.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tern::cli {

// "importing [#########         ]  45 %  61,234 rows". Without a total: "importing  61,234 rows".
std::string progress_line(const std::string& what, uint64_t done, uint64_t total, uint64_t rows);

class Progress {
 public:
  Progress(std::string what, uint64_t total);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(uint64_t done, uint64_t rows);
  void clear() noexcept;

 private:
  const std::string what_;
  const uint64_t total_;
  const bool on_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace tern::cli
