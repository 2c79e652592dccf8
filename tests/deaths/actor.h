// What a process does that is to die at a sync point: it passes all of them once, if it lives.
#pragma once

#include <string>

namespace tern::deaths {

// Opens the database (t and u of tests/mutation/world.h), reads and writes, waits for store and housekeeper, closes.
// After each commit of t's row 2 that was acknowledged, the file PATH.acks is a byte longer; after each increment of
// key "n" in the KV namespace "deaths", PATH.kv_acks.
void act(const std::string& path);

}  // namespace tern::deaths
