#include "engine/cli/table.h"

#include <algorithm>

#include "engine/cli/text.h"

namespace tern::cli {

Table::Table(std::vector<std::string> header) {
  for (std::string& name : header) {
    widths_.push_back(display_width(name));
    header_.push_back({std::move(name), widths_.back(), false});
  }
}

void Table::add(std::string text, bool right) {
  const size_t width = display_width(text);
  size_t& widest = widths_[cells_.size() % widths_.size()];
  widest = std::max(widest, width);
  cells_.push_back({std::move(text), width, right});
}

void Table::rule(Output& out, const char* left, const char* middle, const char* right) const {
  for (size_t column = 0; column < widths_.size(); ++column) {
    out.write(column == 0 ? left : middle);
    for (size_t i = 0; i < widths_[column] + 2; ++i) out.write("─");
  }
  out.line(right);
}

void Table::row(Output& out, const Cell* cells) const {
  for (size_t column = 0; column < widths_.size(); ++column) {
    const Cell& cell = cells[column];
    const std::string blank(widths_[column] - cell.width, ' ');
    out.write("│ ");
    out.write(cell.right ? blank + cell.text : cell.text + blank);
    out.write(' ');
  }
  out.line("│");
}

void Table::print(Output& out) const {
  rule(out, "┌", "┬", "┐");
  row(out, header_.data());
  rule(out, "├", "┼", "┤");
  for (size_t first = 0; first < cells_.size(); first += widths_.size()) row(out, &cells_[first]);
  rule(out, "└", "┴", "┘");
}

}  // namespace tern::cli
