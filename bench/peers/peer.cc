#include "bench/peers/peer.h"

#include <utility>

namespace bench {

void check_values(Peer& peer, const Records& records, uint64_t samples, const std::string& name) {
  std::string value;
  for (uint64_t i = 0; i < samples; ++i) {
    const uint64_t number = mixed(i) % records.size();
    if (!peer.get(records.key(number), value)) throw std::runtime_error(name + " has lost a record");
    if (value != value_of(number)) throw std::runtime_error(name + " has a wrong value");
  }
}

Contender reading(const std::string& name, Peer& peer, const Records& records, Draws draws, Take take,
                  const std::string& note) {
  return {.name = name,
          .run = [&peer, &records, draws = std::move(draws),
                  take](uint64_t operations) mutable { return peer.read(records, draws, operations, take); },
          .note = note};
}

std::unique_ptr<Peer> make_peer(Context& context, const std::string& name, const Place& place) {
  const PeerKind kind = peer_kind(name, context.settings());
  context.peer(kind.note);
  return kind.make == nullptr ? nullptr : kind.make(place);
}

}  // namespace bench
