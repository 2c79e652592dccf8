#include "sql/database_path.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sql/error.h"

namespace tern::sql {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// By the effective user, which is the one that opens files; access() asks for the real one.
bool accessible(const std::string& path, int how) { return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0; }

}  // namespace

void refuse_path(int code, const std::string& path, std::string_view reason, std::string_view remedy) {
  throw Error(code, describe("open database " + path, reason, remedy));
}

void check_path(const ConnectionOptions& options) {
  const std::string& path = options.path;
  if (path.empty() || path == ":memory:" || path.starts_with("file:")) {
    refuse_path(SQLITE_CANTOPEN, path.empty() ? "\"\"" : path, "tern keeps its database in a file",
                "give the path of a file (temporary and in-memory databases cannot be shared between connections)");
  }
  if (path.find('\0') != std::string::npos) {
    refuse_path(SQLITE_CANTOPEN, path.c_str(), "the path contains a NUL byte", "give a path without one");
  }
  const std::string folder = folder_of(path);
  struct stat status;
  if (::stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    refuse_path(SQLITE_CANTOPEN, path, "there is no folder " + folder, "create it, or check the path");
  }
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == EACCES)
      refuse_path(SQLITE_PERM, path, "no permission to search the folder " + folder, "check its mode");
    if (options.mode != OpenMode::kCreate) {
      refuse_path(SQLITE_CANTOPEN, path, "there is no such file", "check the path, or open it with leave to create it");
    }
    if (!accessible(folder, W_OK)) {
      refuse_path(SQLITE_READONLY_DIRECTORY, path,
                  "the folder " + folder + " is not writable, so the file cannot be created",
                  "choose another folder, or change its mode or owner");
    }
    return;
  }
  if (S_ISDIR(status.st_mode)) refuse_path(SQLITE_CANTOPEN, path, "it is a folder", "give the path of a file in it");
  if (!S_ISREG(status.st_mode)) refuse_path(SQLITE_CANTOPEN, path, "it is not a regular file", "give the path of one");
  if (options.read_only) {
    if (!accessible(path, R_OK))
      refuse_path(SQLITE_PERM, path, "no permission to read the file", "change its mode or owner");
    return;
  }
  if (!accessible(path, R_OK | W_OK)) {
    refuse_path(errno == EROFS ? SQLITE_READONLY : SQLITE_PERM, path, "no permission to read and write the file",
                "change its mode or owner; reading too needs to write, to the -shm file beside it");
  }
  // The log and its index are created beside the file whenever nobody else has it open.
  if (!accessible(folder, W_OK) && !accessible(path + "-shm", W_OK)) {
    refuse_path(SQLITE_READONLY_DIRECTORY, path,
                "the folder " + folder + " is not writable, and WAL mode needs " + path + "-wal and -shm in it",
                "change the folder's mode or owner, or copy the database to a writable one");
  }
}

bool is_immutable(const std::string& path) {
  struct statvfs medium;
  if (::statvfs(path.c_str(), &medium) != 0 || (medium.f_flag & ST_RDONLY) == 0) return false;
  struct stat log;
  return ::stat((path + "-wal").c_str(), &log) != 0 || log.st_size == 0;
}

std::string immutable_uri(const std::string& path) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string uri = path.starts_with('/') ? "file://" : "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += '%';
      uri += kDigits[static_cast<unsigned char>(c) >> 4];
      uri += kDigits[c & 15];
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

std::string why_read_only(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || !accessible(path, R_OK)) return {};
  if (!accessible(path, W_OK)) {
    return errno == EROFS ? "its file system is mounted read-only" : "no permission to write the file";
  }
  const std::string folder = folder_of(path);
  if (accessible(folder, W_OK) || (accessible(path + "-shm", W_OK) && accessible(path + "-wal", W_OK))) return {};
  return "the folder " + folder + " is not writable, and WAL mode needs " + path + "-wal and -shm in it";
}

}  // namespace tern::sql
