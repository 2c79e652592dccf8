// How a command ends other than well. main() turns both into one line on stderr and an exit code.
#pragma once

#include <stdexcept>

namespace tern::cli {

// Exit code 1: the command was understood and failed. The message names the thing, the value and the remedy.
// (tern::Error ends in the same way.)
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Exit code 2: the command line is wrong.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace tern::cli
