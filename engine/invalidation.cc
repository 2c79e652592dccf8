// Engine: invalidation by hand. Each is one publication of a few stamps, whatever is cached: every entry that hangs on
// one of them and was filled before is void, in every process, and so is what a fill brings that began before.
#include <vector>

#include "engine/engine.h"
#include "engine/marks.h"
#include "engine/policy.h"
#include "engine/translate.h"
#include "sql/table_roots.h"

namespace tern::internal {

void Engine::void_slots(std::span<const uint32_t> slots, Counter counted) {
  if (coherence_ && !coherence_->void_slots(slots, busy_timeout_ms_))
    throw Error(ErrorCode::kBusy, "nothing was invalidated: another process does not let the stamp lock go");
  counters_.add(counted);
}

void Engine::invalidate(const Prepared& prepared) {
  check_usable();
  const uint32_t mark = mark_of_statement(prepared);
  void_slots({&mark, 1}, Counter::kInvalidatedStatements);
}

void Engine::invalidate_tag(std::string_view tag) {
  check_usable();
  check_tag(tag);
  const uint32_t mark = mark_of_tag(tag);
  void_slots({&mark, 1}, Counter::kInvalidatedTags);
}

void Engine::invalidate_table(std::string_view table) {
  check_usable();
  std::vector<uint32_t> slots = translated([&] {
    auto lease = readers_->acquire();
    lease.snapshot();
    return sql::table_roots(lease.connection(), table);
  });
  slots.push_back(mark_of_tables());
  void_slots(slots, Counter::kInvalidatedTables);
}

void Engine::invalidate_all() {
  check_usable();
  if (coherence_ && !coherence_->void_everything(busy_timeout_ms_))
    throw Error(ErrorCode::kBusy, "nothing was invalidated: another process does not let the stamp lock go");
  counters_.add(Counter::kInvalidatedAll);
}

}  // namespace tern::internal
