// Runs the built program as a user does, and takes down how it ended.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tern::test {

struct Ended {
  int exit_code = -1;  // 128 + the signal's number, if one ended it
  std::string out;
  std::string err;
};

// Who the program runs as: a test that needs a folder to be unwritable cannot be root, to whom none is.
enum class RunAs { kSelf, kNobody };

// `tern` with these arguments in `folder`. Standard input is empty.
Ended run_tern(const std::vector<std::string>& arguments, const std::string& folder = ".", RunAs as = RunAs::kSelf);

// Standard input is this file.
Ended run_tern_reading(const std::string& file, const std::vector<std::string>& arguments);

// Standard output is closed by its reader before the program writes to it.
Ended run_tern_into_closed_pipe(const std::vector<std::string>& arguments);

// Standard output is /dev/full, a device without room.
Ended run_tern_onto_full_device(const std::vector<std::string>& arguments);

}  // namespace tern::test
