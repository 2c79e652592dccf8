// Detectors of the rules Read, Wait and Many.
#include <thread>

#include "tests/mutation/world.h"
#include "tests/support/colliding_keys.h"

namespace tern::mutation {
namespace {

using probes::Gate;
using probes::Mutant;
using probes::Trap;

Found wal_state_ignored() {
  World world;
  world.t(1);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  return differs(world.t(1), 2, "a read after a foreign commit");
}

// The commit is acknowledged and not published when the read begins, and published while it loads its words.
Found wal_state_loaded_second() {
  World world;
  world.t(1);
  world.t(1);  // the hit that sets the mark `validated`
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  const Trap trap("read:state-loaded", [&] { world.publish_elsewhere(); });
  const int64_t got = world.t(1);
  require(trap.sprung(), "the read loaded no wal state");
  return differs(got, 2, "a read while the commit before it was published");
}

Found everything_not_checked() {
  World world([](Foreign& foreign) {
    create_tables(foreign);
    foreign.exec("CREATE VIEW w AS SELECT v FROM t WHERE id = 1");
  });
  const Statement read = world.db.prepare("SELECT v FROM w");
  require(read.bind().first()->get<int64_t>(0) == 1, "the view does not read");
  world.foreign.exec("BEGIN; DROP VIEW w; CREATE VIEW w AS SELECT v + 1 AS v FROM t WHERE id = 1; COMMIT");
  return differs(read.bind().first()->get<int64_t>(0), 2, "a view that was made anew, over pages that did not change,");
}

Found validated_before_check() {
  World world;
  world.t(1);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  int64_t other = 0;
  const Trap trap("read:hot-void", [&] { elsewhere([&] { other = world.t(1); }); });
  world.t(1);
  require(trap.sprung(), "the entry was not found void");
  return differs(other, 2, "a read behind one that has found the entry void");
}

Found store_entry_not_validated() {
  Options options;
  options.store_bytes = uint64_t{8} << 20;
  World world(create_tables, options);
  world.t(1);
  wait_until([&] { return world.db.stats().store.entries > 0; }, "nothing reached the store");
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  return differs(world.t(1), 2, "a read that finds an old entry in the store");
}

Found many_without_second_look() {
  World world;
  const Statement read = world.db.prepare("SELECT v FROM t WHERE id = ?");
  const Trap trap(
      "many:next", [&] { world.foreign.exec("UPDATE t SET v = 2"); }, 2);
  const std::vector<Rows> rows = read.all_many(std::vector<Value>{1, 2});
  require(trap.sprung(), "all_many() did not go from one to the next");
  const int64_t first = rows[0][0].get<int64_t>(0);
  return differs(rows[1][0].get<int64_t>(0), first, "the second row of one transaction, read with the first,");
}

// The leader has read before the commit; who joins its flight began after it.
Found flight_unchecked() {
  World world;
  for (int round = 2; round < 12; ++round) {  // a waiter loses patience after 20 ms, if the machine is that busy
    Gate before_share("fill:before-share");
    std::thread leader([&] { world.t(1); });
    require(before_share.wait_reached(kPatience), "nobody filled");
    world.foreign.exec("UPDATE t SET v = " + std::to_string(round) + " WHERE id = 1");
    const Trap joined("flight:joined", [&] { before_share.open(); });
    const int64_t got = world.t(1);
    const bool waited = joined.sprung();
    before_share.open();
    leader.join();
    require(waited, "the second reader did not wait");
    if (got != round) return differs(got, round, "a read that took over a fill from before its start");
    world.foreign.exec("UPDATE t SET v = 0 WHERE id = 1");  // the next leader is to miss
  }
  return std::nullopt;
}

Found key_hash_only() {
  World world;
  const Statement read = world.db.prepare("SELECT ?1");
  read.bind(test::colliding_blob(0, 0)).first();
  const auto wanted = test::colliding_blob(0, 1);
  const auto got = read.bind(wanted).first()->get<std::vector<std::byte>>(0);
  if (got == wanted) return std::nullopt;
  return "a read gave the answer to another argument with the same hash";
}

// An older fill that ends late must not take the place of the newer one.
Found stale_insert_over_newer() {
  World world;
  Gate late("fill:before-insert");
  std::thread older([&] { world.t(1); });
  const bool reached = late.wait_reached(kPatience);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  world.t(1);
  late.open();
  older.join();
  require(reached, "nobody filled");
  const auto row = world.db.prepare("SELECT v FROM t WHERE id = ?").bind(1).first();
  if (row->source() != Source::kHot) return "the newest entry was thrown out for one that was void already";
  return differs(row->get<int64_t>(0), 2, "the read behind both fills");
}

Found stale_unasked() {
  World world;
  world.t(1);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  return differs(world.t(1), 2, "a statement without a policy");
}

Found stale_untold() {
  World world;
  const Statement read =
      world.db.prepare("SELECT v FROM t WHERE id = 1", {.stale_while_revalidate = std::chrono::hours(1)});
  read.all();
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  const Rows rows = read.all();
  require(rows.at(0).get<int64_t>(0) == 1, "the old answer was not given");
  if (!rows.freshness().fresh) return std::nullopt;
  return "an answer that a commit voided says that it is fresh";
}

Found group_mark_ignored() {
  World world;
  const Statement read = world.db.prepare("SELECT v FROM t WHERE id = 1");
  read.all();
  require(read.all().source() == Source::kHot, "the answer was not kept");
  world.db.invalidate(read);
  if (read.all().source() != Source::kHot) return std::nullopt;
  return "an answer that was invalidated by hand was given";
}

constexpr Detector kDetectors[] = {
    {Mutant::kGroupMarkIgnored, "a statement is invalidated by hand", group_mark_ignored},
    {Mutant::kWalStateIgnored, "a hot entry after a foreign commit", wal_state_ignored},
    {Mutant::kWalStateLoadedSecond, "a commit is published between the loads of a read", wal_state_loaded_second},
    {Mutant::kAllNotChecked, "a view is made anew over unchanged pages", everything_not_checked},
    {Mutant::kCookieIgnored, "a view is made anew over unchanged pages", everything_not_checked},
    {Mutant::kValidatedBeforeCheck, "a second reader behind one that found the entry void", validated_before_check},
    {Mutant::kStoreEntryNotValidated, "an entry of the store after a foreign commit", store_entry_not_validated},
    {Mutant::kManyWithoutSecondLook, "two rows of one commit, read with it between them", many_without_second_look},
    {Mutant::kFlightUnchecked, "a waiter that began after the commit that the leader missed", flight_unchecked},
    {Mutant::kKeyHashOnly, "two arguments with one hash", key_hash_only},
    {Mutant::kStaleInsertOverNewer, "a fill from before a commit ends after one from behind it",
     stale_insert_over_newer},
    {Mutant::kStaleUnasked, "a read behind a commit, without a policy", stale_unasked},
    {Mutant::kStaleUntold, "a read behind a commit, with stale_while_revalidate", stale_untold},
};

}  // namespace

std::span<const Detector> read_detectors() { return kDetectors; }

}  // namespace tern::mutation
