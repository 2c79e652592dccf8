// The mutation check: every rule of the coherence protocol, broken on purpose, must be noticed.
//
//   tern_mutations            all mutants, as a table; 0 if each was caught, and nothing was found without it
//   tern_mutations MUTANT…    these
//   tern_mutations --detect MUTANT   its detector alone, in this process, with the mutant that TERN_MUTANT names, if
//   any
//
// Each run is a process of its own, since a process has one mutant, one page-cache hook and one set of traps.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/mutation/detector.h"

namespace tern::mutation {
namespace {

using probes::Mutant;

constexpr int kNothingWrong = 0;
constexpr int kWrong = 10;
constexpr int kHindered = 20;
constexpr unsigned kLimitSeconds = 60;

const Detector* detector_of(Mutant mutant) {
  for (const auto detectors : {read_detectors(), fill_detectors(), compute_detectors(), publish_detectors(),
                               guardian_detectors(), hot_detectors(), kv_detectors()}) {
    for (const Detector& detector : detectors) {
      if (detector.mutant == mutant) return &detector;
    }
  }
  return nullptr;
}

std::string_view name_of(Mutant mutant) { return probes::kMutantNames[static_cast<size_t>(mutant)]; }

int detect(const Detector& detector) {
  ::alarm(kLimitSeconds);
  try {
    const Found found = detector.run();
    if (!found) return kNothingWrong;
    std::printf("%s\n", found->c_str());
    return kWrong;
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return kHindered;
  }
}

struct Run {
  int code = kHindered;
  double seconds = 0;
  std::string said;
};

Run run(const Detector& detector, bool mutated) {
  const auto began = std::chrono::steady_clock::now();
  int ends[2];
  if (::pipe(ends) != 0) return {.said = std::strerror(errno)};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    const std::string name(name_of(detector.mutant));
    if (mutated) {
      ::setenv("TERN_MUTANT", name.c_str(), 1);
    } else {
      ::unsetenv("TERN_MUTANT");
    }
    ::execl("/proc/self/exe", "tern_mutations", "--detect", name.c_str(), nullptr);
    ::_exit(kHindered);
  }
  ::close(ends[1]);
  Run result;
  char bytes[512];
  for (ssize_t got; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;) {
    result.said.append(bytes, static_cast<size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.said += std::string("ended by ") + ::strsignal(WTERMSIG(status)) + "\n";
  while (!result.said.empty() && result.said.back() == '\n') result.said.pop_back();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return result;
}

// Prints the mutant's row; whether all is well with it.
bool check(Mutant mutant) {
  const std::string_view name = name_of(mutant);
  const std::string_view rule = probes::kMutantRules[static_cast<size_t>(mutant)];
  std::printf("%-26s %s\n", std::string(name).c_str(), std::string(rule).c_str());
  const Detector* const detector = detector_of(mutant);
  if (detector == nullptr) {
    std::printf("  NOT CAUGHT: it has no detector\n");
    return false;
  }
  std::printf("  by: %s\n", detector->claim);
  const Run plain = run(*detector, false);
  if (plain.code != kNothingWrong) {
    std::printf("  %s WITHOUT THE MUTANT: %s\n", plain.code == kWrong ? "WRONG" : "HINDERED", plain.said.c_str());
    return false;
  }
  const Run mutated = run(*detector, true);
  const char* const verdict = mutated.code == kWrong          ? "caught"
                              : mutated.code == kNothingWrong ? "NOT CAUGHT"
                                                              : "HINDERED";
  std::printf("  %s in %.2f s (unmutated %.2f s): %s\n", verdict, mutated.seconds, plain.seconds, mutated.said.c_str());
  std::fflush(stdout);
  return mutated.code == kWrong;
}

int main_of(const std::vector<std::string_view>& arguments) {
  if (arguments.size() == 2 && arguments[0] == "--detect") {
    const Detector* const detector = detector_of(probes::find_mutant(arguments[1]));
    return detector != nullptr ? detect(*detector) : kHindered;
  }
  std::vector<Mutant> mutants;
  for (const std::string_view name : arguments) {
    if (probes::find_mutant(name) == Mutant::kNone) {
      std::fprintf(stderr, "tern_mutations: there is no mutant %s\n", std::string(name).c_str());
      return 2;
    }
    mutants.push_back(probes::find_mutant(name));
  }
  if (mutants.empty()) {
    for (size_t i = 0; i < probes::kMutantNames.size(); ++i) mutants.push_back(static_cast<Mutant>(i));
  }
  size_t caught = 0;
  for (const Mutant mutant : mutants) caught += check(mutant) ? 1 : 0;
  std::printf("%zu of %zu mutants caught\n", caught, mutants.size());
  return caught == mutants.size() ? 0 : 1;
}

}  // namespace
}  // namespace tern::mutation

int main(int argc, char** argv) { return tern::mutation::main_of({argv + 1, argv + argc}); }
