#include "tern/stats.hpp"

#include "engine/json_writer.h"
#include "tern/explain.hpp"

namespace tern {
namespace {

void tier(internal::JsonWriter& json, const TierStats& stats) {
  json.key("hits").value(stats.hits).key("misses").value(stats.misses).key("fills").value(stats.fills);
  json.key("evictions").value(stats.evictions).key("invalidations").value(stats.invalidations);
  json.key("entries").value(stats.entries).key("bytes").value(stats.bytes);
  json.key("capacity_bytes").value(stats.capacity_bytes);
}

void number_or_null(internal::JsonWriter& json, const std::optional<uint64_t>& number) {
  if (number) {
    json.value(*number);
  } else {
    json.null();
  }
}

}  // namespace

std::string Stats::to_json() const {
  internal::JsonWriter json;
  json.open('{');
  json.key("hot").open('{');
  tier(json, hot);
  json.key("kept_bytes").value(hot.kept_bytes);
  json.key("pinned_bytes").value(hot.pinned_bytes).close('}');
  json.key("store").open('{');
  tier(json, store);
  json.key("dropped").value(store.dropped).key("swept").value(store.swept).key("off").value(store.off).close('}');
  json.key("sql").open('{').key("reads").value(sql.reads).key("snapshots_reused").value(sql.snapshots_reused);
  json.key("waits").value(sql.waits).close('}');
  json.key("computed").open('{').key("runs").value(computed.runs).key("uncached").value(computed.uncached);
  json.key("waits").value(computed.waits).close('}');
  json.key("commits").open('{').key("own").value(commits.own).key("grouped").value(commits.grouped);
  json.key("published").value(commits.published);
  json.key("foreign").value(commits.foreign).key("everything").value(commits.everything);
  json.key("pages").value(commits.pages).key("seq").value(commits.seq).close('}');
  json.key("log").open('{').key("frames").value(log.frames).key("checkpoints").value(log.checkpoints);
  json.key("guardian_moves").value(log.guardian_moves).key("guardian_lost").value(log.guardian_lost).close('}');
  json.key("policies").open('{').key("expired").value(policies.expired);
  json.key("stale_revalidating").value(policies.stale_revalidating);
  json.key("stale_on_error").value(policies.stale_on_error).key("refreshes").value(policies.refreshes);
  json.key("refresh_failures").value(policies.refresh_failures);
  json.key("not_admitted").value(policies.not_admitted).close('}');
  json.key("kv").open('{').key("open").value(kv.open).key("hot_hits").value(kv.hot_hits);
  json.key("store_reads").value(kv.store_reads).key("fills").value(kv.fills);
  json.key("invalidations").value(kv.invalidations).key("writes").value(kv.writes).key("commits").value(kv.commits);
  json.key("swept").value(kv.swept).key("healed").value(kv.healed).key("pages_held").value(kv.pages_held);
  json.key("keys").value(kv.keys).key("expiring").value(kv.expiring).key("bytes").value(kv.bytes);
  json.key("file_bytes").value(kv.file_bytes).key("map_bytes").value(kv.map_bytes).key("readers").value(kv.readers);
  json.key("seq").value(kv.seq).key("off").value(kv.off).close('}');
  json.key("invalidated").open('{').key("statements").value(invalidated.statements);
  json.key("tags").value(invalidated.tags).key("tables").value(invalidated.tables);
  json.key("everything").value(invalidated.everything).close('}');
  json.key("bypassed").open('{');
  for (const auto& [reason, count] : bypassed) json.key(reason).value(count);
  json.close('}');
  json.key("cache_off").value(cache_off).key("sqlite_version").value(sqlite_version);
  json.close('}');
  return json.take();
}

std::string Explanation::to_json() const {
  internal::JsonWriter json;
  json.open('{').key("cached").value(cached).key("any_commit").value(any_commit).key("reason").value(reason);
  json.key("stored").value(stored).key("pages").value(pages).key("tables").open('[');
  for (const std::string& table : tables) json.value(table);
  json.close(']').key("rows").value(rows).key("bytes").value(bytes).key("parts").open('[');
  for (const Part& part : parts) {
    json.open('{').key("name").value(part.name).key("table").value(part.table).key("index").value(part.index);
    json.key("pages").value(part.pages).key("changed_commits_ago");
    number_or_null(json, part.changed_commits_ago);
    json.key("voided").value(part.voided).close('}');
  }
  json.close(']').key("policies").open('[');
  for (const std::string& policy : policies) json.value(policy);
  json.close(']').key("tags").open('[');
  for (const std::string& tag : tags) json.value(tag);
  json.close(']').key("unmapped_pages").value(unmapped_pages).key("why_unmapped").value(why_unmapped);
  json.key("voided").open('{').key("times").value(voided.times).key("latest").value(voided.latest);
  json.key("by_everything").value(voided.by_everything).key("by_any_commit").value(voided.by_any_commit);
  json.key("by_hand").value(voided.by_hand);
  json.key("by_other_pages").value(voided.by_other_pages).key("last_seconds_ago");
  number_or_null(json, voided.last_seconds_ago);
  json.close('}').close('}');
  return json.take();
}

}  // namespace tern
