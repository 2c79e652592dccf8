// What SQLite may do for code that was written for Cloudflare D1: its limits, and the statements, pragmas and functions
// that it refuses.
//
// A program that works on D1 meets the same refusals here, with SQLite's own words for them, and one that was tried out
// here does not fail there. docs/d1.md has the list, and where it was recorded from. BEGIN, SAVEPOINT and their kin are
// left alone, since tern's own transactions are made of them: who takes SQL from outside refuses them by their keyword.
//
// Contract. d1_allows() is for an authorizer (sqlite3_set_authorizer) and takes what that is given; any of the texts
// may be null. Pure; any thread. set_d1_limits() belongs to the connection's thread, and holds until it closes.
#pragma once

struct sqlite3;

namespace tern::sql {

bool d1_allows(int action, const char* first, const char* second, const char* database) noexcept;

void set_d1_limits(sqlite3* db) noexcept;

}  // namespace tern::sql
