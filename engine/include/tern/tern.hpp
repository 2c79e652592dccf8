// tern: an embedded storage engine in three tiers. Include this one.
//
//   tern::Database db = tern::open("listings.db");
//   tern::Statement by_id = db.prepare("SELECT basic_info, version FROM properties WHERE id = ?");
//   if (auto row = by_id.bind("p-17").first())
//     std::cout << row->get<std::string_view>("basic_info") << ' ' << row->get<int64_t>(1);
#pragma once

#include "tern/compute.hpp"
#include "tern/database.hpp"
#include "tern/error.hpp"
#include "tern/explain.hpp"
#include "tern/export.hpp"
#include "tern/function.hpp"
#include "tern/kv.hpp"
#include "tern/options.hpp"
#include "tern/rows.hpp"
#include "tern/session.hpp"
#include "tern/statement.hpp"
#include "tern/stats.hpp"
#include "tern/transaction.hpp"
#include "tern/value.hpp"

#define TERN_VERSION "0.1.0"

namespace tern {
// The version of the library that is running, as opposed to TERN_VERSION, which was compiled against.
TERN_EXPORT const char* version() noexcept;
}  // namespace tern
