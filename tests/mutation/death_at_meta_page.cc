#include "tests/mutation/death_at_meta_page.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <vector>

#include "tern/tern.hpp"
#include "tests/mutation/world.h"

namespace {

std::atomic<bool> dies{false};
constexpr off_t kMetaPagesEnd = 2 * 4096;
constexpr size_t kPageBytes = 4096;  // a whole page is data; of a meta page LMDB writes a part

}  // namespace

extern "C" __attribute__((visibility("default"))) ssize_t pwrite(int descriptor, const void* bytes, size_t size,
                                                                 off_t at) {
  const ssize_t written = ::syscall(SYS_pwrite64, descriptor, bytes, size, at);
  if (dies.load(std::memory_order_relaxed) && at < kMetaPagesEnd && size < kPageBytes) ::kill(::getpid(), SIGKILL);
  return written;
}

namespace tern::mutation {
namespace {

// Texts of one order, each with a zero byte behind it; the pipe's end ends them.
std::vector<std::string> read_order(int from) {
  std::vector<std::string> texts(1);
  for (char c = 0; ::read(from, &c, 1) == 1;) {
    if (c != 0) {
      texts.back() += c;
    } else {
      texts.emplace_back();
    }
  }
  texts.pop_back();
  return texts;
}

[[noreturn]] void obey(const std::vector<std::string>& order) {
  if (order.size() != 4) ::_exit(0);
  try {
    Database db = open(order[0], without_store());
    KvNamespace kv = db.kv(order[1]);
    dies.store(true, std::memory_order_relaxed);
    kv.put(order[2], order[3]);
  } catch (const std::exception&) {
    ::_exit(1);
  }
  ::_exit(0);
}

}  // namespace

DeathAtMetaPage::DeathAtMetaPage() {
  int ends[2] = {-1, -1};
  require(::pipe(ends) == 0, "no pipe");
  child_ = ::fork();
  if (child_ == 0) {
    ::close(ends[1]);
    obey(read_order(ends[0]));
  }
  ::close(ends[0]);
  order_ = ends[1];
  require(child_ > 0, "no process");
}

DeathAtMetaPage::~DeathAtMetaPage() {
  if (order_ >= 0) ::close(order_);
  if (child_ > 0) ::waitpid(child_, nullptr, 0);
}

void DeathAtMetaPage::open_and_put(const std::string& path, std::string_view name, std::string_view key,
                                   std::string_view value) {
  std::string order;
  for (const std::string_view text : {std::string_view(path), name, key, value}) (order += text) += '\0';
  const bool sent = ::write(order_, order.data(), order.size()) == static_cast<ssize_t>(order.size());
  ::close(order_);
  order_ = -1;
  int status = 0;
  ::waitpid(child_, &status, 0);
  child_ = -1;
  require(sent && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the writer did not die in its commit");
}

}  // namespace tern::mutation
