// Keys and values of a KV namespace, for people and as JSON.
//
// JSON is written by hand, in the order of kv.hpp. A key or value that is not UTF-8 is not there as "name" or "value",
// but as "name_hex" or "value_hex", its hexadecimal digits; metadata that is no JSON is there as a string; an expiry of
// never is null.
//
// Contract. One object, one thread. Errors are Output's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/cli/output.h"
#include "engine/cli/table.h"
#include "tern/kv.hpp"

namespace tern::cli {

bool is_json(std::string_view text);

// The bytes as they are; on a terminal the line is ended.
void print_value(Output& out, const Pinned& value);
void print_info(Output& out, const Pinned& value);
void print_json_value(Output& out, std::string_view key, const Pinned& value, bool with_bytes);
void print_names(Output& out, const std::vector<std::string>& names, bool json);

// A listing of one page or several, as a table that is printed at the end, or as one JSON object that is printed as it
// comes.
class KeysPrinter {
 public:
  KeysPrinter(Output& out, bool json);
  void add(const KvPage& page);
  void end(const KvPage& last);

 private:
  Output& out_;
  const bool json_;
  bool any_ = false;
  Table table_;
};

}  // namespace tern::cli
