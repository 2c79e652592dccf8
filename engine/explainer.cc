#include "engine/explainer.h"

#include <algorithm>
#include <vector>

#include "sql/page_owners.h"

namespace tern::internal {
namespace {

uint64_t count_events_of(const std::vector<uint32_t>& pages, const std::vector<VoidLog::Event>& events) {
  return static_cast<uint64_t>(std::count_if(events.begin(), events.end(), [&](const VoidLog::Event& event) {
    return std::binary_search(pages.begin(), pages.end(), event.page);
  }));
}

Explanation::Part part_of(const sql::PageOwner& owner, std::span<const uint32_t> pages, const cache::Stamps* stamps,
                          const std::vector<VoidLog::Event>& events) {
  Explanation::Part part;
  part.name = owner.name;
  part.table = owner.table;
  part.index = owner.index;
  part.voided = count_events_of(owner.pages, events);
  uint64_t newest = 0;
  for (const uint32_t page : owner.pages) {
    // An owner may have pages that only a voided answer hung on.
    if (!std::binary_search(pages.begin(), pages.end(), page)) continue;
    ++part.pages;
    if (stamps != nullptr) newest = std::max(newest, stamps->stamp(page));
  }
  // A stamp is out before seq is raised to it.
  if (newest != 0) part.changed_commits_ago = std::max(stamps->seq(), newest) - newest;
  return part;
}

void summarize(const Prepared& prepared, const std::vector<VoidLog::Event>& events, Explanation& explanation) {
  Explanation::Voided& voided = explanation.voided;
  voided.times = prepared.voids.times();
  voided.latest = events.size();
  uint64_t by_parts = 0;
  for (const Explanation::Part& part : explanation.parts) by_parts += part.voided;
  uint32_t last = 0;
  for (const VoidLog::Event& event : events) {
    if (event.page == VoidLog::kEverything) ++voided.by_everything;
    if (event.page == VoidLog::kAnyCommit) ++voided.by_any_commit;
    if (event.by_hand()) ++voided.by_hand;
    last = std::max(last, event.second);
  }
  voided.by_other_pages = voided.latest - voided.by_everything - voided.by_any_commit - voided.by_hand - by_parts;
  if (last != 0) voided.last_seconds_ago = std::max(VoidLog::now_s(), last) - last;
}

}  // namespace

void explain_pages(Explanation& explanation, std::span<const uint32_t> pages, const Prepared& prepared,
                   const cache::Stamps* stamps, sql::Connection connection) {
  const std::vector<VoidLog::Event> events = prepared.voids.latest();
  std::vector<uint32_t> wanted(pages.begin(), pages.end());
  for (const VoidLog::Event& event : events) {
    if (event.page != VoidLog::kEverything && event.page < cache::Stamps::kFirstMark) wanted.push_back(event.page);
  }
  const sql::PageOwners found = sql::find_page_owners(connection, explanation.tables, wanted);
  for (const sql::PageOwner& owner : found.owners) explanation.parts.push_back(part_of(owner, pages, stamps, events));
  std::stable_sort(explanation.parts.begin(), explanation.parts.end(),
                   [](const auto& a, const auto& b) { return a.pages > b.pages; });
  for (const uint32_t page : found.left_over) {
    if (std::binary_search(pages.begin(), pages.end(), page)) ++explanation.unmapped_pages;
  }
  if (explanation.unmapped_pages != 0) explanation.why_unmapped = found.why_left_over;
  summarize(prepared, events, explanation);
}

}  // namespace tern::internal
