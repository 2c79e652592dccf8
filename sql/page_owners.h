// Which table or index the given pages belong to.
//
// Pages do not say whose they are, so that the b-trees are walked, by SQLite's dbstat: of the tables named (and their
// indexes, and the tables behind virtual ones) those whose root is among the pages, since whoever read a page of a
// b-tree began at its root. A walk ends as soon as every page is found.
//
// Contract. The connection's thread; begins no transaction of its own. Cost: reads each walked page once, so give it a
// connection whose page cache may suffer. Bounded by `limits`; what is not found by then, or belongs to something else
// by now, is left over. Throws Error where SQLite fails, but for a SQLite without dbstat: that is a reason why nothing
// is found.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sql/connection.h"

namespace tern::sql {

struct PageOwner {
  std::string name;
  std::string table;
  bool index = false;
  std::vector<uint32_t> pages;  // of those asked for, ascending
};

struct PageOwners {
  std::vector<PageOwner> owners;  // that own one at least
  std::vector<uint32_t> left_over;
  std::string why_left_over;  // empty if all was walked
};

struct PageOwnerLimits {
  std::chrono::milliseconds time{2'000};
  uint64_t pages = 4'000'000;
};

bool has_dbstat(Connection& connection);

PageOwners find_page_owners(Connection& connection, std::span<const std::string> tables,
                            std::span<const uint32_t> pages, const PageOwnerLimits& limits = {});

}  // namespace tern::sql
