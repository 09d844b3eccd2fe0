#include "connectors/embedded/checkpoint_db.h"

#include <catch2/catch.hpp>
#include <map>

#include "tests/connectors/embedded/scratch.h"

using namespace bartizan;
using namespace bartizan::embedded;
using bartizan::testing::Scratch;

namespace {

using Rows = std::map<std::pair<std::uint32_t, std::string>, std::string>;

Rows rows_of(CheckpointStore& store, std::int32_t partition, std::int64_t committed) {
  Rows rows;
  CHECK(store.load(partition, committed, [&](std::uint32_t table, std::string_view key, std::string_view bytes) {
    rows[{table, std::string{key}}] = std::string{bytes};
    return true;
  }).ok());
  return rows;
}

std::unique_ptr<CheckpointDb> open(const Scratch& dir) {
  auto db = CheckpointDb::open(dir / "checkpoint.db");
  REQUIRE(db.ok());
  return std::move(db.value());
}

CheckpointMarker marker_at(std::int32_t partition, std::int64_t offset) {
  CheckpointMarker m;
  m.partition = partition;
  m.next_offset = offset;
  m.output_hash = 0xfedcba9876543210;
  m.journal_checksum = 0x8000000000000001;
  m.fold_version = 3;
  m.bundle_hash = "abc";
  m.clean_stop = true;
  return m;
}

}  // namespace

TEST_CASE("a checkpoint holds the rows of all before it, changed and erased ones as last said") {
  const Scratch dir;
  auto store = open(dir);
  CHECK_FALSE(store->marker(0));
  REQUIRE(store->begin(0, 5).ok());
  store->put(1, std::string_view{"a\0b", 3}, "one");
  store->put(1, "b", std::string_view{"\0two", 4});
  store->put(2, "a", "");
  REQUIRE(store->commit(marker_at(0, 5)).ok());
  REQUIRE(store->begin(0, 9).ok());
  store->put(1, "b", "three");
  store->erase(2, "a");
  REQUIRE(store->commit(marker_at(0, 9)).ok());
  REQUIRE(store->begin(1, 2).ok());
  store->put(1, "b", "other partition");
  REQUIRE(store->commit(marker_at(1, 2)).ok());

  store = open(dir);
  CHECK(rows_of(*store, 0, 9) == Rows{{{1, std::string{"a\0b", 3}}, "one"}, {{1, "b"}, "three"}});
  CHECK(rows_of(*store, 1, 100) == Rows{{{1, "b"}, "other partition"}});
  const auto m = store->marker(0);
  REQUIRE(m);
  CHECK(m->next_offset == 9);
  CHECK(m->output_hash == 0xfedcba9876543210);
  CHECK(m->journal_checksum == 0x8000000000000001);
  CHECK(m->fold_version == 3);
  CHECK(m->bundle_hash == "abc");
  CHECK(m->clean_stop);
}

TEST_CASE("a checkpoint that was not sealed is never seen") {
  const Scratch dir;
  {
    auto store = open(dir);
    REQUIRE(store->begin(0, 5).ok());
    store->put(1, "a", "one");
    REQUIRE(store->commit(marker_at(0, 5)).ok());
    REQUIRE(store->begin(0, 8).ok());
    store->put(1, "a", "two");
    store->put(1, "b", "new");
    store->abandon();
    CHECK(rows_of(*store, 0, 5) == Rows{{{1, "a"}, "one"}});
    REQUIRE(store->begin(0, 8).ok());
    store->put(1, "a", "three");
  }  // the process ends here
  auto store = open(dir);
  CHECK(store->marker(0)->next_offset == 5);
  CHECK(rows_of(*store, 0, 5) == Rows{{{1, "a"}, "one"}});
}

TEST_CASE("a checkpoint ahead of the outputs is refused") {
  const Scratch dir;
  auto store = open(dir);
  REQUIRE(store->begin(0, 5).ok());
  REQUIRE(store->commit(marker_at(0, 5)).ok());
  const Status s = store->load(0, 4, [](std::uint32_t, std::string_view, std::string_view) { return true; });
  REQUIRE_FALSE(s.ok());
  CHECK(s.error().code == "ahead_of_outputs");
}

TEST_CASE("a file that is no database is an error with a message") {
  const Scratch dir;
  testing::write_file(dir / "checkpoint.db", std::string(5000, 'x'));
  const auto db = CheckpointDb::open(dir / "checkpoint.db");
  REQUIRE_FALSE(db.ok());
  CHECK(db.error().code == "damaged_database");
  const auto folder = CheckpointDb::open(dir.path());
  REQUIRE_FALSE(folder.ok());
  CHECK(folder.error().code == "no_permission");
}
