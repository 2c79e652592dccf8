#include "cache/boot_id.h"

#include <fcntl.h>
#include <unistd.h>

namespace tern::cache {

std::string kernel_boot_id() {
  char text[37] = {};
  const int fd = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t got = ::read(fd, text, 36);
  ::close(fd);
  return got == 36 ? std::string(text, 36) : std::string();
}

}  // namespace tern::cache
