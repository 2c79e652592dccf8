// What sort of statement a text begins, from its first keyword: enough to send it to the right connection, and to
// refuse by name what would break the engine's own connections.
//
// Pure functions of the text. SQLite itself says whether a statement writes; this says what it must not be asked to do.
#pragma once

#include <string>
#include <string_view>

namespace tern::internal {

// The first keyword in upper case (at most 16 letters), after blanks, comments, and semicolons; empty if there is none.
std::string first_keyword(std::string_view sql);

// Whether no statement is left, nor anything that SQLite would have to refuse: blanks, comments and semicolons alone.
bool is_blank(std::string_view sql);

// PRAGMA statements read and set the state of one connection: they run on the write connection.
bool is_pragma(std::string_view sql);

// CREATE, DROP and their kin write even when SQLite says that they do not: DROP … IF EXISTS does nothing while there is
// nothing to drop, which is about the schema of that moment and not about the text.
bool changes_schema(std::string_view sql);

// Where a statement is to run: on whichever of the engine's connections suits, or on one that the caller has for
// itself.
enum class Place { kEngine, kSession };

// Why tern does not run this statement, with the remedy; empty when it does: pragmas that would take the log or its
// locks away, and, but on a session, BEGIN and its kin (transaction() has them), ATTACH and TEMP (they belong to one
// connection).
std::string refusal(std::string_view sql, Place place = Place::kEngine);

}  // namespace tern::internal
