// What the system said of a file, in words.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

namespace tern::cache {

// "cannot open /data/app.db-tern/stamps: Permission denied", by errno.
inline std::string errno_text(const char* what, const std::filesystem::path& path) {
  return std::string(what) + " " + path.string() + ": " + std::strerror(errno);
}

}  // namespace tern::cache
