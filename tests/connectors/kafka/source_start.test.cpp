#include "connectors/kafka/source_start.h"

#include <catch2/catch.hpp>

using namespace bartizan::kafka;

namespace {

SourceFacts facts(std::int64_t low, std::int64_t high) {
  SourceFacts f;
  f.partition = 3;
  f.ends = {low, high};
  return f;
}

std::string code(const SourceStart& start) { return start.problem ? start.problem->code : ""; }

}  // namespace

TEST_CASE("a partition that was never read is read from its beginning", "[kafka]") {
  const SourceStart start = source_start(facts(7, 20));
  CHECK(start.offset == 7);
  CHECK_FALSE(start.stopped);
  CHECK(code(start) == "");
}

TEST_CASE("reading goes on at the committed position while the last record read is still there", "[kafka]") {
  SourceFacts f = facts(0, 20);
  f.committed = 12;
  f.mark = SourceMark{12, 99};
  CHECK(worth_comparing(f));
  for (const Likeness likeness : {Likeness::same, Likeness::unknown}) {
    f.likeness = likeness;
    CHECK(source_start(f).offset == 12);
    CHECK_FALSE(source_start(f).stopped);
  }
}

TEST_CASE("a topic that ends before what was read was made anew", "[kafka]") {
  SourceFacts f = facts(0, 11);
  f.committed = 12;
  CHECK(code(source_start(f)) == "source_recreated");
  CHECK(source_start(f).stopped);
  f.committed.reset();  // brokers delete positions together with a topic
  f.mark = SourceMark{12, 99};
  CHECK_FALSE(worth_comparing(f));
  CHECK(code(source_start(f)) == "source_recreated");
}

TEST_CASE("a topic made anew that is longer than what was read is known by the record", "[kafka]") {
  SourceFacts f = facts(0, 200);
  f.mark = SourceMark{12, 99};
  f.likeness = Likeness::other;
  for (const bool has_position : {true, false}) {
    if (has_position) f.committed = 12;
    else f.committed.reset();
    CHECK(worth_comparing(f));
    CHECK(source_start(f).stopped);
    CHECK(code(source_start(f)) == "source_recreated");
    CHECK(source_start(f).problem->message.find("partition 3 holds another record at offset 11") == 0);
  }
}

TEST_CASE("positions that expired are no topic made anew: it is read again, and the fold drops the repeats", "[kafka]") {
  SourceFacts f = facts(5, 200);
  f.mark = SourceMark{12, 99};
  f.likeness = Likeness::same;
  CHECK(source_start(f).offset == 5);
  CHECK_FALSE(source_start(f).problem);
}

TEST_CASE("a record that retention took cannot be compared and is accepted", "[kafka]") {
  SourceFacts f = facts(12, 200);
  f.mark = SourceMark{12, 99};
  f.committed = 12;
  CHECK_FALSE(worth_comparing(f));
  f.likeness = Likeness::other;
  CHECK(source_start(f).offset == 12);
  CHECK_FALSE(source_start(f).problem);

  f.committed = 9;
  f.mark = SourceMark{9, 99};
  const SourceStart trimmed = source_start(f);
  CHECK(code(trimmed) == "source_trimmed");
  CHECK_FALSE(trimmed.stopped);
  CHECK(trimmed.offset == 12);
  CHECK(trimmed.lost == 3);
}
