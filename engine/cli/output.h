// Standard output, buffered, with its failures seen.
//
// Contract. One object, one thread. write() and flush() throw BrokenPipe when the reader has gone away, which is how
// `tern sql … | head` ends and no failure, and Failure for anything else (a full disk). Nothing is written by the
// destructor: a command that got to its end calls flush().
#pragma once

#include <string>
#include <string_view>

namespace tern::cli {

struct BrokenPipe {};

class Output {
 public:
  explicit Output(int descriptor = 1) noexcept : descriptor_(descriptor) {}

  void write(std::string_view text);
  void write(char c) { write(std::string_view(&c, 1)); }
  void line(std::string_view text) {
    write(text);
    write('\n');
  }
  void flush();

 private:
  static constexpr size_t kBufferBytes = 64 << 10;

  const int descriptor_;
  std::string buffer_;
};

}  // namespace tern::cli
