#include "kv_writes.h"

#include <tern/tern.h>

namespace tern_node {
namespace {

tern_status put(const Namespace& names, std::span<const KvWrite> writes) {
  std::vector<tern_kv_put_options> options(writes.size());
  std::vector<tern_kv_item> items;
  for (size_t i = 0; i < writes.size(); ++i) {
    const KvWrite& write = writes[i];
    options[i].size = sizeof options[i];
    options[i].expires_at_ms = write.expires_at_ms;
    options[i].metadata = reinterpret_cast<const char*>(write.metadata.data());
    options[i].metadata_len = write.metadata.size();
    items.push_back({{write.key.data(), write.key.size()}, write.value.data(), write.value.size(), &options[i]});
  }
  return tern_kv_put_many(names.handle, items.data(), items.size(), nullptr);
}

tern_status remove(const Namespace& names, std::span<const KvWrite> writes) {
  std::vector<tern_kv_name> keys;
  for (const KvWrite& write : writes) keys.push_back({write.key.data(), write.key.size()});
  return tern_kv_delete_many(names.handle, keys.data(), keys.size(), nullptr);
}

void run_alike(const Namespace& names, std::span<KvWrite> writes) {
  const auto run = [&](std::span<KvWrite> some) {
    return some.front().deletes ? remove(names, some) : put(names, some);
  };
  const tern_status status = run(writes);
  if (status == TERN_OK) return;
  if (writes.size() == 1) {
    writes.front().failure = Failure::of_last_call(status);
    return;
  }
  for (KvWrite& write : writes) {
    const tern_status its_own = run({&write, 1});
    if (its_own != TERN_OK) write.failure = Failure::of_last_call(its_own);
  }
}

}  // namespace

void run_writes(const Namespace& names, std::span<KvWrite> writes) {
  while (!writes.empty()) {
    size_t alike = 1;
    while (alike < writes.size() && writes[alike].deletes == writes.front().deletes) ++alike;
    run_alike(names, writes.first(alike));
    writes = writes.subspan(alike);
  }
}

}  // namespace tern_node
