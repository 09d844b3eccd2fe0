// The decoder against a plain reader over RapidJSON's tree: same model, or a dead letter for one of the right reasons.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/engine/codec/collecting_sink.h"
#include "tests/support/json_mutator.h"
#include "tests/support/other_generator.h"
#include "tests/support/rapidjson_reader.h"
#include "tests/support/sign_in_generator.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

std::string describe(const DecodedRecord& r) {
  switch (r.kind) {
    case DecodedRecord::Kind::sign_in: return "sign-in";
    case DecodedRecord::Kind::risk_report: return "risk report";
    case DecodedRecord::Kind::directory_change: return "directory change";
    case DecodedRecord::Kind::dead_letter: return "dead letter " + std::string{to_word(r.letter.reason)} + ": " + r.letter.detail;
    case DecodedRecord::Kind::ignored: return "ignored " + std::string{to_word(r.ignored)};
    case DecodedRecord::Kind::command: break;
  }
  return "command";
}

/// Empty when the decoder did what the oracle expects; else what differs.
std::string compare(const ExpectedRecord& expected, const DecodedRecord& found) {
  if (expected.kind == ExpectedRecord::Kind::ignored) {
    return found.kind == DecodedRecord::Kind::ignored && found.ignored == expected.ignored ? "" : "expected ignored, found " + describe(found);
  }
  if (found.index != expected.index) return "index " + std::to_string(expected.index) + " | " + std::to_string(found.index);
  if (expected.kind == ExpectedRecord::Kind::dead_letter) {
    const bool right = found.kind == DecodedRecord::Kind::dead_letter && expected.reasons.count(found.letter.reason) != 0;
    std::string reasons;
    for (const auto r : expected.reasons) reasons += std::string{to_word(r)} + " ";
    return right ? "" : "expected dead letter " + reasons + ", found " + describe(found);
  }
  const auto kind = expected.kind == ExpectedRecord::Kind::risk_report        ? DecodedRecord::Kind::risk_report
                    : expected.kind == ExpectedRecord::Kind::directory_change ? DecodedRecord::Kind::directory_change
                                                                              : DecodedRecord::Kind::sign_in;
  if (found.kind != kind) return "expected another kind, found " + describe(found);
  return differences(expected.fields, found.fields);
}

std::string compare_message(const std::string& message, const DecodeOptions& options, std::vector<DecodedRecord>& found) {
  const auto expected = expected_records(message, options);
  found = decode_all(message, options);
  if (expected.size() != found.size()) {
    std::string out = "records " + std::to_string(expected.size()) + " | " + std::to_string(found.size());
    if (!found.empty()) out += ", first: " + describe(found[0]);
    return out;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string d = compare(expected[i], found[i]);
    if (!d.empty()) return "record " + std::to_string(i) + ": " + d;
  }
  return {};
}

/// RapidJSON refuses numbers beyond a double, even where it hands them on as text; JSON does not.
bool has_huge_number(const std::string& message) {
  constexpr std::size_t kDigits = 4;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 1; i + kDigits < message.size(); ++i) {
    if ((message[i] != 'e' && message[i] != 'E') || !is_digit(message[i - 1])) continue;
    std::size_t at = i + 1 + (message[i + 1] == '+' ? 1 : 0);
    std::size_t digits = 0;
    while (at < message.size() && is_digit(message[at])) ++at, ++digits;
    if (digits >= kDigits) return true;
  }
  return false;
}

std::string mutated_message(Random& r) {
  std::vector<std::string> records;
  for (std::uint64_t i = 0, n = r.one_in(4) ? 1 + r.below(3) : 1; i < n; ++i) {
    const std::uint64_t kind = r.below(kRecordKinds + kOtherKinds / 2);
    std::string text = kind < kRecordKinds ? make_record(static_cast<RecordKind>(kind), r)
                                           : make_other_record(static_cast<OtherKind>(r.below(kOtherKinds)), r);
    if (!r.one_in(8)) {
      JsonTree tree = parse_json_documents(text)->front();
      for (std::uint64_t k = 0, m = r.below(5); k < m; ++k) mutate_tree(tree, r);
      text = write_tree(tree, r);
    }
    records.push_back(std::move(text));
  }
  std::string message = records.size() > 1 || r.one_in(6) ? wrap_records(records, r) : records[0];
  for (std::uint64_t k = 0, m = r.one_in(3) ? 1 + r.below(2) : 0; k < m; ++k) message = mutate_text(std::move(message), r);
  return message;
}

/// A quarter of the 100,000 messages, so that each test ends soon, with sanitizers too.
void check_quarter(std::uint64_t quarter) {
  constexpr std::uint64_t kMessages = 25'000;
  constexpr std::uint64_t kSeed = 20261123;
  INFO("seed " << kSeed);
  std::size_t whole = 0;
  std::size_t refused = 0;
  std::size_t others = 0;
  std::size_t huge = 0;
  for (std::uint64_t i = quarter * kMessages; i < (quarter + 1) * kMessages; ++i) {
    Random r{kSeed * 1'000'003 + i};
    DecodeOptions options;
    if (!r.one_in(4)) options.tenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";
    if (r.one_in(3)) options.arrival = parse_time("2026-03-15T12:00:00Z");
    const std::string message = mutated_message(r);
    std::vector<DecodedRecord> found;
    const std::string difference = compare_message(message, options, found);
    if (!difference.empty() && has_huge_number(message) && expected_records(message, options)[0].reasons.count(DeadLetterReason::malformed_json) != 0) {
      ++huge;
      continue;
    }
    if (!difference.empty()) {
      INFO("message " << i << ": " << message);
      FAIL(difference);
    }
    for (const DecodedRecord& record : found) {
      whole += record.kind != DecodedRecord::Kind::dead_letter && record.kind != DecodedRecord::Kind::ignored ? 1 : 0;
      refused += record.kind == DecodedRecord::Kind::dead_letter ? 1 : 0;
      others += record.kind == DecodedRecord::Kind::risk_report || record.kind == DecodedRecord::Kind::directory_change ? 1 : 0;
    }
  }
  // The generator must keep making both kinds.
  CHECK(whole > kMessages / 4);
  CHECK(refused > kMessages / 4);
  CHECK(others > kMessages / 40);
  CHECK(huge < kMessages / 1000);
}

}  // namespace

TEST_CASE("every sample file decodes to what a plain reader says", "[codec][oracle]") {
  const std::filesystem::path samples = std::filesystem::path{BARTIZAN_SHARED_DIR} / "data" / "samples";
  if (!std::filesystem::exists(samples)) {
    WARN("skipped: no samples at " << samples.string());
    return;
  }
  DecodeOptions options;
  options.tenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";
  std::size_t sign_ins = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{samples}) {
    if (!entry.is_regular_file() || entry.path().extension() == ".md") continue;
    std::ifstream in{entry.path(), std::ios::binary};
    std::stringstream text;
    text << in.rdbuf();
    INFO(entry.path().string());
    std::vector<DecodedRecord> found;
    CHECK(compare_message(text.str(), options, found) == "");
    for (const auto& r : found) sign_ins += r.kind == DecodedRecord::Kind::sign_in ? 1 : 0;
  }
  CHECK(sign_ins >= 20);
}

TEST_CASE("generated and mutated messages decode to what a plain reader says: 1 to 25,000", "[codec][oracle]") { check_quarter(0); }
TEST_CASE("generated and mutated messages decode to what a plain reader says: to 50,000", "[codec][oracle]") { check_quarter(1); }
TEST_CASE("generated and mutated messages decode to what a plain reader says: to 75,000", "[codec][oracle]") { check_quarter(2); }
TEST_CASE("generated and mutated messages decode to what a plain reader says: to 100,000", "[codec][oracle]") { check_quarter(3); }
