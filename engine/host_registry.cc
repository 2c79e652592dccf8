#include "engine/host_registry.h"

#include <algorithm>
#include <utility>

namespace tern::internal {

void HostRegistry::apply_to(sql::Connection& connection) const {
  for (const std::string& path : extensions_) connection.load_extension(path);
  apply_objects_to(connection);
}

void HostRegistry::apply_objects_to(sql::Connection& connection) const {
  std::vector<std::shared_ptr<const HostObject>> objects;
  {
    const std::lock_guard lock(mutex_);
    objects = objects_;
  }
  for (const auto& object : objects) object->apply_to(connection);
}

bool HostRegistry::has_nothing() const {
  const std::lock_guard lock(mutex_);
  return extensions_.empty() && objects_.empty();
}

void HostRegistry::add(std::shared_ptr<const HostObject> object) {
  std::shared_ptr<const HostObject> replaced;  // destroyed after the lock: its end may run the host's code
  const std::lock_guard lock(mutex_);
  const auto same =
      std::find_if(objects_.begin(), objects_.end(), [&](const auto& other) { return object->replaces(*other); });
  if (same == objects_.end()) {
    objects_.push_back(std::move(object));
  } else {
    replaced = std::exchange(*same, std::move(object));
  }
}

}  // namespace tern::internal
