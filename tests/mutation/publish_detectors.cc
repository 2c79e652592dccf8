// Detectors of the rule Publish: the order of its stores, and which pages count as changed.
#include <thread>

#include "tests/mutation/world.h"

namespace tern::mutation {
namespace {

using probes::Gate;
using probes::Mutant;
using probes::Trap;

Found expected_before_stamps() {
  World world;
  world.t(1);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  int64_t got = 0;
  const Trap trap("publish:before-stamp", [&] { elsewhere([&] { got = world.t(1); }); });
  world.publish_elsewhere();
  require(trap.sprung(), "nothing was stamped");
  return differs(got, 2, "a read while the commit before it was published");
}

// The first reader began before the commit, and may give the old value; but it must not mark it as good for the new
// seq.
Found seq_before_stamps() {
  World world;
  world.t(1);
  Gate publishing("publish:before-stamp");
  std::thread publisher;
  {
    const Trap trap("read:expected-loaded", [&] {
      world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
      publisher = std::thread([&] { world.u(3); });
      require(publishing.wait_reached(kPatience), "nothing was stamped");
    });
    world.t(1);
  }
  publishing.open();
  publisher.join();
  return differs(world.t(1), 2, "a read behind one that met a publication under way");
}

Found first_frame_skipped() {
  World world;
  world.foreign.exec("UPDATE u SET v = 2 WHERE id = 1");  // begins the log anew, which is another rule
  world.publish_elsewhere();
  world.t(1);
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  return differs(world.t(1), 2, "a read of the page of a commit of one frame");
}

Found restarted_log_continued() {
  World world;
  for (int i = 0; i < 10; ++i) world.foreign.exec("UPDATE u SET v = v + 1 WHERE id = 1");
  world.t(1);
  world.publish_elsewhere();
  world.restart_log_by("UPDATE t SET v = 2 WHERE id = 1");
  return differs(world.t(1), 2, "a read of the page of the first commit of a log that began anew");
}

// A row whose last page is reached through the pointer map, without the pages between. Incremental vacuum moves the end
// of the file to the free pages at its front; the page that was read is cut off, and no page that was read is written.
// Then the row's end is overwritten where it lies now.
constexpr int kPayloadOfOverflowPage = 512 - 4;

void create_vacuumable(Foreign& foreign) {
  foreign.exec("PRAGMA page_size = 512; PRAGMA auto_vacuum = 2");
  create_tables(foreign);
  foreign.exec("CREATE TABLE filler (x); CREATE TABLE big (id INTEGER PRIMARY KEY, head, tail)");
}

void grow(Foreign& foreign) {
  const auto blob = [](int pages) { return "zeroblob(" + std::to_string(pages * kPayloadOfOverflowPage) + ")"; };
  foreign.exec("INSERT INTO filler VALUES (" + blob(105) + "); INSERT INTO big VALUES (1, " + blob(20) + ", 1111)");
  foreign.exec("DELETE FROM filler");
}

Found read_over_shrink(World& world, const std::function<void()>& before_fill) {
  before_fill();
  const Statement read = world.db.prepare("SELECT tail FROM big WHERE id = 1");
  require(read.bind().first()->get<int64_t>(0) == 1111, "the row is not there");
  const int64_t pages = world.foreign.number("PRAGMA page_count");
  world.foreign.exec("PRAGMA incremental_vacuum(3)");
  require(world.foreign.number("PRAGMA page_count") < pages, "the database did not shrink");
  world.foreign.exec("UPDATE big SET tail = 2222 WHERE id = 1");
  return differs(read.bind().first()->get<int64_t>(0), 2222, "a read of a page that was moved and cut off");
}

Found vanished_pages_not_stamped() {
  World world([](Foreign& foreign) {
    create_vacuumable(foreign);
    grow(foreign);
  });
  return read_over_shrink(world, [] {});
}

// As it grew behind the state that was saved first, that one knows of no page that could vanish. The log begins anew in
// between, or its old frames would name the row's pages again.
Found saved_state_not_updated() {
  World world(create_vacuumable);
  return read_over_shrink(world, [&] {
    grow(world.foreign);
    world.publish_elsewhere();
    world.restart_log_by("UPDATE u SET v = 2 WHERE id = 1");
    world.publish_elsewhere();
  });
}

constexpr Detector kDetectors[] = {
    {Mutant::kExpectedBeforeStamps, "a reader while another process's commit is being published",
     expected_before_stamps},
    {Mutant::kSeqBeforeStamps, "a reader within a publication, and one behind it", seq_before_stamps},
    {Mutant::kFirstFrameSkipped, "a commit of one frame", first_frame_skipped},
    {Mutant::kRestartedLogContinued, "the first commit of a log that began anew", restarted_log_continued},
    {Mutant::kVanishedPagesNotStamped, "an overflow page is moved by a vacuum, then overwritten",
     vanished_pages_not_stamped},
    {Mutant::kSavedStateNotUpdated, "the same, with the database grown in between", saved_state_not_updated},
};

}  // namespace

std::span<const Detector> publish_detectors() { return kDetectors; }

}  // namespace tern::mutation
