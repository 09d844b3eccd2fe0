#include "connectors/embedded/output_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/connectors/embedded/scratch.h"

using namespace bartizan;
using namespace bartizan::embedded;
using bartizan::testing::Scratch;

namespace {

OutputUnit unit_of(const std::vector<std::pair<Topic, std::string>>& lines) {
  OutputUnit unit;
  for (const auto& [topic, text] : lines) {
    OutputRecord record;
    record.topic = topic;
    record.value = text;
    unit.add(record);
  }
  return unit;
}

class Folder {
 public:
  Folder() { open_db(); }
  void open_db() {
    auto db = PositionDb::open(dir / "positions.db");
    REQUIRE(db.ok());
    db_ = std::move(db.value());
  }
  Status open() {
    files_.reset();
    open_db();
    files_ = std::make_unique<OutputFiles>(dir / "out", *db_);
    return files_->open();
  }
  void stage(const OutputUnit& unit) {
    REQUIRE(db_->begin().ok());
    REQUIRE(files_->stage(unit).ok());
    REQUIRE(db_->commit().ok());
  }
  void write(const OutputUnit& unit) {
    stage(unit);
    REQUIRE(files_->append_staged().ok());
  }
  std::string text(std::string_view name) const { return testing::read_file(dir / ("out/" + std::string{name})); }
  std::string code_of_open() {
    const Status s = open();
    return s.ok() ? "" : s.error().code;
  }

  Scratch dir;
  std::unique_ptr<PositionDb> db_;
  std::unique_ptr<OutputFiles> files_;
};

const OutputUnit kFirst = unit_of({{Topic::alerts, "one"}, {Topic::risky_users, "user one"}});
const OutputUnit kSecond = unit_of({{Topic::alerts, "two"}, {Topic::alerts, "three"}, {Topic::insights, "insight"}});

}  // namespace

TEST_CASE("units appear in their files in order, and files are there from the start") {
  Folder f;
  REQUIRE(f.open().ok());
  CHECK(std::filesystem::exists(f.dir / "out/alerts.ndjson"));
  f.write(kFirst);
  CHECK(f.text("alerts.ndjson") == "one\n");
  f.write(kSecond);
  CHECK(f.text("alerts.ndjson") == "one\ntwo\nthree\n");
  CHECK(f.text("insights.ndjson") == "insight\n");
  REQUIRE(f.open().ok());
  f.write(kFirst);
  CHECK(f.text("alerts.ndjson") == "one\ntwo\nthree\none\n");
}

TEST_CASE("a committed unit that did not reach its files is completed from any point at the next start") {
  const std::string appended = "two\nthree\n";
  for (std::size_t there = 0; there <= appended.size(); ++there) {
    for (const bool other_too : {false, true}) {
      Folder f;
      REQUIRE(f.open().ok());
      f.write(kFirst);
      f.stage(kSecond);
      CHECK(f.text("alerts.ndjson") == "one\n");
      testing::append_file(f.dir / "out/alerts.ndjson", appended.substr(0, there));
      if (other_too) testing::append_file(f.dir / "out/insights.ndjson", "insi");
      REQUIRE(f.open().ok());
      CHECK(f.text("alerts.ndjson") == "one\ntwo\nthree\n");
      CHECK(f.text("insights.ndjson") == "insight\n");
      CHECK(f.text("risky-users.ndjson") == "user one\n");
      f.write(kFirst);
      CHECK(f.text("alerts.ndjson") == "one\ntwo\nthree\none\n");
      REQUIRE(f.open().ok());
    }
  }
}

TEST_CASE("a unit whose transaction did not come about shows nothing and can be sent again") {
  Folder f;
  REQUIRE(f.open().ok());
  f.write(kFirst);
  REQUIRE(f.db_->begin().ok());
  REQUIRE(f.files_->stage(kSecond).ok());
  f.db_->rollback();
  f.files_->unstage();
  CHECK(f.text("alerts.ndjson") == "one\n");
  f.write(kSecond);
  CHECK(f.text("alerts.ndjson") == "one\ntwo\nthree\n");
  REQUIRE(f.open().ok());
}

TEST_CASE("a shorter, longer, swapped or missing output file is a message, never an extension") {
  Folder f;
  REQUIRE(f.open().ok());
  f.write(kFirst);
  f.write(kSecond);
  const std::string alerts = f.dir / "out/alerts.ndjson";
  std::filesystem::resize_file(alerts, 2);  // below the last unit, which alone has redo rows
  CHECK(f.code_of_open() == "output_shrunk");
  testing::append_file(alerts, "e\ntwo\nthree\n");
  CHECK(f.code_of_open().empty());
  testing::append_file(alerts, "foreign\n");
  CHECK(f.code_of_open() == "output_foreign");
  CHECK(f.text("alerts.ndjson") == "one\ntwo\nthree\nforeign\n");
  std::filesystem::rename(alerts, f.dir / "out/elsewhere");
  CHECK(f.code_of_open() == "output_swapped");
  testing::write_file(alerts, "one\ntwo\nthree\n");
  CHECK(f.code_of_open() == "output_swapped");
}

TEST_CASE("bytes behind the committed ones that are not the missing unit are left alone") {
  Folder f;
  REQUIRE(f.open().ok());
  f.write(kFirst);
  f.stage(kSecond);
  testing::append_file(f.dir / "out/alerts.ndjson", "twX");
  CHECK(f.code_of_open() == "output_foreign");
  CHECK(f.text("alerts.ndjson") == "one\ntwX");
}

TEST_CASE("a file that this state folder did not write is not extended") {
  Folder f;
  std::filesystem::create_directory(f.dir / "out");
  testing::write_file(f.dir / "out/alerts.ndjson", "somebody else's\n");
  CHECK(f.code_of_open() == "output_foreign");
  std::filesystem::remove(f.dir / "out/alerts.ndjson");
  std::filesystem::create_directory(f.dir / "out/alerts.ndjson");
  CHECK(f.code_of_open() == "not_a_file");
}

TEST_CASE("a file that is moved or cut while it is being written stops the writing") {
  for (const bool cut : {false, true}) {
    Folder f;
    REQUIRE(f.open().ok());
    f.write(kFirst);
    if (cut) {
      std::filesystem::resize_file(f.dir / "out/alerts.ndjson", 1);
    } else {
      std::filesystem::rename(f.dir / "out/alerts.ndjson", f.dir / "out/alerts.ndjson.1");
    }
    f.stage(kSecond);
    const Status s = f.files_->append_staged();
    REQUIRE_FALSE(s.ok());
    CHECK(s.error().code == (cut ? "output_shrunk" : "output_swapped"));
    CHECK_FALSE(f.files_->append_staged().ok());
  }
}

TEST_CASE("standard output gets each unit once while the process lives, and the last one again after a crash") {
  const Scratch dir;
  testing::write_file(dir / "stdout", "");
  const int saved = ::dup(STDOUT_FILENO);
  const int file = ::open((dir / "stdout").c_str(), O_WRONLY | O_APPEND);
  ::dup2(file, STDOUT_FILENO);
  {
    auto db = PositionDb::open(dir / "positions.db");
    for (int life = 0; life < 2; ++life) {
      OutputFiles files{"-", *db.value()};
      if (!files.open().ok()) break;
      for (const OutputUnit* unit : {&kFirst, &kSecond}) {
        if (life == 1) break;
        static_cast<void>(db.value()->begin().ok());
        static_cast<void>(files.stage(*unit).ok());
        static_cast<void>(db.value()->commit().ok());
        static_cast<void>(files.append_staged().ok());
      }
    }
  }
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(file);
  CHECK(testing::read_file(dir / "stdout") == "one\nuser one\ntwo\nthree\ninsight\ntwo\nthree\ninsight\n");
}
