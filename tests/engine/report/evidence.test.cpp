#include "engine/report/evidence.h"

#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/report/alert_row.h"
#include "tests/engine/report/book_bench.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {
std::vector<std::string> ids(const std::vector<Evidence>& evidence) {
  std::vector<std::string> out;
  for (const Evidence& e : evidence) out.push_back(e.event_id);
  return out;
}
}  // namespace

TEST_CASE("the anchor stays first, the rest is sorted by time, one per event", "[report]") {
  std::vector<Evidence> kept;
  report::merge_evidence(kept, {make_evidence("anchor", kStart + kHour), make_evidence("c", kStart + 3 * kHour),
                                make_evidence("a", kStart), make_evidence("c", kStart + 3 * kHour), make_evidence("b", kStart)});
  CHECK(ids(kept) == std::vector<std::string>{"anchor", "a", "b", "c"});
}

TEST_CASE("of too many sign-ins first, last and the most different stay", "[report]") {
  std::vector<Evidence> kept;
  for (int i = 0; i < 100; ++i) {
    Evidence e = make_evidence("e" + std::to_string(i), kStart + Duration{i});
    if (i == 37) e.ip = "203.0.113.9";
    if (i == 52) e.location.country = "BR";
    if (i == 61) e.user_agent = "python-requests/2.31";
    if (i == 75) e.app.id = "app-x";
    report::merge_evidence(kept, {e});
  }
  REQUIRE(kept.size() == report::kEvidenceMax);
  CHECK(kept.front().event_id == "e0");
  CHECK(kept[1].event_id == "e1");
  CHECK(kept.back().event_id == "e99");
  for (const char* different : {"e37", "e52", "e61", "e75"}) {
    const auto all = ids(kept);
    CHECK(std::find(all.begin(), all.end(), different) != all.end());
  }
  CHECK(std::is_sorted(kept.begin() + 1, kept.end(), [](const Evidence& a, const Evidence& b) { return a.time < b.time; }));
}

TEST_CASE("a sketch of an event does not replace what is known of it", "[report]") {
  std::vector<Evidence> kept;
  report::merge_evidence(kept, {make_evidence("anchor", kStart), make_evidence("b", kStart + kHour)});
  Evidence sketch;
  sketch.event_id = "b";
  sketch.time = kStart + kHour;
  report::merge_evidence(kept, {sketch});
  CHECK(kept[1].ip == "192.0.2.1");
}

TEST_CASE("open fields are bounded", "[report]") {
  Evidence e = make_evidence("a", kStart);
  for (int i = 0; i < 50; ++i) e.fields.emplace_back("field" + std::to_string(i), std::string(300, 'x'));
  e.fields[0].second = std::vector<CheckScalar>(40, CheckScalar{1.0});
  report::clip(e);
  CHECK(e.fields.size() == 26);
  CHECK(std::get<std::vector<CheckScalar>>(e.fields[0].second).size() == report::kListMax);
}

TEST_CASE("distinct events are counted, and a detector's own count is believed where it is larger", "[report]") {
  report::AlertRow row;
  const Rule rule = make_rule("unlikelyTravel");
  Finding f = make_finding(make_entity(EntityType::user, "u"), "e1", kStart);
  f.evidence.push_back(make_evidence("e2", kStart));
  row.merge(rule, Finding{f});
  row.merge(rule, Finding{f});
  CHECK(row.alert.evidence_total == 2);
  CHECK(row.alert.count == 2);
  f.evidence_total = 43;
  row.merge(rule, Finding{f});
  CHECK(row.alert.evidence_total == 43);
}

TEST_CASE("confidence is that of the gravest finding, and rises among equals", "[report]") {
  report::AlertRow row;
  const Rule rule = make_rule("unlikelyTravel");
  const auto merge = [&](Severity s, double q) {
    Finding f = make_finding(make_entity(EntityType::user, "u"), "e1", kStart, s);
    f.confidence = q;
    row.merge(rule, std::move(f));
    return row.alert.confidence;
  };
  CHECK(merge(Severity::medium, 0.5) == 50);
  CHECK(merge(Severity::low, 0.9) == 50);
  CHECK(merge(Severity::medium, 0.4) == 50);
  CHECK(merge(Severity::high, 0) == 35);
}
