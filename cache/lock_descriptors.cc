#include "cache/lock_descriptors.h"

#include <pthread.h>
#include <unistd.h>

#include <mutex>
#include <vector>

namespace tern::cache {
namespace {

class LockDescriptors {
 public:
  static LockDescriptors& instance() {
    static auto* all = new LockDescriptors();  // never destroyed: the handlers stay registered
    return *all;
  }
  void add(int descriptor) {
    const std::lock_guard lock(mutex_);
    descriptors_.push_back(descriptor);
  }
  void remove(int descriptor) {
    const std::lock_guard lock(mutex_);
    std::erase(descriptors_, descriptor);
  }

 private:
  LockDescriptors() {
    ::pthread_atfork([] { instance().mutex_.lock(); }, [] { instance().mutex_.unlock(); },
                     [] {
                       for (const int descriptor : instance().descriptors_) ::close(descriptor);
                       instance().descriptors_.clear();
                       instance().mutex_.unlock();
                     });
  }

  std::mutex mutex_;
  std::vector<int> descriptors_;
};

}  // namespace

void note_lock_descriptor(int descriptor) { LockDescriptors::instance().add(descriptor); }
void forget_lock_descriptor(int descriptor) { LockDescriptors::instance().remove(descriptor); }

}  // namespace tern::cache
