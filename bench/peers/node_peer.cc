#include "bench/peers/node_peer.h"

#include <cstdio>
#include <fstream>
#include <sstream>

namespace bench {

namespace {

void write_file(const std::string& path, const void* bytes, size_t size) {
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace

NodePeer::NodePeer(const Settings& settings, const std::string& package, const std::string& database,
                   const Records& records, const Draws& draws) {
  std::string keys;
  for (uint64_t i = 0; i < records.size(); ++i) keys += records.key(i);
  write_file(folder_.file("keys"), keys.data(), keys.size());
  write_file(folder_.file("draws"), draws.numbers().data(), draws.numbers().size() * sizeof(uint32_t));
  child_ = std::make_unique<Child>(std::vector<std::string>{settings.node, settings.node_peers + "/peer.mjs", package,
                                                            database, folder_.file("keys"), folder_.file("draws"),
                                                            folder_.sub("lmdb")});
  const std::string first = child_->read_line();
  if (first.rfind("ready ", 0) != 0) throw std::runtime_error(package + ": " + first);
  version_ = first.substr(6);
}

Work NodePeer::read(uint64_t operations) {
  child_->write_line(std::to_string(operations));
  Work work;
  double ns = 0;
  std::istringstream(child_->read_line()) >> work.operations >> work.hits >> ns;
  work.ns = ns;
  return work;
}

void add_node_peers(Context& context, Row& row, const std::vector<std::string>& packages, const std::string& database,
                    const Records& records, const Draws& draws, std::vector<std::unique_ptr<NodePeer>>& owners,
                    std::vector<Contender>& contenders) {
  const Settings& settings = context.settings();
  for (const std::string& package : packages) {
    const std::string name = package + " (Node)";
    PeerNote note{name, "", package == "lmdb-js" ? "getBinary in a renewed read transaction" : "prepared get()", ""};
    if (settings.node_peers.empty()) {
      note.absent = settings.node_peers_absent.empty() ? "--node-peers was not given" : settings.node_peers_absent;
    } else {
      try {
        owners.push_back(std::make_unique<NodePeer>(settings, package, database, records, draws));
        note.version = owners.back()->version();
        contenders.push_back(
            {.name = name,
             .run = [peer = owners.back().get()](uint64_t operations) { return peer->read(operations); },
             .note = "by the clock of its process"});
      } catch (const std::exception& error) {
        note.absent = error.what();
      }
    }
    if (!note.absent.empty()) add_absent(row, name, note.absent);
    context.peer(note);
  }
}

}  // namespace bench
