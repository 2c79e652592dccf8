// How an engine comes by its KV tier: beside the database, with the database's own mode and owner.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/engine.h"
#include "engine/host_call.h"

namespace tern::internal {

KvTier& Engine::kv() {
  check_usable();
  HostCall::refuse_inside();
  const std::lock_guard lock(kv_mutex_);
  if (!kv_) {
    demand_writable();
    kv_ = open_kv();
    kv_there_.store(kv_.get(), std::memory_order_release);  // pairs with Computer::kv_holds()
  }
  return *kv_;
}

std::unique_ptr<KvTier> Engine::open_kv() {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) throw Error(ErrorCode::kIo, path_ + ": " + std::strerror(errno));
  KvTierOptions options;
  const std::string folder = file_ + "-tern";
  options.store.folder = folder + "/kv";
  options.store.map_bytes = kv_map_bytes_;
  options.store.file_mode = status.st_mode & 0666;
  options.store.owner = status.st_uid;
  options.store.group = status.st_gid;
  // Made by the stamps of the cache, unless that is off.
  const mode_t search = (status.st_mode & 0444) >> 2;
  if (::mkdir(folder.c_str(), options.store.file_mode | 0700 | search) == 0) {
    (void)!::chown(folder.c_str(), status.st_uid, status.st_gid);
  } else if (errno != EEXIST) {
    throw Error(ErrorCode::kIo, "cannot create the folder " + folder + ": " + std::strerror(errno));
  }
  options.store.clock = kv_clock_;
  options.hot = hot_.get();
  options.counters = &counters_;
  options.of = readers_.get();
  options.busy_timeout_ms = busy_timeout_ms_;
  options.grouped = kv_durability_ == KvDurability::kGrouped;
  options.max_entry_bytes = max_entry_bytes_;
  options.keep = [this]() -> std::shared_ptr<const void> { return shared_from_this(); };
  return std::make_unique<KvTier>(std::move(options));
}

}  // namespace tern::internal
