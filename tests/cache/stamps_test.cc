#include "cache/stamps.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "cache/validity.h"
#include "tests/support/temp_folder.h"

namespace tern::cache {
namespace {

struct Stamped : testing::Test {
  StampsOptions options() const {
    StampsOptions options;
    options.folder = temp.path() / "app.db-tern";
    options.device = 7;
    options.inode = 11;
    return options;
  }
  std::unique_ptr<Stamps> open() const { return open(options()); }
  static std::unique_ptr<Stamps> open(const StampsOptions& options) {
    std::string why;
    auto stamps = Stamps::open(options, why);
    EXPECT_NE(stamps, nullptr) << why;
    return stamps;
  }
  static Stamps::SavedState state(int fill) {
    Stamps::SavedState state{};
    state.fill(static_cast<std::byte>(fill));
    return state;
  }

  test::TempFolder temp;
};

TEST_F(Stamped, StartsAtSeqOneWithNothingSavedAndNothingStamped) {
  const auto stamps = open();
  EXPECT_TRUE(stamps->is_new());
  EXPECT_EQ(stamps->seq(), 1u);
  EXPECT_EQ(stamps->expected(), 0u);
  EXPECT_EQ(stamps->stamp(42), 0u);
  EXPECT_EQ(stamps->uuid().size(), 32u);
  EXPECT_FALSE(stamps->saved_state(*stamps->try_lock()));
}

TEST_F(Stamped, PublishRaisesSeqAndStampsOnlyTheSlotsGiven) {
  const auto stamps = open();
  const std::vector<uint32_t> slots = {3, 70'000};
  EXPECT_EQ(stamps->publish(*stamps->try_lock(), slots, false, state(1), 99), 2u);
  EXPECT_EQ(stamps->seq(), 2u);
  EXPECT_EQ(stamps->expected(), 99u);
  EXPECT_EQ(stamps->stamp(3), 2u);
  EXPECT_EQ(stamps->stamp(70'000), 2u);
  EXPECT_EQ(stamps->stamp(4), 0u);
  EXPECT_EQ(stamps->stamp_all(), 0u);
}

TEST_F(Stamped, PublishOfNothingTakesUpTheStateAndLeavesSeq) {
  const auto stamps = open();
  EXPECT_EQ(stamps->publish(*stamps->try_lock(), {}, false, state(1), 5), 1u);
  EXPECT_EQ(stamps->expected(), 5u);
}

TEST_F(Stamped, PublishOfEverythingRaisesTheStampOfAll) {
  const auto stamps = open();
  stamps->publish(*stamps->try_lock(), {}, true, state(1), 5);
  EXPECT_EQ(stamps->stamp_all(), 2u);
}

TEST_F(Stamped, IsTheSameFileForWhoeverOpensItNext) {
  const auto first = open();
  const std::vector<uint32_t> slots = {8};
  first->publish(*first->try_lock(), slots, false, state(3), 44);
  const auto second = open();
  EXPECT_FALSE(second->is_new());
  EXPECT_EQ(second->uuid(), first->uuid());
  EXPECT_EQ(second->stamp(8), 2u);
  EXPECT_EQ(second->saved_state(*second->try_lock()), state(3));
  first->publish(*first->try_lock(), slots, false, state(4), 45);
  EXPECT_EQ(second->expected(), 45u) << "both map one file";
}

TEST_F(Stamped, StartsAnewForAnotherDatabaseFile) {
  const std::string before = open()->uuid();
  StampsOptions other = options();
  other.inode = 12;
  const auto stamps = open(other);
  EXPECT_TRUE(stamps->is_new());
  EXPECT_NE(stamps->uuid(), before);
}

// Every byte of the header that says what the file is must be looked at.
TEST_F(Stamped, StartsAnewWhenTheHeaderIsDamaged) {
  for (const std::streamoff at : {0, 8, 12, 16, 24, 33, 75, 113}) {
    const std::string before = open()->uuid();
    {
      std::fstream file(options().folder / "stamps", std::ios::in | std::ios::out | std::ios::binary);
      file.seekg(at);
      const char damaged = static_cast<char>(file.get() ^ 0x5a);
      file.seekp(at);
      file.put(damaged);
    }
    EXPECT_NE(open()->uuid(), before) << "byte " << at;
  }
}

TEST_F(Stamped, StartsAnewWhenTheFileIsCutOff) {
  const std::string before = open()->uuid();
  std::filesystem::resize_file(options().folder / "stamps", 5000);
  EXPECT_NE(open()->uuid(), before);
}

TEST_F(Stamped, GoesOnWithTheMappedFileWhenItIsDeleted) {
  const auto stamps = open();
  std::filesystem::remove_all(options().folder);
  const std::vector<uint32_t> slots = {1};
  EXPECT_EQ(stamps->publish(*stamps->try_lock(), slots, false, state(1), 2), 2u);
  EXPECT_NE(open()->uuid(), stamps->uuid());
}

TEST_F(Stamped, SlotCountIsThePowerOfTwoThatCoversTheWish) {
  StampsOptions wish = options();
  for (const auto& [wanted, count] : {std::pair<uint64_t, uint64_t>{0, 65'536}, {65'536, 65'536}, {65'537, 131'072}}) {
    std::filesystem::remove_all(wish.folder);
    wish.slots_wanted = wanted;
    EXPECT_EQ(open(wish)->slot_count(), count) << wanted;
  }
}

TEST_F(Stamped, TakesTheModeOfTheDatabase) {
  StampsOptions shared = options();
  shared.file_mode = 0660;
  open(shared);
  struct stat status {};
  ASSERT_EQ(::stat((shared.folder / "stamps").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660u);
  ASSERT_EQ(::stat(shared.folder.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0770u);
}

TEST_F(Stamped, TheLockExcludesThreadsAndOtherDescriptions) {
  const auto mine = open();
  const auto theirs = open();  // a description of its own, as another process has
  {
    const auto lock = mine->try_lock();
    ASSERT_TRUE(lock);
    EXPECT_FALSE(theirs->try_lock());
    std::thread([&] { EXPECT_FALSE(mine->try_lock()); }).join();
    EXPECT_FALSE(theirs->lock(1));
  }
  EXPECT_TRUE(theirs->try_lock());
}

TEST_F(Stamped, TheKernelFreesTheLockAndTheGuardOfADeadProcess) {
  const auto stamps = open();
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::string why;
    const auto own = Stamps::open(options(), why);
    const auto lock = own->try_lock();
    own->set_guarded(true);
    (void)!::write(ready[1], lock ? "y" : "n", 1);
    ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_FALSE(stamps->try_lock());
  EXPECT_TRUE(stamps->guarded_by_others());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(stamps->try_lock());
  EXPECT_FALSE(stamps->guarded_by_others());
}

TEST_F(Stamped, AChildDoesNotKeepItsParentsLocksAlive) {
  const auto stamps = open();
  int alive[2];
  ASSERT_EQ(::pipe(alive), 0);
  // The middle process holds lock and guard, forks, and dies; its child lives on.
  const pid_t middle = ::fork();
  if (middle == 0) {
    std::string why;
    const auto own = Stamps::open(options(), why);
    const auto lock = own->try_lock();
    own->set_guarded(true);
    if (::fork() == 0) {
      const pid_t child = ::getpid();
      (void)!::write(alive[1], &child, sizeof child);
      ::pause();
    }
    ::_exit(lock ? 0 : 1);
  }
  int status = 0;
  ::waitpid(middle, &status, 0);
  ASSERT_EQ(status, 0);
  pid_t child = 0;
  ASSERT_EQ(::read(alive[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
  EXPECT_TRUE(stamps->try_lock());
  EXPECT_FALSE(stamps->guarded_by_others());
  ::kill(child, SIGKILL);
}

TEST_F(Stamped, OwnGuardIsNotCountedAsAnothers) {
  const auto mine = open();
  const auto theirs = open();
  mine->set_guarded(true);
  EXPECT_FALSE(mine->guarded_by_others());
  EXPECT_TRUE(theirs->guarded_by_others());
  mine->set_guarded(false);
  EXPECT_FALSE(theirs->guarded_by_others());
}

TEST_F(Stamped, ARequestWakesWhoeverWaits) {
  const auto stamps = open();
  const uint32_t seen = stamps->request_count();
  std::thread waiter([&] { EXPECT_EQ(stamps->wait_for_request(seen, 60'000), seen + 1); });
  stamps->request_move();
  waiter.join();
  EXPECT_EQ(stamps->wait_for_request(seen, 60'000), seen + 1) << "a request that has come already does not wait";
}

TEST_F(Stamped, ARequestToLetGoIsSeenByAllUntilItEnds) {
  const auto one = open();
  const auto other = open();
  const auto now = std::chrono::steady_clock::now();
  EXPECT_LT(other->let_go_until(), now);
  const uint32_t moves = other->request_count();
  const uint32_t before = other->let_go_count();
  EXPECT_EQ(one->request_let_go(now + std::chrono::milliseconds(100)), before + 1);
  EXPECT_NE(other->request_count(), moves) << "it wakes whoever waits";
  EXPECT_EQ(other->let_go_count(), before + 1);
  EXPECT_EQ(other->let_go_until(), now + std::chrono::milliseconds(100));
  other->end_let_go();
  EXPECT_LT(one->let_go_until(), now);
}

TEST_F(Stamped, ARequestToLetGoIsNeverFollowedForLong) {
  const auto stamps = open();
  stamps->request_let_go(std::chrono::steady_clock::now() + std::chrono::hours(1));
  const auto until = stamps->let_go_until();
  EXPECT_LE(until, std::chrono::steady_clock::now() + Stamps::kMaxLetGo);
}

TEST_F(Stamped, ACleanMarkIsGivenBackUntilAnythingIsPublished) {
  const auto stamps = open();
  const auto lock = stamps->try_lock();
  EXPECT_FALSE(stamps->clean_mark(*lock)) << "none was left";
  stamps->publish(*lock, {}, false, state(1), 99);
  Stamps::CleanMark mark{};
  mark.fill(std::byte{7});
  stamps->leave_clean_mark(*lock, mark);
  EXPECT_EQ(stamps->clean_mark(*lock), mark);
  stamps->publish(*lock, {}, false, state(1), 100);
  EXPECT_FALSE(stamps->clean_mark(*lock)) << "of another state of the source";
  stamps->leave_clean_mark(*lock, mark);
  stamps->publish(*lock, {}, true, state(1), 100);
  EXPECT_FALSE(stamps->clean_mark(*lock)) << "of an earlier seq";
}

TEST_F(Stamped, StartsAnewAfterAnotherBootOfTheMachine) {
  StampsOptions boot = options();
  boot.boot_id = "boot one";
  const std::string uuid = open(boot)->uuid();
  EXPECT_EQ(open(boot)->uuid(), uuid);
  boot.boot_id = "boot two";
  const auto later = open(boot);
  EXPECT_TRUE(later->is_new());
  EXPECT_NE(later->uuid(), uuid) << "the store of before is never opened again";
}

TEST_F(Stamped, SaysWhyWhenTheFolderCannotBeMade) {
  StampsOptions lost = options();
  lost.folder = temp.path() / "missing" / "app.db-tern";
  std::string why;
  EXPECT_EQ(Stamps::open(lost, why), nullptr);
  EXPECT_NE(why.find("missing"), std::string::npos) << why;
}

// Rule Read.
struct Source {
  uint64_t value = 0;
  uint64_t state() const noexcept { return value; }
};

struct Validity : Stamped {
  EntryRef entry(uint64_t label, std::vector<uint32_t> slots, uint8_t flags = 0) {
    EntryFields fields;
    fields.label = label;
    fields.slots = slots;
    fields.flags = flags;
    return Entry::make(fields, std::span<const std::byte>());
  }
  void commit(std::vector<uint32_t> slots, bool everything = false) {
    ++source.value;
    stamps->publish(*stamps->try_lock(), slots, everything, state(1), source.value);
  }
  bool holds(const EntryRef& e) {
    const Moment moment = observe(source, *stamps);
    return moment.published && still_true(*e, *stamps, moment);
  }

  Source source;
  std::unique_ptr<Stamps> stamps = open();
};

TEST_F(Validity, HoldsUntilOneOfItsSlotsIsStamped) {
  commit({});
  const EntryRef e = entry(stamps->seq(), {5, 9});
  EXPECT_TRUE(holds(e));
  commit({6, 10});
  EXPECT_TRUE(holds(e)) << "other slots";
  commit({9});
  EXPECT_FALSE(holds(e));
  commit({});
  EXPECT_FALSE(holds(e)) << "and never again";
}

TEST_F(Validity, NothingHoldsWhileACommitIsUnpublished) {
  commit({});
  const EntryRef e = entry(stamps->seq(), {5});
  ++source.value;
  EXPECT_FALSE(observe(source, *stamps).published);
}

TEST_F(Validity, EverythingVoidsAnEntryWithoutSlots) {
  commit({});
  const EntryRef e = entry(stamps->seq(), {});
  commit({1, 2, 3});
  EXPECT_TRUE(holds(e)) << "a constant hangs on no page";
  commit({}, true);
  EXPECT_FALSE(holds(e));
}

TEST_F(Validity, AnyCommitVoidsAnEntryThatSaysSo) {
  commit({});
  const EntryRef e = entry(stamps->seq(), {}, kAnyCommit);
  EXPECT_TRUE(holds(e));
  commit({77});
  EXPECT_FALSE(holds(e));
}

TEST_F(Validity, AnEntryLabelledBeforeACommitOfItsSlotNeverHolds) {
  const uint64_t label = stamps->seq();
  commit({5});
  EXPECT_FALSE(holds(entry(label, {5}))) << "the fill began before the commit";
}

TEST_F(Validity, TheMarkOfAnEarlierSeqIsNotBelieved) {
  commit({1});
  const EntryRef e = entry(stamps->seq(), {5});
  EXPECT_TRUE(holds(e));
  EXPECT_EQ(e->validated().load(), stamps->seq());
  commit({5});
  EXPECT_FALSE(holds(e));
}

}  // namespace
}  // namespace tern::cache
