#include <catch2/catch.hpp>

#include "engine/pipeline/source_table.h"

using namespace bartizan;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr Time kStart = time_from_ms(1'767'225'600'000);  // 2026-01-01
constexpr Duration kLateness = minutes{15};

SourcePosition at(int partition, std::int64_t offset, std::int32_t index = -1) {
  SourcePosition p;
  p.source.input = "signins";
  p.source.topic = "signins";
  p.source.partition = partition;
  p.offset = offset;
  p.index = index;
  return p;
}

void event(SourceTable& table, int partition, std::int64_t offset, Time append_time, Time event_time) {
  table.advance(append_time);
  REQUIRE(table.admit(at(partition, offset)));
  table.note_event(event_time);
}

}  // namespace

TEST_CASE("only positions above the highest applied one of their partition are admitted", "[pipeline]") {
  SourceTable table;
  CHECK(table.admit(at(0, 5, 0)));
  CHECK(table.admit(at(0, 5, 1)));
  CHECK_FALSE(table.admit(at(0, 5, 1)));
  CHECK_FALSE(table.admit(at(0, 5, 0)));
  CHECK_FALSE(table.admit(at(0, 4, 9)));
  CHECK(table.admit(at(1, 4)));
  CHECK(table.admit(at(0, 6)));
  SourcePosition recreated = at(0, 0);
  recreated.source.generation = 1;
  CHECK(table.admit(recreated));
}

TEST_CASE("journal time is the running maximum of append times", "[pipeline]") {
  SourceTable table;
  table.advance(kStart + minutes{1});
  table.advance(kStart);
  CHECK(table.journal_time() == kStart + minutes{1});
}

TEST_CASE("one record from the far future does not move journal time; a real gap of years does", "[pipeline]") {
  SourceTable table;
  table.advance(kStart);
  const Time far = kStart + hours{24 * 365 * 70};
  for (int i = 0; i < 100; ++i) {
    table.advance(far + hours{48 * i});  // they do not agree with each other
    CHECK(table.journal_time() < kStart + hours{1});
    table.advance(kStart + seconds{i});
  }
  CHECK(table.journal_time() == kStart + seconds{99});
  table.advance(kStart + SourceTable::kLeapMax);
  CHECK(table.journal_time() == kStart + SourceTable::kLeapMax);
  for (std::uint32_t i = 1; i < SourceTable::kLeapEntries; ++i) table.advance(far);
  CHECK(table.journal_time() == kStart + SourceTable::kLeapMax);
  table.advance(far + seconds{1});
  CHECK(table.journal_time() == far + seconds{1});
}

TEST_CASE("the watermark is the slowest live partition's event time minus lateness", "[pipeline]") {
  SourceTable table;
  event(table, 0, 1, kStart, kStart);
  CHECK(table.watermark() == kStart - kLateness);
  event(table, 1, 1, kStart + seconds{1}, kStart - hours{3});  // hours behind: holds, never draws back
  CHECK(table.watermark() == kStart - kLateness);
  event(table, 0, 2, kStart + seconds{2}, kStart + minutes{4});
  CHECK(table.watermark() == kStart - kLateness);
  event(table, 1, 2, kStart + seconds{3}, kStart + minutes{2});
  CHECK(table.watermark() == kStart + minutes{2} - kLateness);
  event(table, 1, 3, kStart + seconds{4}, kStart + minutes{9});
  CHECK(table.watermark() == kStart + minutes{4} - kLateness);
}

TEST_CASE("an idle partition no longer holds the watermark", "[pipeline]") {
  SourceTable table;
  event(table, 0, 1, kStart, kStart);
  event(table, 1, 1, kStart, kStart - hours{3});
  Time now = kStart;
  std::int64_t offset = 2;
  while (now < kStart + minutes{5}) {
    now += seconds{1};
    event(table, 0, offset++, now, now);
    CHECK(table.watermark() == kStart - kLateness);
  }
  event(table, 0, offset, now + seconds{1}, now + seconds{1});
  CHECK(table.watermark() == now + seconds{1} - kLateness);
}

TEST_CASE("a partition that speaks again after idleness holds the watermark where it is", "[pipeline]") {
  SourceTable table;
  event(table, 0, 1, kStart, kStart);
  event(table, 1, 1, kStart, kStart);
  for (int i = 1; i <= 400; ++i) event(table, 0, 1 + i, kStart + seconds{i}, kStart + seconds{i});
  const Time before = table.watermark();
  CHECK(before == kStart + seconds{400} - kLateness);
  event(table, 1, 2, kStart + seconds{401}, kStart + seconds{10});
  event(table, 0, 500, kStart + seconds{402}, kStart + seconds{402});
  CHECK(table.watermark() == before);
}

TEST_CASE("after an outage of ours nobody is idle before they could deliver", "[pipeline]") {
  SourceTable table;
  event(table, 0, 1, kStart, kStart);
  event(table, 1, 1, kStart, kStart);
  // Nothing at all for three hours, not even ticks. Then one partition delivers first, the other a minute later.
  for (int i = 0; i < 60; ++i) event(table, 0, 2 + i, kStart + hours{3} + seconds{i}, kStart + minutes{3 * i});
  CHECK(table.watermark() == kStart - kLateness);
  event(table, 1, 2, kStart + hours{3} + seconds{60}, kStart + minutes{1});
  CHECK(table.watermark() == kStart + minutes{1} - kLateness);
}

TEST_CASE("ticks alone leave the watermark where it is", "[pipeline]") {
  SourceTable table;
  event(table, 0, 1, kStart, kStart);
  for (int i = 0; i < 1000; ++i) table.advance(kStart + seconds{i});
  CHECK(table.watermark() == kStart - kLateness);
}

TEST_CASE("a source is forgotten after 35 days, not before", "[pipeline]") {
  SourceTable table;
  event(table, 0, 1, kStart, kStart);
  table.advance(kStart + SourceTable::kForgetAfter - hours{1});
  CHECK_FALSE(table.admit(at(0, 1)));
  table.advance(kStart + SourceTable::kForgetAfter + hours{1});
  CHECK(table.rows() == 0);
  CHECK(table.admit(at(0, 1)));
}

TEST_CASE("a full table forgets the source unseen for longest, and counts it", "[pipeline]") {
  SourceTable table;
  for (std::size_t p = 0; p <= SourceTable::kSourcesMax; ++p) {
    table.advance(kStart + Duration{static_cast<std::int64_t>(p)});
    REQUIRE(table.admit(at(static_cast<int>(p), 7)));
  }
  CHECK(table.rows() == SourceTable::kSourcesMax);
  CHECK(table.evictions() == 1);
  CHECK_FALSE(table.admit(at(1, 7)));
  CHECK(table.admit(at(0, 7)));
}
