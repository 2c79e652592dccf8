// What explain() adds to a run: whose the pages are that an answer hangs on, when they changed, and what voided answers
// of the statement lately.
//
// Thread-safety: all of it. Errors: sql::Error. Cost: opens a connection of its own, and walks b-trees
// (sql/page_owners.h has the bound); nothing of it touches a read.
#pragma once

#include <span>

#include "cache/stamps.h"
#include "engine/prepared.h"
#include "sql/connection.h"
#include "tern/explain.hpp"

namespace tern::internal {

// `pages`: what the answer was made from. `stamps` may be null: then nothing is known of changes.
void explain_pages(Explanation& explanation, std::span<const uint32_t> pages, const Prepared& prepared,
                   const cache::Stamps* stamps, sql::Connection connection);

}  // namespace tern::internal
