// P1: a hot hit through cache/ beside a bare hash map with the same keys and values. At a million keys the memory is
// the limit: most of the time is the wait for two or three cache lines. A statement's answer, whose key is longer and
// whose value lies in a row, stands beside it.
#include "bench/core/scratch.h"
#include "bench/peers/peer.h"
#include "bench/peers/tern_hot.h"

namespace bench {
namespace {

constexpr const char* kTern = "tern, hot tier";
constexpr const char* kAnswers = "tern, hot tier, a statement's answer";

void hot_hits(Context& context, const std::string& name, uint64_t count, bool zipf) {
  const Folder folder;
  const Records records(count);
  const uint64_t length = context.pick<uint64_t>(1 << 12, 1 << 20, 1 << 21);
  const Draws draws = zipf ? Draws::zipf(count, length) : Draws::uniform(count, length);

  Row& row = context.row("P1", name, "tern's hot tier, view ÷ absl::flat_hash_map find, view");
  row.target = at_most(0.9);
  TernHot tern({folder.sub("tern"), count}, roomy_hot(count), Form::kRecord);
  tern.load(records);
  check_values(tern, records, 1000, kTern);
  TernHot answers({folder.sub("answers"), count}, roomy_hot(count), Form::kAnswer);
  answers.load(records);
  check_values(answers, records, 1000, kAnswers);
  std::vector<Contender> contenders = {
      reading(kTern, tern, records, draws, Take::kView, "key hashed, entry found, pinned and validated"),
      reading(std::string(kTern) + ", copied", tern, records, draws, Take::kCopy),
      reading(kAnswers, answers, records, draws, Take::kView, "key built from statement and argument, first cell")};

  std::unique_ptr<Peer> absl = make_peer(context, kAbslMap, {});
  std::unique_ptr<Peer> locked = make_peer(context, kStdMap, {});
  if (absl != nullptr) {
    absl->load(records);
    check_values(*absl, records, 1000, kAbslMap);
    contenders.push_back(reading(kAbslMap, *absl, records, draws, Take::kView));
    contenders.push_back(reading(std::string(kAbslMap) + ", copied", *absl, records, draws, Take::kCopy));
  } else {
    add_absent(row, kAbslMap, peer_kind(kAbslMap, context.settings()).note.absent);
  }
  locked->load(records);
  contenders.push_back(reading(kStdMap, *locked, records, draws, Take::kView));
  alternate(context, row, Clock::kThread, std::move(contenders));
  row.settle_ratio(kTern, kAbslMap);
}

const Family family("P1", "hot hit ÷ hash map", [](Context& context) {
  const uint64_t small = context.pick<uint64_t>(2'000, 100'000, 100'000);
  const uint64_t large = context.pick<uint64_t>(5'000, 1'000'000, 1'000'000);
  hot_hits(context, "hot hit, " + count_text(small) + " keys, zipf 0.99", small, true);
  hot_hits(context, "hot hit, " + count_text(large) + " keys, uniform", large, false);
});

}  // namespace
}  // namespace bench
