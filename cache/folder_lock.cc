#include "cache/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "cache/lock_descriptors.h"

namespace tern::cache {

FolderLock::~FolderLock() {
  if (descriptor_ < 0) return;
  forget_lock_descriptor(descriptor_);
  ::close(descriptor_);
}

bool FolderLock::open(const std::filesystem::path& folder, std::string& why) {
  descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) {
    why = folder.string() + ": " + std::strerror(errno);
    return false;
  }
  note_lock_descriptor(descriptor_);
  return true;
}

std::optional<FolderLock::Held> FolderLock::acquire(int timeout_ms) noexcept {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  if (descriptor_ < 0 || !threads_.try_lock_until(deadline)) return std::nullopt;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if ((errno != EWOULDBLOCK && errno != EINTR) || steady_clock::now() >= deadline) {
      threads_.unlock();
      return std::nullopt;
    }
    ::usleep(kAskAgainUs);
  }
  return Held(this);
}

void FolderLock::release() noexcept {
  ::flock(descriptor_, LOCK_UN);
  threads_.unlock();
}

FolderLock::Held::Held(Held&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}

FolderLock::Held::~Held() {
  if (lock_ != nullptr) lock_->release();
}

}  // namespace tern::cache
