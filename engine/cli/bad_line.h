// A line of an imported file that cannot become a row, and why.
#pragma once

#include <cstdint>
#include <string>

namespace tern::cli {

struct BadLine {
  uint64_t line = 0;   // where its record begins, from 1
  std::string value;   // what is wrong, as a person would recognise it; may be empty
  std::string reason;  // a sentence without a full stop
};

// A record longer than this is a bad line: it is most likely a quotation mark that was never closed.
inline constexpr size_t kMaxRecordBytes = size_t{64} << 20;

}  // namespace tern::cli
