// SIGINT and SIGTERM as something to wait for: what ends a command that else goes on for ever, and is no failure.
//
//   Interrupt interrupt;               // before any thread is started: they inherit what is blocked
//   do work(); while (!interrupt.wait_for(1s));
//
// Contract. One object in a program, used by one thread. While it lives the two signals end nothing by themselves. One
// that comes while nobody waits is seen by the next wait_for().
#pragma once

#include <chrono>
#include <csignal>

namespace tern::cli {

class Interrupt {
 public:
  Interrupt() noexcept;
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Whether it has come; waits for that, but no longer than so.
  bool wait_for(std::chrono::milliseconds time) noexcept;

 private:
  sigset_t awaited_{};
  sigset_t before_{};
};

}  // namespace tern::cli
