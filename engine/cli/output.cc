#include "engine/cli/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/cli/failure.h"

namespace tern::cli {

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) flush();
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EPIPE) {
      throw BrokenPipe();
    } else if (errno != EINTR) {
      throw Failure(std::string("cannot write to standard output: ") + std::strerror(errno));
    }
  }
  buffer_.clear();
}

}  // namespace tern::cli
