#include "engine/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "engine/cli/text.h"

namespace tern::cli {
namespace {

constexpr size_t kBarCells = 30;
constexpr std::chrono::milliseconds kBetweenDrawings{100};

}  // namespace

std::string progress_line(const std::string& what, uint64_t done, uint64_t total, uint64_t rows) {
  const std::string count = "  " + group_digits(rows) + (rows == 1 ? " row" : " rows");
  if (total == 0) return what + count;
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto cells = static_cast<size_t>(part * kBarCells);
  const std::string percent = std::to_string(static_cast<int>(part * 100));
  return what + " [" + std::string(cells, '#') + std::string(kBarCells - cells, ' ') + "] " +
         std::string(3 - percent.size(), ' ') + percent + " %" + count;
}

Progress::Progress(std::string what, uint64_t total)
    : what_(std::move(what)), total_(total), on_(::isatty(STDERR_FILENO) == 1) {}

void Progress::update(uint64_t done, uint64_t rows) {
  if (!on_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + kBetweenDrawings;
  // \r and "erase to the end of the line": what every terminal of the last forty years understands.
  std::fprintf(stderr, "\r%s\x1b[K", progress_line(what_, done, total_, rows).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::clear() noexcept {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace tern::cli
