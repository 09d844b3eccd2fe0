#include "connectors/embedded/journal_files.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/connectors/embedded/scratch.h"

using namespace bartizan;
using namespace bartizan::embedded;
using bartizan::testing::Scratch;

namespace {

std::string message(std::int64_t n) {
  testing::SplitMix random{static_cast<unsigned long long>(n)};
  std::string text = "message " + std::to_string(n) + " ";
  for (auto left = random.below(300); left > 0; --left) text.push_back(static_cast<char>(random.below(256)));
  return text;
}

JournalLimits small() {
  JournalLimits limits;
  limits.segment_bytes = 2000;
  return limits;
}

// Opens, appends messages [from, to) in flushes of three, and closes.
void write_messages(const std::string& state, std::int64_t from, std::int64_t to) {
  JournalFiles journal{state, 1, small()};
  REQUIRE(journal.open({from}).ok());
  REQUIRE(journal.durable_end(0) == from);
  for (std::int64_t n = from; n < to; ++n) {
    journal.append(0, message(n), time_from_ms(1000 + n));
    if (n % 3 == 2) REQUIRE(journal.flush().ok());
  }
  REQUIRE(journal.flush().ok());
  REQUIRE(journal.durable_end(0) == to);
}

// Offsets read from `from` on; every message must be the one of its offset.
std::int64_t read_from(const std::string& state, std::int64_t from, std::int64_t limit = INT64_MAX) {
  JournalCursor cursor{journal_folder(state, 0)};
  REQUIRE(cursor.seek(from).ok());
  StoredMessage m;
  std::int64_t next = from;
  while (true) {
    const auto more = cursor.next(limit, m);
    REQUIRE(more.ok());
    if (!more.value()) return next;
    REQUIRE(m.offset == next);
    REQUIRE(m.bytes == message(next));
    REQUIRE(m.append_time == time_from_ms(1000 + next));
    ++next;
  }
}

}  // namespace

TEST_CASE("the journal keeps messages over segments and starts, and any offset can be sought") {
  const Scratch dir;
  write_messages(dir.path(), 0, 40);
  write_messages(dir.path(), 40, 41);
  write_messages(dir.path(), 41, 100);
  CHECK(list_segments(journal_folder(dir.path(), 0)).size() > 4);
  for (std::int64_t from = 0; from <= 100; ++from) CHECK(read_from(dir.path(), from) == 100);
  CHECK(read_from(dir.path(), 7, 31) == 31);
  CHECK(journal_partitions_in(dir.path()) == std::vector<std::int32_t>{0});
}

TEST_CASE("a journal cut at any byte of its uncommitted end keeps every whole message") {
  const Scratch dir;
  write_messages(dir.path(), 0, 12);
  const auto segments = list_segments(journal_folder(dir.path(), 0));
  const Segment last = segments.back();
  const std::string whole = testing::read_file(last.path);
  std::int64_t kept = last.first_offset;
  for (std::size_t cut = 0; cut < whole.size(); cut += 1 + cut % 5) {
    testing::write_file(last.path, whole.substr(0, cut));
    JournalFiles journal{dir.path(), 1, small()};
    REQUIRE(journal.open({last.first_offset}).ok());
    CHECK(journal.durable_end(0) >= kept);
    kept = journal.durable_end(0);
    REQUIRE(kept <= 12);
    CHECK(read_from(dir.path(), 0) == kept);
    // And it goes on from there.
    journal.append(0, message(kept), time_from_ms(1000 + kept));
    REQUIRE(journal.flush().ok());
    CHECK(read_from(dir.path(), 0) == kept + 1);
    if (cut < kSegmentHeaderBytes) std::filesystem::remove(last.path);
  }
  CHECK(kept == 11);
}

TEST_CASE("damage below what was committed is refused with a message, never cut") {
  const Scratch dir;
  write_messages(dir.path(), 0, 40);
  const auto segments = list_segments(journal_folder(dir.path(), 0));
  const std::string path = segments.back().path;
  std::string bytes = testing::read_file(path);
  bytes[kSegmentHeaderBytes + 40] ^= 1;
  testing::write_file(path, bytes);
  JournalFiles journal{dir.path(), 1, small()};
  const Status opened = journal.open({40});
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == "journal_damaged");
  CHECK(testing::read_file(path) == bytes);

  // A broken segment in the middle stops a reader there.
  bytes = testing::read_file(segments.front().path);
  bytes[kSegmentHeaderBytes + 40] ^= 1;
  testing::write_file(segments.front().path, bytes);
  JournalCursor cursor{journal_folder(dir.path(), 0)};
  REQUIRE(cursor.seek(0).ok());
  StoredMessage m;
  const auto more = cursor.next(INT64_MAX, m);
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().code == "journal_damaged");
}

TEST_CASE("a missing segment, an emptied journal and another version are refused") {
  const Scratch dir;
  write_messages(dir.path(), 0, 40);
  const auto segments = list_segments(journal_folder(dir.path(), 0));
  std::filesystem::remove(segments[1].path);
  JournalCursor cursor{journal_folder(dir.path(), 0)};
  REQUIRE(cursor.seek(0).ok());
  StoredMessage m;
  Result<bool> more = true;
  while (more.ok() && more.value()) more = cursor.next(INT64_MAX, m);
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().code == "journal_damaged");
  CHECK(m.offset + 1 == segments[1].first_offset);

  std::filesystem::remove(segments[0].path);
  CHECK(cursor.seek(0).error().code == "journal_gone");
  std::string bytes = testing::read_file(segments.back().path);
  bytes[6] = 2;
  testing::write_file(segments.back().path, bytes);
  JournalFiles newer{dir.path(), 1, small()};
  CHECK(newer.open({40}).error().code == "unknown_version");
  std::filesystem::remove_all(dir / "journal");
  JournalFiles emptied{dir.path(), 1, small()};
  CHECK(emptied.open({40}).error().code == "journal_gone");
}

TEST_CASE("a reader follows a writer at work") {
  const Scratch dir;
  JournalFiles journal{dir.path(), 1, small()};
  REQUIRE(journal.open({0}).ok());
  JournalCursor cursor{journal_folder(dir.path(), 0)};
  REQUIRE(cursor.seek(0).ok());
  StoredMessage m;
  for (std::int64_t n = 0; n < 60; ++n) {
    auto more = cursor.next(INT64_MAX, m);
    REQUIRE(more.ok());
    CHECK_FALSE(more.value());
    journal.append(0, message(n), time_from_ms(1000 + n));
    more = cursor.next(INT64_MAX, m);
    REQUIRE(more.ok());
    CHECK_FALSE(more.value());  // not flushed
    REQUIRE(journal.flush().ok());
    more = cursor.next(INT64_MAX, m);
    REQUIRE(more.ok());
    REQUIRE(more.value());
    CHECK(m.bytes == message(n));
  }
}

TEST_CASE("old segments go only below the checkpoint, oldest first") {
  const Scratch dir;
  write_messages(dir.path(), 0, 60);
  const auto segments = list_segments(journal_folder(dir.path(), 0));
  JournalLimits limits = small();
  limits.keep_bytes = 5000;
  limits.keep_for = Duration{INT64_MAX / 4};
  JournalFiles journal{dir.path(), 1, limits};
  REQUIRE(journal.open({60}).ok());
  REQUIRE(journal.trim({segments[1].first_offset - 1}, Time{}).ok());
  CHECK(list_segments(journal_folder(dir.path(), 0)).size() == segments.size());
  REQUIRE(journal.trim({segments[2].first_offset}, Time{}).ok());
  const auto left = list_segments(journal_folder(dir.path(), 0));
  REQUIRE(left.size() == segments.size() - 2);
  CHECK(journal_start(journal_folder(dir.path(), 0)) == segments[2].first_offset);
  CHECK(read_from(dir.path(), segments[2].first_offset) == 60);
}
