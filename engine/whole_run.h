// Runs a statement to its end on a connection that one thread has to itself, outside the cache: what the writer and
// sessions do.
//
// Thread-safety: the caller's turn on the connection. Errors: sql::Error; kMisuse from within a function of the host.
#pragma once

#include <string_view>

#include "cache/key.h"
#include "engine/prepared.h"
#include "sql/connection.h"
#include "sql/statement_cache.h"
#include "tern/rows.hpp"

namespace tern::internal {

// Its rows, and for a statement that writes what it changed.
Rows run_whole(sql::Connection& connection, sql::StatementCache& statements, const Prepared& prepared,
               const cache::KeyBuilder& key);

// The statement of that text as it is on this connection, which was taken under that generation (host_registry.h). Not
// unique: that is for the registry of statements to say.
std::shared_ptr<Prepared> examine(std::string_view sql, sql::StatementCache& statements, uint64_t generation);

}  // namespace tern::internal
