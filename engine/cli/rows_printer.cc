#include "engine/cli/rows_printer.h"

#include "engine/cli/table.h"
#include "engine/cli/text.h"

namespace tern::cli {
namespace {

std::string cell_text(const Value& value) {
  return value.type == Type::kText ? escape_controls(value.text()) : literal(value);
}

std::string csv_field(std::string_view text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos && text.front() != ' ' &&
                     text.back() != ' ';
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string csv_value(const Value& value) {
  if (value.is_null()) return {};
  return value.type == Type::kText ? csv_field(value.text()) : literal(value);
}

}  // namespace

void print_rows(Output& out, const Rows& rows, Format format) {
  switch (format) {
    case Format::kTable:
      return print_table(out, rows);
    case Format::kCsv:
      return print_csv(out, rows);
    case Format::kJson:
      return print_json(out, rows);
  }
}

void print_table(Output& out, const Rows& rows) {
  if (rows.empty()) return out.line("(no rows)");
  std::vector<std::string> header;
  for (size_t i = 0; i < rows.columns(); ++i) header.push_back(escape_controls(rows.column_name(i)));
  Table table(std::move(header));
  for (const Row row : rows) {
    for (size_t i = 0; i < rows.columns(); ++i) {
      const Value value = row.value(i);
      table.add(cell_text(value), value.type == Type::kInteger || value.type == Type::kReal);
    }
  }
  table.print(out);
}

void print_csv(Output& out, const Rows& rows) {
  for (size_t i = 0; i < rows.columns(); ++i) {
    if (i > 0) out.write(',');
    out.write(csv_field(rows.column_name(i)));
  }
  out.write("\r\n");
  for (const Row row : rows) {
    for (size_t i = 0; i < rows.columns(); ++i) {
      if (i > 0) out.write(',');
      out.write(csv_value(row.value(i)));
    }
    out.write("\r\n");
  }
}

void print_json(Output& out, const Rows& rows) {
  std::vector<std::string> names;
  for (size_t i = 0; i < rows.columns(); ++i) names.push_back(json_string(rows.column_name(i)) + ":");
  out.write('[');
  bool first = true;
  for (const Row row : rows) {
    out.write(first ? "{" : ",\n {");
    first = false;
    for (size_t i = 0; i < rows.columns(); ++i) {
      if (i > 0) out.write(',');
      out.write(names[i]);
      out.write(json_value(row.value(i)));
    }
    out.write('}');
  }
  out.write("]\n");
}

}  // namespace tern::cli
