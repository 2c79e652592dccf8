// The rules of KV namespaces (cache/kv_stamps.h).
#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "cache/hot_table.h"
#include "engine/kv_tier.h"
#include "tests/mutation/death_at_meta_page.h"
#include "tests/mutation/detector.h"
#include "tests/mutation/world.h"
#include "tests/probes/probes.h"

namespace tern::mutation {
namespace {

using probes::Mutant;
using probes::Trap;

// A namespace with a = b = "old", both hot.
class KvWorld {
  const test::TempFolder folder_;  // made first, removed last

 public:
  KvWorld() : db_(open(folder_.file("app.db"), without_store())), kv(db_.kv("x")) {
    put_both("old");
    for (int i = 0; i < 2; ++i) {
      kv.get("a");
      kv.get("b");
    }
  }
  void put_both(std::string_view value) {
    const KvItem items[] = {{"a", value}, {"b", value}};
    kv.put_many(items);
  }
  std::string a() const { return text(kv.get("a")); }
  static std::string text(const std::optional<Pinned>& value) { return value ? value->copy() : "nothing"; }
  // As LMDB has it.
  uint64_t stored_version_of_a() const { return kv.list({.prefix = "a"}).keys.at(0).version; }
  std::string path() const { return folder_.file("app.db"); }
  std::string folder() const { return folder_.file("app.db-tern/kv"); }

 private:
  Database db_;

 public:
  KvNamespace kv;
};

// Somebody who has seen the new value in LMDB is followed by somebody who gets the old one.
Found older_than_listed(KvWorld& world) {
  Found found;
  elsewhere([&] {
    const uint64_t listed = world.stored_version_of_a();
    const auto got = world.kv.get("a");
    if (!got || got->version() < listed)
      found = "after version " + std::to_string(listed) + " was listed, a get gave \"" + world.a() + '"';
  });
  return found;
}

Found hot_behind_a_commit() {
  KvWorld world;
  Found found;
  const Trap trap("kv:committed", [&] { found = older_than_listed(world); });
  world.kv.put("a", "new");
  require(trap.sprung(), "nobody committed");
  return found;
}

Found validated_at_label() {
  KvWorld world;
  Found found;
  const Trap fills("kv:before-commit", [&] { elsewhere([&] { world.kv.get("a"); }); });
  const Trap reads("kv:committed", [&] { found = older_than_listed(world); });
  world.kv.put("a", "new");
  require(fills.sprung() && reads.sprung(), "nobody committed");
  return found;
}

Found label_after_reading() {
  KvWorld world;
  world.kv.put("a", "old");
  const Trap trap("kv:snapshot-read", [&] { elsewhere([&] { world.kv.put("a", "new"); }); });
  world.kv.get("a");
  require(trap.sprung(), "nobody read the store");
  if (world.a() == "new") return std::nullopt;
  return "after an acknowledged put a get gave \"" + world.a() + '"';
}

Found many_without_second_look() {
  KvWorld world;
  const Trap trap(
      "kv:many-next",
      [&] {
        elsewhere([&] {
          world.put_both("new");
          world.kv.get("b");
        });
      },
      2);
  const std::string_view keys[] = {"a", "b"};
  const auto values = world.kv.get_many(keys);
  require(trap.sprung(), "nobody read many");
  const std::string a = KvWorld::text(values[0]);
  const std::string b = KvWorld::text(values[1]);
  if (a == b) return std::nullopt;
  return "of two keys that are always written together, one was \"" + a + "\" and the other \"" + b + '"';
}

// The tier itself, so that a mark can be left behind as by a writer that died.
Found not_healed() {
  const test::TempFolder folder;
  cache::HotTable hot(uint64_t{1} << 20);
  internal::Counters counters;
  internal::KvTierOptions options;
  options.store.folder = folder.file("kv");
  options.store.map_bytes = uint64_t{1} << 30;
  options.hot = &hot;
  options.counters = &counters;
  options.max_entry_bytes = 1 << 20;
  options.sweeps = false;
  options.keep = [] { return std::shared_ptr<const void>(); };
  internal::KvTier tier(std::move(options));
  const uint64_t number = tier.open_namespace("x", true);
  const uint64_t slot = cache::KvHotKey(number, "a").slot();
  tier.store().stamps().mark(std::span(&slot, 1), 1000);
  tier.get(number, "a");
  tier.get(number, "a");
  if (counters.sum(internal::Counter::kKvHotHits) == 1) return std::nullopt;
  return "a key whose writer died is never hot again";
}

// One that dies within its commit, when the file has it and the readers' table has not: LMDB shows it when the next
// write begins, of whatever key. Who has healed the mark before must not have kept the value of before.
Found healed_undecided() {
  DeathAtMetaPage death;
  KvWorld world;
  death.open_and_put(world.path(), "x", "a", "new");
  world.kv.get("a");
  elsewhere([&] { world.kv.put("c", "another"); });
  return older_than_listed(world);
}

// A process that knows LMDB and nothing of tern, which must not be, empties the store.
Found foreign_not_noticed() {
  KvWorld world;
  const std::string folder = world.folder();
  const pid_t child = ::fork();
  if (child == 0) {
    MDB_env* environment = nullptr;
    MDB_txn* transaction = nullptr;
    MDB_dbi values = 0;
    int code = ::mdb_env_create(&environment);
    if (code == 0) code = ::mdb_env_set_maxdbs(environment, 8);
    if (code == 0) code = ::mdb_env_open(environment, folder.c_str(), 0, 0600);
    if (code == 0) code = ::mdb_txn_begin(environment, nullptr, 0, &transaction);
    if (code == 0) code = ::mdb_dbi_open(transaction, "values", 0, &values);
    if (code == 0) code = ::mdb_drop(transaction, values, 0);
    if (code == 0) code = ::mdb_txn_commit(transaction);
    ::_exit(code == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the foreign program failed");
  world.kv.put("c", "ours");
  if (world.a() == "nothing") return std::nullopt;
  return "of a key that a foreign program has removed, a get gave \"" + world.a() + '"';
}

constexpr Detector kDetectors[] = {
    {Mutant::kKvNotPending, "between LMDB's commit and the stamps, who reads after a listing", hot_behind_a_commit},
    {Mutant::kKvSeqNotRaised, "the same of a key that was validated", hot_behind_a_commit},
    {Mutant::kKvNotHealed, "a key whose writer died between mark and commit", not_healed},
    {Mutant::kKvHealedUndecided, "a key whose writer died between the file and the readers' table", healed_undecided},
    {Mutant::kKvValidatedAtLabel, "a key filled between mark and commit, and read behind the commit",
     validated_at_label},
    {Mutant::kKvLabelAfterReading, "a put within a fill", label_after_reading},
    {Mutant::kKvManyWithoutSecondLook, "a put of two keys between their reads", many_without_second_look},
    {Mutant::kKvForeignNotNoticed, "a program that writes to LMDB behind our back", foreign_not_noticed},
};

}  // namespace

std::span<const Detector> kv_detectors() { return kDetectors; }

}  // namespace tern::mutation
