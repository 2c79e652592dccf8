#include "tests/property/soundness_generator.h"

namespace tern::test {
namespace {

using Fit = Column::Fit;

// Rows have keys below it; a fifth of the questions asks for one above.
constexpr size_t kKeys = 200;

}  // namespace

// Not compressible by eye, cheap to make, and different from one value to the next.
std::string SoundnessGenerator::data(size_t size) {
  uint64_t word = number();
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    if (i % 8 == 0) word = word * 6364136223846793005u + 1442695040888963407u;
    text[i] = static_cast<char>('a' + ((word >> (8 * (i % 8))) & 15));
  }
  return text;
}

std::string SoundnessGenerator::any_text() {
  const size_t dice = below(100);
  if (dice < 30) return text_value();
  if (dice < 88) return data(5 + below(120));
  if (dice < 97) return data(200 + below(1500));
  std::string large = data(size_t{1} << (10 + below(7)));
  large.resize(large.size() - below(large.size() / 3));
  if (one_in(4)) large[below(large.size())] = static_cast<char>(0xff);
  if (one_in(8)) large[below(large.size())] = '\0';
  return large;
}

Cell SoundnessGenerator::value_for(const Column& column) {
  const ForValues drawn(*this);
  if (one_in(6)) return value();
  switch (column.fit) {
    case Fit::kKey:
      return Cell::of(static_cast<int64_t>(below(kKeys)));
    case Fit::kTextKey:
      return Cell::text((one_in(2) ? "k" : "K") + std::to_string(below(kKeys)) + (one_in(6) ? " " : ""));
    case Fit::kInteger:
      return one_in(3) ? Cell::of(static_cast<int64_t>(number())) : Cell::of(static_cast<int64_t>(below(12)));
    case Fit::kReal:
      return Cell::of(static_cast<double>(below(4000)) / 8 - 100);
    case Fit::kText:
      return Cell::text(any_text());
    case Fit::kBlob:
      return Cell::blob(any_text());
    case Fit::kAnything:
      break;
  }
  return one_in(2) ? value() : Cell::text(any_text());
}

std::string SoundnessGenerator::bind(Call& call, const Column& column) {
  call.arguments.push_back(value_for(column));
  return "?";
}

std::string SoundnessGenerator::bind_integer(Call& call, size_t below_this) {
  const ForValues drawn(*this);
  call.arguments.push_back(Cell::of(static_cast<int64_t>(below(below_this))));
  return "?";
}

const Table& SoundnessGenerator::keyed_table() {
  const Table* found = &table();
  for (int i = 0; i < 4 && !found->keyed; ++i) found = &table();
  return *found;
}

Call SoundnessGenerator::fill(const Table& into) {
  static const std::vector<std::string> kVerbs = {"INSERT OR IGNORE", "INSERT OR IGNORE", "INSERT OR REPLACE"};
  Call call;
  std::string names;
  std::string marks;
  for (const Column& column : into.columns) {
    if (column.generated) continue;
    names += (names.empty() ? "" : ", ") + column.name;
    marks += (marks.empty() ? "" : ", ") + bind(call, column);
  }
  call.sql = pick(kVerbs) + " INTO " + into.name + "(" + names + ") VALUES(" + marks + ")";
  return call;
}

Call SoundnessGenerator::upsert() {
  const Table& into = keyed_table();
  Call call = fill(into);
  call.sql.replace(0, call.sql.find(" INTO"), "INSERT");
  const std::string set = writable_column(into);
  call.sql += " ON CONFLICT DO UPDATE SET " + set + " = excluded." + set;
  return call;
}

Call SoundnessGenerator::update_row() {
  const Table& changed = keyed_table();
  const Column& set = any_column(changed);
  Call call;
  if (set.generated) return fill(changed);
  call.sql = "UPDATE OR IGNORE " + changed.name + " SET " + set.name + " = " + bind(call, set);
  const Column& key = changed.columns.front();
  call.sql += " WHERE " + key.name + " = " + bind(call, key);
  return call;
}

Call SoundnessGenerator::update_range() {
  const Table& changed = table();
  const Column& set = any_column(changed);
  Call call;
  if (set.generated) return fill(changed);
  call.sql = "UPDATE OR IGNORE " + changed.name + " SET " + set.name + " = " + bind(call, set);
  const Column& by = any_column(changed);
  const int64_t from = static_cast<int64_t>(below(kKeys));
  call.sql += " WHERE " + by.name + " BETWEEN ? AND ?";
  call.arguments.push_back(Cell::of(from));
  call.arguments.push_back(Cell::of(from + static_cast<int64_t>(below(10))));
  return call;
}

Call SoundnessGenerator::overwrite_tail() {
  const Table& changed = table();
  const std::string set = writable_column(changed);
  Call call;
  const size_t tail = 1 + below(12);
  const std::string left = "substr(" + set + ", 1, length(" + set + ") - " + std::to_string(tail) + ")";
  const bool as_blob = one_in(2);
  {
    const ForValues drawn(*this);
    call.arguments.push_back(as_blob ? Cell::blob(data(tail)) : Cell::text(data(tail)));
  }
  call.sql = "UPDATE OR IGNORE " + changed.name + " SET " + set + " = " +
             (as_blob ? "CAST(" + left + " || ? AS BLOB)" : left + " || ?") + " WHERE typeof(" + set + ") = '" +
             (as_blob ? "blob" : "text") + "' AND length(" + set + ") > " + (one_in(2) ? "900" : "20");
  const Column& by = any_column(changed);
  call.sql += " AND " + by.name + " >= " + bind(call, by);
  if (one_in(2)) call.sql += " AND " + set + " >= " + bind(call, {set, false, as_blob ? Fit::kBlob : Fit::kText});
  return call;
}

Call SoundnessGenerator::delete_rows() {
  const Table& from = table();
  Call call;
  const Column& by = any_column(from);
  call.sql = "DELETE FROM " + from.name + " WHERE " + by.name + " = " + bind(call, by);
  if (one_in(3)) {
    const int64_t least = static_cast<int64_t>(below(kKeys));
    call = {"DELETE FROM " + from.name + " WHERE " + by.name + " BETWEEN ? AND ?",
            {Cell::of(least), Cell::of(least + static_cast<int64_t>(below(8)))}};
  }
  return call;
}

Call SoundnessGenerator::copy_rows() {
  const Table& into = table();
  const Table& from = table();
  Call call;
  std::string names;
  std::string taken;
  for (const Column& column : into.columns) {
    if (column.generated) continue;
    names += (names.empty() ? "" : ", ") + column.name;
    taken += (taken.empty() ? "" : ", ") + this->column(from);
  }
  const Column& by = any_column(from);
  call.sql = "INSERT OR IGNORE INTO " + into.name + "(" + names + ") SELECT " + taken + " FROM " + from.name +
             " WHERE " + by.name + " >= " + bind(call, by) + " LIMIT " + std::to_string(1 + below(6));
  return call;
}

Call SoundnessGenerator::write_something() {
  const size_t dice = below(40);
  if (dice < 9) return fill(table());
  if (dice < 11) return upsert();
  if (dice < 20) return update_row();
  if (dice < 23) return update_range();
  if (dice < 27) return overwrite_tail();
  if (dice < 31) return delete_rows();
  if (dice < 33) return copy_rows();
  if (dice < 35) return insert();
  if (dice < 37) return update();
  if (dice < 38 && one_in(3)) return remove();
  return write_virtual();
}

}  // namespace tern::test
