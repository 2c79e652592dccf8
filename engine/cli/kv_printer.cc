#include "engine/cli/kv_printer.h"

#include <unistd.h>

#include "engine/cli/text.h"
#include "engine/json_check.h"

namespace tern::cli {
namespace {

constexpr size_t kMetadataCells = 40;

std::string expiry_text(int64_t expires_at_ms) {
  return expires_at_ms == 0 ? std::string("never") : moment_text(expires_at_ms);
}

std::string json_field(const std::string& name, std::string_view bytes) {
  if (!first_invalid_utf8(bytes)) return "\"" + name + "\":" + json_string(bytes);
  return "\"" + name + "_hex\":\"" + hex(std::as_bytes(std::span(bytes))) + "\"";
}

std::string json_facts(int64_t expires_at_ms, std::string_view metadata, uint64_t version) {
  std::string kept = "null";
  if (!metadata.empty()) kept = is_json(metadata) ? std::string(metadata) : json_string(metadata);
  // A line is an object: JSON may have line ends between its parts, and nowhere else.
  for (char& c : kept) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return "\"expires_at_ms\":" + (expires_at_ms == 0 ? "null" : std::to_string(expires_at_ms)) +
         ",\"metadata\":" + kept + ",\"version\":" + std::to_string(version);
}

}  // namespace

bool is_json(std::string_view text) { return !internal::first_invalid_json(text); }

void print_value(Output& out, const Pinned& value) {
  out.write(value.text());
  if (::isatty(STDOUT_FILENO) == 1 && !value.text().ends_with('\n')) out.write('\n');
}

void print_info(Output& out, const Pinned& value) {
  out.line("size      " + group_digits(value.size()) + " bytes");
  out.line("expires   " + expiry_text(value.expires_at_ms()));
  out.line("metadata  " + (value.metadata().empty() ? "none" : escape_controls(value.metadata())));
  out.line("version   " + std::to_string(value.version()));
}

void print_json_value(Output& out, std::string_view key, const Pinned& value, bool with_bytes) {
  out.write("{" + json_field("name", key));
  if (with_bytes) out.write("," + json_field("value", value.text()));
  out.line(",\"size\":" + std::to_string(value.size()) + "," +
           json_facts(value.expires_at_ms(), value.metadata(), value.version()) + "}");
}

void print_names(Output& out, const std::vector<std::string>& names, bool json) {
  if (!json) {
    for (const std::string& name : names) out.line(escape_controls(name));
    return;
  }
  out.write("[");
  for (size_t i = 0; i < names.size(); ++i) out.write((i == 0 ? "" : ",") + json_string(names[i]));
  out.line("]");
}

KeysPrinter::KeysPrinter(Output& out, bool json) : out_(out), json_(json), table_({"key", "expires", "metadata"}) {
  if (json_) out_.write("{\"keys\":[");
}

void KeysPrinter::add(const KvPage& page) {
  for (const KvKey& key : page.keys) {
    if (json_) {
      out_.write(std::string(any_ ? ",\n " : "") + "{" + json_field("name", key.name) + "," +
                 json_facts(key.expires_at_ms, key.metadata, key.version) + "}");
    } else {
      table_.add(escape_controls(key.name));
      table_.add(expiry_text(key.expires_at_ms));
      table_.add(shorten(key.metadata, kMetadataCells));
    }
    any_ = true;
  }
}

void KeysPrinter::end(const KvPage& last) {
  if (json_) {
    const std::string cursor = last.complete ? "null" : json_string(last.cursor);
    return out_.line(std::string("],\"complete\":") + (last.complete ? "true" : "false") + ",\"cursor\":" + cursor +
                     "}");
  }
  if (any_) {
    table_.print(out_);
  } else {
    out_.line("(no keys)");
  }
  if (!last.complete) out_.line("more: --cursor " + last.cursor + ", or --all");
}

}  // namespace tern::cli
