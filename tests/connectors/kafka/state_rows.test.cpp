#include "connectors/kafka/state_rows.h"

#include <catch2/catch.hpp>
#include <map>

using namespace bartizan;
using namespace bartizan::kafka;

namespace {

using Rows = std::map<std::pair<std::uint32_t, std::string>, std::string>;

std::string row_key(std::uint32_t table, std::string_view key) {
  std::string out;
  append_row_key(out, table, key);
  return out;
}

void put(HeldCheckpoint& held, std::uint32_t table, std::string_view key, std::string_view value) { REQUIRE(held.add(row_key(table, key), &value)); }
void erase(HeldCheckpoint& held, std::uint32_t table, std::string_view key) { REQUIRE(held.add(row_key(table, key), nullptr)); }

CheckpointMarker marker_at(std::int64_t offset) {
  CheckpointMarker m;
  m.partition = 3;
  m.next_offset = offset;
  m.output_hash = UINT64_MAX;
  m.journal_checksum = 0x0f;
  m.fold_version = 7;
  m.bundle_hash = "abc123";
  return m;
}

void seal(HeldCheckpoint& held, std::int64_t offset) {
  const std::string text = write_marker(marker_at(offset));
  const std::string_view value{text};
  REQUIRE(held.add(kMarkerKey, &value));
}

Rows rows_of(const HeldCheckpoint& held) {
  Rows rows;
  held.visit([&](std::uint32_t table, std::string_view key, std::string_view bytes) {
    const bool fresh = rows.emplace(std::pair{table, std::string{key}}, std::string{bytes}).second;
    CHECK(fresh);  // a row is handed out once
    return true;
  });
  return rows;
}

}  // namespace

TEST_CASE("keys of rows keep tables and bytes apart", "[kafka]") {
  const std::string key = row_key(0x01020304, std::string_view{"a\0b", 3});
  CHECK(key == std::string("r\1\2\3\4a\0b", 8));
  const auto read = read_row_key(key);
  REQUIRE(read);
  CHECK(read->table == 0x01020304);
  CHECK(read->key == std::string_view("a\0b", 3));
  CHECK_FALSE(read_row_key("r123"));
  CHECK_FALSE(read_row_key("m"));
}

TEST_CASE("an entry that is passed over is named by its key", "[kafka]") {
  CHECK(read_quarantine_key(quarantine_key(1'234'567'890'123, 5)) == std::pair<std::int64_t, std::int32_t>{1'234'567'890'123, 5});
  CHECK(quarantine_key(1, 2).size() == 13);
  CHECK_FALSE(read_quarantine_key("q1"));
}

TEST_CASE("a marker survives writing and reading", "[kafka]") {
  CheckpointMarker m = marker_at(42);
  m.clean_stop = true;
  const auto read = read_marker(write_marker(m), 3);
  REQUIRE(read);
  CHECK(read->partition == 3);
  CHECK(read->next_offset == 42);
  CHECK(read->output_hash == UINT64_MAX);
  CHECK(read->journal_checksum == 0x0f);
  CHECK(read->fold_version == 7);
  CHECK(read->clean_stop);
  CHECK(read->bundle_hash == "abc123");
  for (const char* text : {"", "2 1 0 0 1 0 x", "1 -1 0 0 1 0 x", "1 1 0 0 1 2 x", "1 1 g 0 1 0 x", "1 1 0 0"}) CHECK_FALSE(read_marker(text, 0));
}

TEST_CASE("rows count only below the last marker, the newest of each key", "[kafka]") {
  HeldCheckpoint held{3};
  CHECK_FALSE(held.marker());
  put(held, 1, "a", "old");
  put(held, 1, "b", "stays");
  put(held, 2, "a", "another table");
  put(held, 1, "empty", "");
  seal(held, 10);
  put(held, 1, "a", "new");
  erase(held, 2, "a");
  seal(held, 20);
  put(held, 1, "b", "of a checkpoint that was never sealed");
  erase(held, 1, "a");
  REQUIRE(held.marker());
  CHECK(held.marker()->next_offset == 20);
  CHECK(rows_of(held) == Rows{{{1, "a"}, "new"}, {{1, "b"}, "stays"}, {{1, "empty"}, ""}});
}

TEST_CASE("a row that was erased and written again is there", "[kafka]") {
  HeldCheckpoint held{0};
  put(held, 1, "a", "one");
  erase(held, 1, "a");
  put(held, 1, "a", "two");
  seal(held, 1);
  CHECK(rows_of(held) == Rows{{{1, "a"}, "two"}});
}

TEST_CASE("removing the marker removes the checkpoint, but not what is quarantined", "[kafka]") {
  HeldCheckpoint held{0};
  const std::string_view one{"1"};
  put(held, 1, "a", "one");
  REQUIRE(held.add(quarantine_key(7, 2), &one));
  seal(held, 1);
  REQUIRE(held.add(kMarkerKey, nullptr));
  CHECK_FALSE(held.marker());
  CHECK(rows_of(held).empty());
  CHECK(held.quarantined() == std::vector<std::pair<std::int64_t, std::int32_t>>{{7, 2}});
}

TEST_CASE("records of another version are not passed over in silence", "[kafka]") {
  HeldCheckpoint held{0};
  const std::string_view value{"1 x"};
  CHECK_FALSE(held.add("", &value));
  CHECK_FALSE(held.add("z-unknown", &value));
  CHECK_FALSE(held.add(kMarkerKey, &value));
}

TEST_CASE("many rows with many versions", "[kafka]") {
  HeldCheckpoint held{0};
  Rows expected;
  const std::string big(70'000, 'x');
  for (int round = 0; round < 5; ++round) {
    for (int i = round; i < 20'000; i += round + 1) {
      const std::string key = std::to_string(i);
      const std::string value = key + '/' + std::to_string(round) + (i % 5'000 == 0 ? big : std::string{});
      if ((i + round) % 11 == 0) {
        erase(held, 1, key);
        expected.erase({1, key});
      } else {
        put(held, 1, key, value);
        expected[{1, key}] = value;
      }
    }
    seal(held, round);
  }
  CHECK(rows_of(held) == expected);
}
