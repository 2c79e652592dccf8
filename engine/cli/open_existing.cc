#include <filesystem>

#include "engine/cli/commands.h"
#include "engine/cli/failure.h"
#include "tern/tern.hpp"

namespace tern::cli {

Database open_existing(const std::string& path, bool convert) {
  std::error_code ignored;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty() && !std::filesystem::exists(folder, ignored)) {
    throw Failure("cannot open " + path + ": there is no folder " + folder.string());
  }
  if (!std::filesystem::exists(path, ignored)) {
    throw Failure("cannot open " + path + ": there is no such file; check the path, or make it with tern sql " + path +
                  " \"CREATE TABLE …\"");
  }
  return open(path, Options{.mode = OpenMode::kExisting, .convert_to_wal = convert});
}

}  // namespace tern::cli
