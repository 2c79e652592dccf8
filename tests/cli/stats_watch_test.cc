// tern stats --watch: the figures again and again, until it is told to end.

#include <csignal>

#include "tests/cli/program.h"
#include "tests/cli/running_tern.h"

namespace tern::test {
namespace {

using StatsWatch = Program;

TEST_F(StatsWatch, PrintsBlockAfterBlockWithWhatHasChanged) {
  RunningTern tern({"stats", path, "--watch", "--every", "0.01"});
  const std::string first = tern.read_until("\n\n");
  EXPECT_NE(first.find("not used"), std::string::npos) << first;
  EXPECT_EQ(first.find('\x1b'), std::string::npos) << first;
  open(path).kv("sessions").put("k", "v");
  std::string block = tern.read_until("\n\n");
  while (!block.empty() && block.find("1 namespace, 1 key,") == std::string::npos) block = tern.read_until("\n\n");
  EXPECT_FALSE(block.empty()) << "it ended by itself";
  tern.signal(SIGINT);
  EXPECT_EQ(tern.wait(), 0);
}

TEST_F(StatsWatch, PrintsAnObjectToALineWithJson) {
  RunningTern tern({"stats", path, "--watch", "--every", "0.01", "--json"});
  for (int i = 0; i < 3; ++i) {
    const auto stats = nlohmann::json::parse(tern.read_until("\n"));
    EXPECT_EQ(stats["hot"]["hits"], 0);
    EXPECT_EQ(stats["kv"]["open"], false);
  }
  tern.signal(SIGTERM);
  EXPECT_EQ(tern.wait(), 0);
}

TEST_F(StatsWatch, ClearsATerminalBeforeEachBlock) {
  RunningTern tern({"stats", path, "--watch", "--every", "0.01"}, Onto::kTerminal);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(tern.read_until("\x1b[2J"), "\x1b[H\x1b[2J");
    EXPECT_NE(tern.read_until("\r\n\r\n").find("seq"), std::string::npos);
  }
  tern.signal(SIGINT);
  EXPECT_EQ(tern.wait(), 0);
}

TEST_F(StatsWatch, EndsWithItsReader) {
  RunningTern tern({"stats", path, "--watch", "--every", "0.01"});
  tern.read_until("\n\n");
  tern.stop_reading();
  EXPECT_EQ(tern.wait(), 0);
}

TEST_F(StatsWatch, HasItsOptionsToItself) {
  expect_wrong_usage(run_tern({"stats", path, "--every", "1"}), {"--every is for --watch"});
  expect_wrong_usage(run_tern({"stats", path, "--watch", "--every", "0"}), {"--every"});
}

}  // namespace
}  // namespace tern::test
