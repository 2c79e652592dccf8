// P13b: what an entry's first validation after a commit costs, by the number of pages that it hangs on; X1: what the
// check costs within a hot hit when nothing was committed.
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"
#include "cache/validity.h"

namespace bench {
namespace {

constexpr uint64_t kValue = 200;

// Entries of so many pages each; every round begins with a commit to a page that none of them has.
class Validation {
 public:
  Validation(const std::string& folder, size_t entries, uint32_t pages) : stamps_(open_stamps(folder, source_)) {
    const std::string value(kValue, 'v');
    for (size_t i = 0; i < entries; ++i) {
      const auto first = static_cast<uint32_t>(1 + mixed(i) % 60'000);
      entries_.push_back(make_entry({1, 2}, std::to_string(i), value, stamps_->seq(), first, pages));
    }
  }

  Work run() {
    commit();
    Work work;
    const double start = now_ns(Clock::kThread);
    const tern::cache::Moment moment = tern::cache::observe(source_, *stamps_);
    for (const tern::cache::EntryRef& entry : entries_) work.hits += tern::cache::still_true(*entry, *stamps_, moment);
    work.ns = now_ns(Clock::kThread) - start;
    work.operations = entries_.size();
    work.wrong = work.operations - work.hits;
    return work;
  }

 private:
  void commit() {
    const uint32_t page = 65'000;
    source_.set(++state_);
    const auto lock = stamps_->lock(1000);
    stamps_->publish(*lock, {&page, 1}, false, {}, state_);
  }

  StillSource source_;
  uint64_t state_ = 1;
  std::unique_ptr<tern::cache::Stamps> stamps_;
  std::vector<tern::cache::EntryRef> entries_;
};

void validate(Context& context, uint32_t pages, size_t entries, double target) {
  const Folder folder;
  Validation validation(folder.sub("stamps"), entries, pages);
  const std::string name = "entries of " + count_text(pages) + " pages";
  Row& row = context.row("P13b", "first validation after a commit, " + name, "of one entry");
  row.unit = "ns";
  row.target = at_most(target);
  alternate(context, row, Clock::kThread,
            {{.name = name,
              .run = [&](uint64_t) { return validation.run(); },
              .note = count_text(entries) + " entries in turn",
              .fixed_length = true}});
  row.settle(row.series.front().best());
}

const Family family("P13b", "first validation after a commit", [](Context& context) {
  validate(context, 6, context.pick<size_t>(100, 1000, 1000), 20);
  validate(context, 1000, context.pick<size_t>(10, 100, 100), 2000);
});

const Family within_family("X1", "validity check within a hot hit", [](Context& context) {
  const Folder folder;
  const Records records(context.pick<uint64_t>(500, 5'000, 5'000));
  const Draws draws = Draws::zipf(records.size(), 1 << 12);
  TernHot tern({folder.sub("tern"), records.size()}, roomy_hot(records.size()));
  tern.load(records);
  Row& row =
      context.row("X1", "validity check within a hot hit, nothing committed, " + count_text(records.size()) + " keys",
                  "a hit with the check − one without");
  row.unit = "ns";
  alternate(context, row, Clock::kThread,
            {reading("with the check", tern, records, draws, Take::kView),
             {.name = "without",
              .run = [&, own = Draws(draws)](uint64_t n) mutable { return tern.read_unchecked(records, own, n); },
              .note = ""}});
  row.settle(row.find("with the check")->best() - row.find("without")->best());
});

}  // namespace
}  // namespace bench
