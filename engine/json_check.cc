#include "engine/json_check.h"

#include <bitset>

#include "engine/utf8.h"

namespace tern::internal {
namespace {

// Goes over the text; each take_…() is false where it met what it did not want, and at() is there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : text_(text) {}

  size_t at() const noexcept { return at_; }
  bool ended() const noexcept { return at_ == text_.size(); }
  // 0 at the end, where no byte of JSON is 0 but for strings, which refuse it.
  char next() const noexcept { return ended() ? '\0' : text_[at_]; }

  bool take(char wanted) noexcept {
    if (ended() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void skip_space() noexcept {
    while (take(' ') || take('\t') || take('\n') || take('\r')) {
    }
  }
  bool take_scalar() noexcept {
    switch (next()) {
      case '"':
        return take_string();
      case 't':
        return take_word("true");
      case 'f':
        return take_word("false");
      case 'n':
        return take_word("null");
      default:
        return take_number();
    }
  }
  // A name of an object's, and the colon behind it.
  bool take_name() noexcept {
    skip_space();
    if (!take_string()) return false;
    skip_space();
    return take(':');
  }

 private:
  bool take_word(std::string_view word) noexcept {
    for (const char c : word) {
      if (!take(c)) return false;
    }
    return true;
  }
  bool take_digits() noexcept {
    if (next() < '0' || next() > '9') return false;
    while (next() >= '0' && next() <= '9') ++at_;
    return true;
  }
  bool take_number() noexcept {
    take('-');
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return take_digits();
  }
  bool take_string() noexcept {
    if (!take('"')) return false;
    while (!take('"')) {
      if (static_cast<unsigned char>(next()) < 0x20) return false;  // and where it ends
      if (take('\\')) {
        if (!take_escape()) return false;
        continue;
      }
      const size_t bytes = decode_utf8(text_.substr(at_)).bytes;
      if (bytes == 0) return false;
      at_ += bytes;
    }
    return true;
  }
  bool take_escape() noexcept {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    if (ended()) return false;
    if (!take('u')) {
      if (std::string_view("\"\\/bfnrt").find(next()) == std::string_view::npos) return false;
      ++at_;
      return true;
    }
    for (int digit = 0; digit < 4; ++digit) {
      if (ended() || kHex.find(next()) == std::string_view::npos) return false;
      ++at_;
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::optional<size_t> first_invalid_json(std::string_view text) noexcept {
  Scanner scanner(text);
  std::bitset<kMaxJsonDepth> objects;  // which of those that are open are objects; the others are arrays
  size_t depth = 0;
  for (;;) {
    scanner.skip_space();
    const char first = scanner.next();  // of a value
    const bool opens = first == '{' || first == '[';
    if (opens) {
      if (depth == kMaxJsonDepth) return scanner.at();
      objects[depth++] = first == '{';
      scanner.take(first);
    } else if (!scanner.take_scalar()) {
      return scanner.at();
    }
    // What has ended here, the outer ones included.
    bool ends = !opens;
    scanner.skip_space();
    while (depth != 0 && scanner.take(objects[depth - 1] ? '}' : ']')) {
      ends = true;
      --depth;
      scanner.skip_space();
    }
    if (depth == 0) return scanner.ended() ? std::nullopt : std::optional(scanner.at());
    if (ends && !scanner.take(',')) return scanner.at();
    if (objects[depth - 1] && !scanner.take_name()) return scanner.at();
  }
}

}  // namespace tern::internal
