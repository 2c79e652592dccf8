// The function that makes each peer; those whose library is not installed are declared and never called.
#pragma once

#include <memory>

#include "bench/peers/peer.h"

namespace bench {

std::unique_ptr<Peer> make_absl_map(const Place& place);
std::unique_ptr<Peer> make_std_map(const Place& place);
std::unique_ptr<Peer> make_lmdb(const Place& place);
std::unique_ptr<Peer> make_lmdb_held(const Place& place);
std::unique_ptr<Peer> make_sqlite(const Place& place);
std::unique_ptr<Peer> make_sqlite_held(const Place& place);
std::unique_ptr<Peer> make_rocksdb(const Place& place);
std::unique_ptr<Peer> make_redis(const Place& place);

std::string lmdb_version();
std::string sqlite_version();
std::string rocksdb_version();
std::string redis_version(const std::string& server);

}  // namespace bench
