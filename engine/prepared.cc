#include "engine/prepared.h"

namespace tern::internal {

std::shared_ptr<Prepared> StatementRegistry::get(std::string_view name,
                                                 const std::function<std::shared_ptr<Prepared>()>& make) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  }
  std::shared_ptr<Prepared> made = make();
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  if (by_name_.size() >= kMaxStatements) return made;  // not unique: never cached
  const auto [owner, is_new] = by_fingerprint_.try_emplace(made->stored->fingerprint(), made.get());
  made->unique = is_new || owner->second->stored->text() == made->stored->text();
  by_name_.emplace(std::string(name), made);
  return made;
}

size_t StatementRegistry::size() const {
  const std::shared_lock lock(mutex_);
  return by_name_.size();
}

}  // namespace tern::internal
