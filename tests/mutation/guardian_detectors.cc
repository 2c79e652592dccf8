// Detectors of the guardian, of joining and of restarts: no commit may leave the log unseen.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/mutation/world.h"

namespace tern::mutation {
namespace {

using probes::Mutant;
using probes::Trap;

// One commit that leaves the log, if nobody holds it there, and another that begins it anew.
void commit_unseen(World& world, bool& copied) {
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  copied = world.foreign.checkpoint_passively();
  world.foreign.exec("UPDATE u SET v = 2 WHERE id = 1");
}

// The housekeeper's thread makes the commits itself, at the point; the snapshots of reads are gone by its second move.
Found commits_at(probes::Point point) {
  World world;
  world.t(1);
  bool copied = false;
  {
    const Trap trap(
        point, [&] { commit_unseen(world, copied); }, 2);
    world.let_keeper_run();
    require(trap.wait_sprung(kPatience), "the guardian did not move");
  }
  return differs(world.t(1), 2, "a read of a page whose commit the guardian was to keep in the log");
}

Found guardian_released_first() { return commits_at("guardian:before-second"); }
Found guardian_without_read() { return commits_at("guardian:moved"); }

// Somebody stands within a publication, and holds its lock, while the guardian tries to move.
Found moved_unpublished() {
  World world;
  world.t(1);
  world.let_guardian_move();  // the read's own snapshot is gone
  world.foreign.exec("UPDATE t SET v = 2 WHERE id = 1");
  probes::Gate publishing("publish:locked");
  std::thread publisher([&] { world.u(3); });
  const bool reached = publishing.wait_reached(kPatience);
  const auto let_it_try = [] {
    const uint64_t before = probes::passings("guardian:second-begun");
    wait_until([&] { return probes::passings("guardian:second-begun") >= before + 2; }, "the guardian does not move");
  };
  world.let_keeper_run();
  let_it_try();
  world.foreign.checkpoint_passively();
  let_it_try();
  world.foreign.exec("UPDATE u SET v = 2 WHERE id = 1");
  publishing.open();
  publisher.join();
  require(reached, "nobody published");
  return differs(world.t(1), 2, "a read of a page whose commit the guardian was to keep in the log");
}

Found guardian_relied_on_early() {
  Options options = without_store();
  options.max_log_bytes = 1;
  World world(create_tables, options);
  world.foreign.exec("UPDATE u SET v = 3 WHERE id = 2");  // a log that is too long
  world.t(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));  // an older snapshot is let go before the guardian is
  bool copied = false;
  {
    const Trap let_go("renew:let-go", [&] { commit_unseen(world, copied); });
    const Trap opened("renew:opened", [&] { world.publish_elsewhere(); });
    world.let_keeper_run();
    require(opened.wait_sprung(kPatience), "the guardian was not renewed");
  }
  require(copied, "somebody kept the log from being copied");
  return differs(world.t(1), 2, "a read of a page whose commit was made while there was no guardian");
}

Found renewal_trusts() {
  Options options = without_store();
  options.max_log_bytes = 1;
  World world(create_tables, options);
  world.foreign.exec("UPDATE u SET v = 3 WHERE id = 2");
  world.t(1);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  bool copied = false;
  {
    const Trap let_go("renew:let-go", [&] { commit_unseen(world, copied); });
    const Trap renewed("renew:published", [] {});
    world.let_keeper_run();
    require(renewed.wait_sprung(kPatience), "the guardian was not renewed");
  }
  require(copied, "somebody kept the log from being copied");
  return differs(world.t(1), 2, "a read of a page whose commit was made while there was no guardian");
}

// A process of its own that leaves an entry in the store, and maybe dies before it could close.
enum class End { kClose, kKill };

void leave_in_store(const std::string& path, const std::string& commit, End end) {
  const pid_t child = ::fork();
  if (child == 0) {
    {
      Foreign foreign(path);
      foreign.exec("PRAGMA journal_mode=WAL");
      create_tables(foreign);
      const Database db = open(path);
      Database reader = db;
      if (!commit.empty()) foreign.exec(commit);
      reader.prepare("SELECT v FROM t WHERE id = ?").bind(1).first();
      wait_until([&] { return reader.stats().store.entries > 0; }, "nothing reached the store");
      if (end == End::kKill) ::kill(::getpid(), SIGKILL);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const bool as_told = end == End::kKill ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0;
  require(as_told, "the process that was to fill the store failed");
}

int64_t read_after_reopen(const std::string& path) {
  Database db = open(path);
  return db.prepare("SELECT v FROM t WHERE id = ?").bind(1).first()->get<int64_t>(0);
}

Found join_trusts() {
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  leave_in_store(path, "", End::kClose);
  {
    Foreign foreign(path);
    foreign.exec("UPDATE t SET v = 2 WHERE id = 1; PRAGMA wal_checkpoint(TRUNCATE)");
  }
  return differs(read_after_reopen(path), 2, "a read behind a commit that was made while no tern ran");
}

// The log loses its last commit with the machine's power, say, and grows past the saved frame again.
Found restart_trusts_frames() {
  constexpr int kFrameBytes = 24 + 4096;
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  leave_in_store(path, "UPDATE t SET v = 2 WHERE id = 1", End::kKill);
  std::filesystem::resize_file(path + "-wal", std::filesystem::file_size(path + "-wal") - kFrameBytes);
  std::filesystem::remove(path + "-shm");
  {
    Foreign foreign(path);
    require(foreign.number("SELECT v FROM t WHERE id = 1") == 1, "the log did not lose its last commit");
    foreign.exec("UPDATE u SET v = 2 WHERE id = 1; UPDATE u SET v = 3 WHERE id = 1");
  }
  return differs(read_after_reopen(path), 1, "a read behind a restart that lost a commit");
}

constexpr Detector kDetectors[] = {
    {Mutant::kGuardianReleasedFirst, "two commits and a checkpoint while the guardian moves", guardian_released_first},
    {Mutant::kGuardianWithoutRead, "two commits and a checkpoint behind the guardian's move", guardian_without_read},
    {Mutant::kGuardianReliedOnEarly, "two commits and a checkpoint while there is no guardian",
     guardian_relied_on_early},
    {Mutant::kMovedUnpublished, "two commits and a checkpoint while somebody holds the stamp lock", moved_unpublished},
    {Mutant::kRenewalTrusts, "two commits and a checkpoint while there is no guardian", renewal_trusts},
    {Mutant::kEmptyLogTrusted, "a commit and a truncated log while no tern ran", join_trusts},
    {Mutant::kJoinTrusts, "a commit and a truncated log while no tern ran", join_trusts},
    {Mutant::kRestartTrustsFrames, "a log that lost its last commit and grew again", restart_trusts_frames},
};

}  // namespace

std::span<const Detector> guardian_detectors() { return kDetectors; }

}  // namespace tern::mutation
