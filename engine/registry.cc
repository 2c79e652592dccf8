// One engine for each database file of this process. LMDB must not be opened twice on one folder, and two guardians of
// one process would be one too many: so an open of a file that is being closed waits until it is.
#include <sys/stat.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "engine/engine.h"
#include "engine/translate.h"
#include "sql/fork_guard.h"

namespace tern::internal {

class EngineRegistry {
 public:
  // Never destroyed: handles may outlive static destruction.
  static EngineRegistry& instance() {
    static auto* registry = new EngineRegistry();
    return *registry;
  }

  std::shared_ptr<Engine> open(const std::string& path, const Options& options) {
    std::unique_lock lock(mutex_);
    for (;;) {
      const auto found = engines_.find(identity(path));
      if (found == engines_.end()) break;
      if (auto engine = found->second.lock()) return engine;
      closed_.wait(lock);
    }
    std::unique_ptr<Engine> engine(new Engine(path, options));
    const Identity mine = identity(path);
    // Not to be kept as the engine of every file that is missing.
    if (mine == Identity{})
      throw Error(ErrorCode::kNotFound, "cannot open database " + path + ": it was deleted while it was opened");
    std::shared_ptr<Engine> shared(engine.release(), [this, mine](Engine* last) { close(mine, last); });
    engines_[mine] = shared;
    return shared;
  }

 private:
  using Identity = std::pair<uint64_t, uint64_t>;

  static Identity identity(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return {0, 0};
    return {status.st_dev, status.st_ino};
  }

  void close(const Identity& mine, Engine* engine) {
    // In the child of a fork the engine's threads do not exist, and its locks are the parent's: leave it all alone.
    if (sql::forked()) return;
    delete engine;
    const std::lock_guard lock(mutex_);
    engines_.erase(mine);
    closed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable closed_;
  std::map<Identity, std::weak_ptr<Engine>> engines_;
};

std::shared_ptr<Engine> Engine::open(const std::string& path, const Options& options) {
  if (path.find('\0') != std::string::npos)
    throw Error(ErrorCode::kMisuse,
                "a path with a NUL byte in it cannot be opened: \"" + std::string(path.c_str()) + "\" …");
  if (path.empty() || path == ":memory:" || path.starts_with("file:"))
    throw Error(ErrorCode::kUnsupported, "\"" + path +
                                             "\" cannot be opened: tern needs the path of a file that other processes "
                                             "can open too (no in-memory or temporary database, no URI)");
  check_process();
  return translated([&] { return EngineRegistry::instance().open(path, options); });
}

}  // namespace tern::internal
