// A file read from front to end, of which the part that is not used up yet lies in one piece.
//
//   while (window.more()) …            // until window.rest() has all that is needed
//   window.use_up(bytes);
//
// Contract. One object, one thread. rest() is valid until the next more(); use_up() moves nothing. Throws tern::Error:
// kNotFound, kIo. Memory: what the caller leaves unused, plus one chunk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tern::cli {

class InputWindow {
 public:
  static constexpr size_t kChunkBytes = 1 << 20;

  // "-" is standard input.
  explicit InputWindow(std::string path);
  ~InputWindow();
  InputWindow(const InputWindow&) = delete;
  InputWindow& operator=(const InputWindow&) = delete;

  std::string_view rest() const noexcept { return {buffer_.data() + begin_, end_ - begin_}; }
  // Reads another chunk behind rest(). False at the end of the file.
  bool more();
  // Up to here; `bytes` is at most rest().size().
  void use_up(size_t bytes) noexcept;

  // At the start of the file: skips the mark of UTF-8. Failure if there is one of UTF-16.
  void skip_byte_order_mark();

  const std::string& name() const noexcept { return name_; }
  uint64_t used_bytes() const noexcept { return used_; }
  // 0 where the size is not known (a pipe).
  uint64_t total_bytes() const noexcept { return total_; }

 private:
  void make_room();

  std::string name_;  // for messages
  int descriptor_ = -1;
  bool at_end_ = false;
  uint64_t used_ = 0;
  uint64_t total_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace tern::cli
