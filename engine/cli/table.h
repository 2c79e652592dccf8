// A table of texts in a box of lines: measured first, then drawn.
//
//   ┌────┬─────────┐
//   │ id │ version │
//   ├────┼─────────┤
//   │ a  │       1 │
//   └────┴─────────┘
//
// Contract. One object, one thread; holds all cells. Cells are shown as they are: escape them first.
#pragma once

#include <string>
#include <vector>

#include "engine/cli/output.h"

namespace tern::cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  // The next cell, row by row; `right` puts it at the right edge of its column.
  void add(std::string text, bool right = false);
  void print(Output& out) const;

 private:
  struct Cell {
    std::string text;
    size_t width;
    bool right;
  };

  void rule(Output& out, const char* left, const char* middle, const char* right) const;
  void row(Output& out, const Cell* cells) const;

  std::vector<Cell> header_;
  std::vector<Cell> cells_;
  std::vector<size_t> widths_;
};

}  // namespace tern::cli
