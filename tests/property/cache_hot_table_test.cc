// The hot table against a map: whatever is done to both, they answer alike.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "cache/hot_table.h"
#include "tests/cache/support.h"

namespace tern::cache {
namespace {

struct Step {
  enum class Kind { kInsert, kFind, kErase, kClear } kind;
  std::string key;
  uint64_t label;
  size_t value_bytes;
};

rc::Gen<Step> any_step(size_t max_value_bytes) {
  using Kind = Step::Kind;
  return rc::gen::construct<Step>(
      rc::gen::weightedElement<Kind>({{20, Kind::kInsert}, {20, Kind::kFind}, {5, Kind::kErase}, {1, Kind::kClear}}),
      rc::gen::map(rc::gen::inRange(0, 40), [](int i) { return "key " + std::to_string(i); }),
      rc::gen::inRange<uint64_t>(0, 10), rc::gen::inRange<size_t>(0, max_value_bytes));
}

struct Known {
  uint64_t label;
  std::string value;
};

std::string value_for(const Step& step) { return step.key + std::string(step.value_bytes, '.'); }

RC_GTEST_PROP(HotTableModel, AnswersAsAMapDoesWhileNothingIsEvicted, ()) {
  HotTable table(uint64_t{4} << 20);
  std::map<std::string, Known> model;
  for (const Step& step : *rc::gen::scale(10.0, rc::gen::container<std::vector<Step>>(any_step(500)))) {
    const auto known = model.find(step.key);
    switch (step.kind) {
      case Step::Kind::kInsert: {
        const bool newer_is_there = known != model.end() && known->second.label > step.label;
        const auto entry = make_entry({.key = step.key, .value = value_for(step), .label = step.label});
        RC_ASSERT(table.insert(entry) == !newer_is_there);
        if (!newer_is_there) model[step.key] = {step.label, value_for(step)};
        break;
      }
      case Step::Kind::kFind: {
        const auto entry = table.find(bytes(step.key));
        RC_ASSERT(static_cast<bool>(entry) == (known != model.end()));
        if (entry) RC_ASSERT(text_of(entry->body()) == known->second.value);
        break;
      }
      case Step::Kind::kErase:
        RC_ASSERT(table.erase(bytes(step.key)) == (known != model.end()));
        model.erase(step.key);
        break;
      case Step::Kind::kClear:
        table.clear();
        model.clear();
        break;
    }
    RC_ASSERT(table.stats().entries == model.size());
  }
}

RC_GTEST_PROP(HotTableModel, UnderPressureAnswersOnlyWhatWasInsertedLastAndStaysBounded, ()) {
  HotTable table(HotTable::kMinimumBytes);
  std::map<std::string, Known> model;
  for (const Step& step : *rc::gen::scale(10.0, rc::gen::container<std::vector<Step>>(any_step(3000)))) {
    const auto known = model.find(step.key);
    if (step.kind == Step::Kind::kInsert) {
      const auto entry = make_entry({.key = step.key, .value = value_for(step), .label = step.label});
      if (table.insert(entry)) model[step.key] = {step.label, value_for(step)};
    } else if (step.kind == Step::Kind::kErase) {
      table.erase(bytes(step.key));
      model.erase(step.key);
    } else if (const auto entry = table.find(bytes(step.key))) {
      RC_ASSERT(known != model.end());
      RC_ASSERT(text_of(entry->body()) == known->second.value);
    }
    RC_ASSERT(table.stats().bytes <= HotTable::kMinimumBytes);
  }
}

}  // namespace
}  // namespace tern::cache
