// Memory that several processes share: anonymous, gone with the last of them, found by an inherited file descriptor.
//
// It starts as zeros. What lies in it must be plain data and atomics; a process that is killed leaves behind what it
// had stored.
#pragma once

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

namespace demo {

class SharedMemory {
 public:
  static SharedMemory create(size_t bytes) {
    const int fd = memfd_create("board", 0);  // without MFD_CLOEXEC: children inherit it
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) fail("memfd_create");
    return SharedMemory(fd);
  }
  // Maps what the parent created; `fd` is the number that it passed on.
  static SharedMemory inherit(int fd) { return SharedMemory(fd); }

  SharedMemory(SharedMemory&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)),
        base_(std::exchange(other.base_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory() {
    if (base_ != nullptr) munmap(base_, bytes_);
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  void* data() const { return base_; }
  size_t size() const { return bytes_; }

 private:
  explicit SharedMemory(int fd) : fd_(fd) {
    struct stat status {};
    if (fstat(fd, &status) != 0) fail("fstat");
    bytes_ = static_cast<size_t>(status.st_size);
    base_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base_ == MAP_FAILED) fail("mmap");
  }
  [[noreturn]] static void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

  int fd_ = -1;
  void* base_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace demo
