// The probes themselves: every sync point of the table is passed, traps run where they were set, and what is set from
// outside works in a process of its own.
#include "tests/probes/probes.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "tests/support/temp_folder.h"

namespace tern {
namespace {

using probes::Gate;
using probes::Trap;
using namespace std::chrono_literals;

TEST(Probes, ATrapRunsOnceAtThePassingThatItWasSetFor) {
  int ran = 0;
  {
    const Trap trap(
        "many:next", [&] { ++ran; }, 3);
    for (int i = 0; i < 2; ++i) probes::reached("many:next");
    EXPECT_EQ(ran, 0);
    for (int i = 0; i < 3; ++i) probes::reached("many:next");
    EXPECT_EQ(ran, 1);
    EXPECT_TRUE(trap.sprung());
  }
  probes::reached("many:next");
  EXPECT_EQ(ran, 1) << "it ended with its trap";
}

TEST(Probes, WhatATrapDoesIsNotTrappedItself) {
  int ran = 0;
  const Trap trap(
      "many:next",
      [&] {
        ++ran;
        probes::reached("many:next");
      },
      1, Trap::Repeat::kAlways);
  probes::reached("many:next");
  EXPECT_EQ(ran, 1);
}

TEST(Probes, AGateHoldsItsThreadUntilItIsOpened) {
  Gate gate("many:next");
  std::atomic<bool> passed{false};
  std::thread thread([&] {
    probes::reached("many:next");
    passed = true;
  });
  EXPECT_TRUE(gate.wait_reached(10s));
  EXPECT_FALSE(passed);
  gate.open();
  thread.join();
  EXPECT_TRUE(passed);
}

TEST(Probes, EveryNameIsInTheTableOnce) {
  const std::set<std::string_view> points(probes::kPoints.begin(), probes::kPoints.end());
  EXPECT_EQ(points.size(), probes::kPoints.size());
  for (size_t i = 0; i < probes::kMutantNames.size(); ++i)
    EXPECT_EQ(probes::find_mutant(probes::kMutantNames[i]), static_cast<probes::Mutant>(i));
}

// What the child does whose environment sets the probes.
TEST(ProbesChild, DISABLED_PassesThreeTimes) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) probes::reached("many:next");
  const auto least = ::getenv("TERN_PROBE_HOLD") != nullptr ? 30ms : 0ms;
  EXPECT_GE(std::chrono::steady_clock::now() - began, least);
  EXPECT_EQ(TERN_MUTANT(kWalStateIgnored), ::getenv("TERN_MUTANT") != nullptr);
}

pid_t start_child(const char* variable, const std::string& value) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setenv(variable, value.c_str(), 1);
  ::execl("/proc/self/exe", "probes", "--gtest_filter=ProbesChild.*", "--gtest_also_run_disabled_tests",
          "--gtest_brief=1", nullptr);
  ::_exit(99);
}

// Its exit code, or 128 and the signal that ended it.
int end_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Probes, TheEnvironmentKillsAtTheNthPassing) {
  EXPECT_EQ(end_of(start_child("TERN_PROBE_KILL", "many:next:3")), 128 + SIGKILL);
  EXPECT_EQ(end_of(start_child("TERN_PROBE_KILL", "many:next:4")), 0);
}

TEST(Probes, TheEnvironmentHoldsEveryPassing) { EXPECT_EQ(end_of(start_child("TERN_PROBE_HOLD", "many:next:10")), 0); }

TEST(Probes, TheEnvironmentSwitchesAMutantOn) { EXPECT_EQ(end_of(start_child("TERN_MUTANT", "kWalStateIgnored")), 0); }

TEST(Probes, TwoProcessesMeetAtAPoint) {
  const test::TempFolder temp;
  const std::string place = temp.file("place");
  const pid_t child = start_child("TERN_PROBE_MEET", "many:next:2:" + place);
  while (!std::filesystem::exists(place + ".reached")) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it waits";
  std::ofstream(place + ".open").put(' ');
  EXPECT_EQ(end_of(child), 0);
}

TEST(Probes, ANameThatDoesNotExistEndsTheProgram) {
  for (const char* const value : {"many:nex:1", "many:next", "many:next:", "many:next:x"})
    EXPECT_EQ(end_of(start_child("TERN_PROBE_KILL", value)), 128 + SIGABRT) << value;
  EXPECT_EQ(end_of(start_child("TERN_MUTANT", "kNoSuchRule")), 128 + SIGABRT);
}

}  // namespace
}  // namespace tern
