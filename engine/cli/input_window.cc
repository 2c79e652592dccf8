#include "engine/cli/input_window.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/cli/failure.h"
#include "tern/error.hpp"

namespace tern::cli {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  const ErrorCode code = error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo;
  throw Error(code, "cannot read " + what + ": " + std::strerror(error));
}

}  // namespace

InputWindow::InputWindow(std::string path) : name_(std::move(path)) {
  if (name_ == "-") {
    name_ = "standard input";
    descriptor_ = ::dup(0);
  } else {
    descriptor_ = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
  }
  if (descriptor_ < 0) fail(name_, errno);
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) total_ = static_cast<uint64_t>(status.st_size);
}

InputWindow::~InputWindow() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void InputWindow::make_room() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // Doubling keeps the copying of a long record linear in its length.
  if (buffer_.size() - end_ < kChunkBytes) buffer_.resize(buffer_.size() * 2 + kChunkBytes);
}

bool InputWindow::more() {
  if (at_end_) return false;
  make_room();
  for (;;) {
    const ssize_t got = ::read(descriptor_, buffer_.data() + end_, kChunkBytes);
    if (got > 0) {
      end_ += static_cast<size_t>(got);
      return true;
    }
    if (got == 0) {
      at_end_ = true;
      return false;
    }
    if (errno != EINTR) fail(name_, errno);
  }
}

void InputWindow::use_up(size_t bytes) noexcept {
  begin_ += bytes;
  used_ += bytes;
}

void InputWindow::skip_byte_order_mark() {
  while (rest().size() < 3 && more()) continue;
  if (rest().starts_with("\xEF\xBB\xBF")) return use_up(3);
  if (rest().starts_with("\xFF\xFE") || rest().starts_with("\xFE\xFF")) {
    throw Failure(name_ + " is UTF-16; make it UTF-8 first (iconv -f UTF-16 -t UTF-8)");
  }
}

}  // namespace tern::cli
