// kill -9 at every sync point: whoever lives on, or comes later, reads what SQLite reads, and nothing that was
// acknowledged is lost.
//
//   tern_deaths                 every point, beside a living process and alone; 0 if all was right
//   tern_deaths POINT…          these
//   tern_deaths --act PATH      what dies (actor.h)
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/deaths/actor.h"
#include "tests/mutation/world.h"

namespace tern::deaths {
namespace {

using mutation::Foreign;
using mutation::require;

constexpr unsigned kLimitSeconds = 60;

// Whether it died at the point; false if it never came there. Anything else it may not do.
bool act_and_die(const std::string& path, std::string_view point) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("TERN_PROBE_KILL", (std::string(point) + ":1").c_str(), 1);
    ::execl("/proc/self/exe", "tern_deaths", "--act", path.c_str(), nullptr);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return true;
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process that was to die failed");
  return false;
}

// Compares every row as tern reads it, from whichever tier and then again, with plain SQLite.
class Witness {
 public:
  Witness(const std::string& path, Foreign& foreign)
      : foreign_(foreign),
        db_(open(path)),
        read_t_(db_.prepare("SELECT v FROM t WHERE id = ?")),
        read_u_(db_.prepare("SELECT v FROM u WHERE id = ?")),
        kv_(db_.kv("deaths")) {}

  void look(const char* when) {
    for (int again = 0; again < 2; ++again) {
      for (int id = 1; id <= 3; ++id) {
        compare(read_t_, "t", id, when);
        compare(read_u_, "u", id, when);
      }
      // A commit that the death has hidden comes to light by the first get, not by a listing.
      const uint64_t listed = listed_version();
      const auto got = kv_.get("n");
      const uint64_t version = got ? got->version() : 0;
      if (version < listed || version != listed_version())
        throw std::runtime_error("STALE " + std::string(when) + ": a KV key");
      look_at_page(when);
    }
  }

  // What an increment finds, which is the truth.
  int64_t next_number() { return kv_.increment("n"); }

  void look_while_all_write() {
    look("behind the death");
    foreign_.exec("UPDATE t SET v = v + 1");
    look("behind a foreign commit after it");
    db_.query("UPDATE u SET v = v + 1");
    look("behind a commit of its own after it");
  }

 private:
  void look_at_page(const char* when) {
    const auto n = kv_.get("n");
    const std::string is = std::to_string(foreign_.number("SELECT sum(v) FROM t")) + " " + (n ? n->copy() : "none") +
                           " of " + std::to_string(kv_.list().keys.size());
    const std::string got = page_of(db_, kv_);
    if (got == is) return;
    throw std::runtime_error("STALE " + std::string(when) + ": a computed value is \"" + got + "\" instead of \"" + is +
                             '"');
  }

  void compare(const Statement& statement, const char* table, int id, const char* when) {
    const auto got = statement.bind(id).first()->get<int64_t>(0);
    const auto is = foreign_.number("SELECT v FROM " + std::string(table) + " WHERE id = " + std::to_string(id));
    if (got == is) return;
    throw std::runtime_error("STALE " + std::string(when) + ": row " + std::to_string(id) + " of " + table + " gave " +
                             std::to_string(got) + ", is " + std::to_string(is));
  }

  uint64_t listed_version() const {
    const KvPage page = kv_.list();
    return page.keys.empty() ? 0 : page.keys[0].version;
  }

  Foreign& foreign_;
  Database db_;
  Statement read_t_;
  Statement read_u_;
  KvNamespace kv_;
};

enum class Company { kBeside, kAlone };

bool die_at(std::string_view point, Company company) {
  const test::TempFolder folder;
  const std::string path = folder.file("app.db");
  Foreign foreign(path);
  mutation::create_tables(foreign);
  foreign.exec("PRAGMA journal_mode=WAL");
  std::optional<Witness> witness;
  if (company == Company::kBeside) {
    witness.emplace(path, foreign);
    witness->look("before the death");
  }
  const bool died = act_and_die(path, point);
  if (!witness) witness.emplace(path, foreign);
  const auto acknowledged = static_cast<int64_t>(std::filesystem::file_size(path + ".acks"));
  require(foreign.number("SELECT v FROM t WHERE id = 2") >= 1 + acknowledged, "an acknowledged commit is LOST");
  witness->look_while_all_write();
  const auto kv_acknowledged = static_cast<int64_t>(std::filesystem::file_size(path + ".kv_acks"));
  const int64_t number = witness->next_number();
  require(number > kv_acknowledged && number <= kv_acknowledged + 2,
          "an acknowledged increment is LOST, or was done twice");
  witness->look("behind an increment of its own");
  require(foreign.number("SELECT integrity_check = 'ok' FROM pragma_integrity_check") == 1, "the file is damaged");
  return died;
}

// Prints the point's row; whether all is well with it.
bool check(std::string_view point) {
  int deaths = 0;
  for (const Company company : {Company::kBeside, Company::kAlone}) {
    const char* const where = company == Company::kBeside ? "beside another process" : "alone";
    ::alarm(kLimitSeconds);
    try {
      if (!die_at(point, company)) continue;
      ++deaths;
      std::printf("%-24s %s: right\n", std::string(point).c_str(), where);
    } catch (const std::exception& error) {
      std::printf("%-24s %s: WRONG: %s\n", std::string(point).c_str(), where, error.what());
      return false;
    }
    std::fflush(stdout);
  }
  if (deaths == 0) std::printf("%-24s NEVER REACHED\n", std::string(point).c_str());
  return deaths > 0;
}

int main_of(const std::vector<std::string_view>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "--act") {
    try {
      act(std::string(arguments[1]));
      return 0;
    } catch (const std::exception& error) {
      std::printf("%s\n", error.what());
      return 1;
    }
  }
  std::vector<std::string_view> points = arguments;
  if (points.empty()) points.assign(probes::kPoints.begin(), probes::kPoints.end());
  size_t right = 0;
  for (const std::string_view point : points) right += check(point) ? 1 : 0;
  std::printf("right after a death at %zu of %zu points\n", right, points.size());
  return right == points.size() ? 0 : 1;
}

}  // namespace
}  // namespace tern::deaths

int main(int argc, char** argv) { return tern::deaths::main_of({argv + 1, argv + argc}); }
