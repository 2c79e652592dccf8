// A process that is killed within an LMDB commit: its meta page is in the file, and the readers' table does not say so
// yet.
//
// Between these two LMDB calls nothing that could be held up, so the program's own pwrite(), which takes the place of
// the C library's, is where it dies.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace tern::mutation {

class DeathAtMetaPage {
 public:
  // Forks, before the caller opens a database, which a child must not use.
  DeathAtMetaPage();
  ~DeathAtMetaPage();
  DeathAtMetaPage(const DeathAtMetaPage&) = delete;
  DeathAtMetaPage& operator=(const DeathAtMetaPage&) = delete;

  // The other process opens the database, puts the value, and dies within that commit. SetupFailed if it does not.
  void open_and_put(const std::string& path, std::string_view name, std::string_view key, std::string_view value);

 private:
  pid_t child_ = -1;
  int order_ = -1;
};

}  // namespace tern::mutation
