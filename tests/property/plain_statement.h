// Statements of plain SQLite in terms of Call and Outcome.
#pragma once

#include <span>

#include "tests/property/cell.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tern::test {

// Borrows the bytes of the cells.
void bind_all(sqlite3_stmt* statement, std::span<const Cell> arguments);
// Prepares and runs it. `changes` is left 0.
Outcome outcome_of(sqlite3* db, const Call& call);

}  // namespace tern::test
