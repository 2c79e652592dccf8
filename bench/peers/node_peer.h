// Peers that live in Node: a process that runs peers/node/peer.mjs, told over a pipe how many reads to do, which
// answers with the time that they took by its own clock. Starting Node and the pipe are not measured.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/core/child.h"
#include "bench/core/harness.h"
#include "bench/core/scratch.h"
#include "bench/workload/records.h"

namespace bench {

class NodePeer {
 public:
  // `package` is better-sqlite3, which reads the table of records in `database`, or lmdb-js, which makes its own copy.
  NodePeer(const Settings& settings, const std::string& package, const std::string& database, const Records& records,
           const Draws& draws);
  Work read(uint64_t operations);
  const std::string& version() const { return version_; }

 private:
  Folder folder_;
  std::unique_ptr<Child> child_;
  std::string version_;
};

// Adds those that are here to the contenders, and a visible "absent" to the row for the others. The contenders use the
// peers in `owners`.
void add_node_peers(Context& context, Row& row, const std::vector<std::string>& packages, const std::string& database,
                    const Records& records, const Draws& draws, std::vector<std::unique_ptr<NodePeer>>& owners,
                    std::vector<Contender>& contenders);

}  // namespace bench
