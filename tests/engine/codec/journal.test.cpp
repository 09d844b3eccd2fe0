#include "engine/codec/journal.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/journal_format.h"
#include "tests/support/random_entries.h"

namespace bartizan {
namespace {

using test::RandomEntries;

constexpr Time kMessageTime = time_from_ms(1'767'225'600'000);

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

/// A message of random entries, and the entries.
struct Sample {
  explicit Sample(std::uint64_t seed, std::size_t count, bool own_append_times = true) : maker(seed) {
    JournalWriter writer;
    for (std::size_t i = 0; i < count; ++i) {
      entries.push_back(&maker.next());
      writer.add(*entries.back());
    }
    message = writer.finish(own_append_times);
  }
  RandomEntries maker;
  std::vector<const JournalEntry*> entries;
  std::string message;
};

/// Reads a message to its end, touching everything; "" when whole, else the error code.
std::string read_all(JournalReader& reader, std::string_view message, std::vector<std::string>* differences = nullptr,
                     const std::vector<const JournalEntry*>* want = nullptr) {
  if (const Status opened = reader.open(message, kMessageTime); !opened) return opened.error().code;
  std::size_t n = 0;
  while (const JournalEntry* entry = reader.next()) {
    if (want != nullptr && n < want->size()) {
      std::string what = test::difference(*(*want)[n], *entry);
      if (!what.empty()) differences->push_back("entry " + std::to_string(n) + ": " + what);
    }
    ++n;
  }
  if (!reader.status()) return reader.status().error().code;
  if (want != nullptr && n != want->size()) return "wrong number of entries";
  return "";
}

/// Puts the right checksum on bytes that were changed, so that the reading behind it is tried.
void seal(std::string& message) {
  const std::uint64_t seed = static_cast<unsigned char>(message[0]) | std::uint64_t{static_cast<unsigned char>(message[1])} << 8;
  const std::uint64_t sum = journal::checksum(std::string_view{message}.substr(journal::kHeaderBytes), seed);
  for (std::size_t i = 0; i < 8; ++i) message[2 + i] = static_cast<char>(static_cast<unsigned char>(sum >> (8 * i)));
}

TEST_CASE("journal: random entries come back in every field", "[journal]") {
  JournalReader reader;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    const Sample sample{seed, seed};
    std::vector<std::string> differences;
    CHECK(read_all(reader, sample.message, &differences, &sample.entries) == "");
    CHECK(differences == std::vector<std::string>{});
  }
}

TEST_CASE("journal: a writer starts afresh after each message", "[journal]") {
  RandomEntries maker{77};
  JournalWriter reused;
  for (int round = 0; round < 20; ++round) {
    JournalWriter fresh;
    for (int i = 0; i < 40; ++i) {
      const JournalEntry& entry = maker.next();
      reused.add(entry);
      fresh.add(entry);
    }
    CHECK(reused.entries() == 40);
    const std::size_t estimate = reused.size();
    const std::string message = reused.finish(true);
    CHECK(message == fresh.finish(true));
    CHECK(estimate < message.size() * 105 / 100);
    CHECK(estimate * 105 / 100 > message.size());
    CHECK(reused.entries() == 0);
  }
}

TEST_CASE("journal: without append times of their own, entries have the message's", "[journal]") {
  const Sample with{5, 30, true};
  const Sample without{5, 30, false};
  CHECK(without.message.size() < with.message.size());
  JournalReader reader;
  REQUIRE(reader.open(without.message, kMessageTime).ok());
  CHECK(reader.entries() == 30);
  while (const JournalEntry* entry = reader.next()) CHECK(entry->append_time == kMessageTime);
  CHECK(reader.status().ok());
}

TEST_CASE("journal: an empty message has no entries", "[journal]") {
  JournalWriter writer;
  const std::string message = writer.finish(false);
  JournalReader reader;
  REQUIRE(reader.open(message, kMessageTime).ok());
  CHECK(reader.next() == nullptr);
  CHECK(reader.status().ok());
}

TEST_CASE("journal: another version is refused by its number", "[journal]") {
  Sample sample{6, 3};
  sample.message[0] = 7;
  JournalReader reader;
  const Status opened = reader.open(sample.message, kMessageTime);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == "unknown_version");
  CHECK(opened.error().message.find("version 7") != std::string::npos);
  CHECK(reader.next() == nullptr);
}

TEST_CASE("journal: risk reports and directory changes make a message of version 2, nothing else does", "[journal]") {
  const auto version_of = [](const auto& body) {
    JournalWriter writer;
    JournalEntry entry;
    entry.body = Tick{};
    writer.add(entry);
    entry.body = body;
    writer.add(entry);
    const int version = writer.finish(true)[0];
    writer.add(JournalEntry{{}, {}, Tick{}});
    CHECK(writer.finish(true)[0] == 1);  // the writer starts afresh
    return version;
  };
  CHECK(version_of(SignIn{}) == 1);
  CHECK(version_of(Command{}) == 1);
  CHECK(version_of(Quarantine{}) == 1);
  CHECK(version_of(RiskReport{}) == 2);
  CHECK(version_of(DirectoryChange{}) == 2);
}

TEST_CASE("journal: a kind that a version does not have is refused by its number", "[journal]") {
  const auto refusal = [](std::uint8_t version, std::uint8_t kind) {
    JournalWriter writer;
    JournalEntry entry;
    entry.body = Tick{};
    writer.add(entry);
    std::string message = writer.finish(false);
    message[0] = static_cast<char>(version);
    message[message.size() - 5] = static_cast<char>(kind);  // rows are the last section that a tick has: kind, source, three numbers
    seal(message);
    JournalReader reader;
    REQUIRE(reader.open(message, kMessageTime).ok());
    const bool read = reader.next() != nullptr;
    return read ? std::string{} : reader.status().error().message;
  };
  CHECK(refusal(1, 2).empty());
  CHECK(refusal(1, 5).find("unknown kind 5") != std::string::npos);
  CHECK(refusal(1, 6).find("unknown kind 6") != std::string::npos);
  CHECK(refusal(2, 7).find("unknown kind 7") != std::string::npos);
}

TEST_CASE("journal: every cut and every flipped bit is noticed", "[journal]") {
  const Sample sample{8, 4};
  JournalReader reader;
  for (std::size_t size = 0; size < sample.message.size(); ++size) {
    INFO("cut at " << size);
    CHECK(read_all(reader, std::string_view{sample.message}.substr(0, size)) == "corrupt");
  }
  for (std::size_t bit = 0; bit < sample.message.size() * 8; ++bit) {
    std::string message = sample.message;
    message[bit / 8] = static_cast<char>(message[bit / 8] ^ (1 << (bit % 8)));
    INFO("bit " << bit);
    CHECK(read_all(reader, message) == (bit < 8 ? "unknown_version" : "corrupt"));
  }
  CHECK(read_all(reader, sample.message + '\0') == "corrupt");
  CHECK(read_all(reader, sample.message) == "");  // the reader recovers
}

TEST_CASE("journal: hostile bytes behind a right checksum end in an error or in entries, never in harm", "[journal]") {
  constexpr std::uint64_t kSeed = 991;
  INFO("seed " << kSeed);
  test::Random random{kSeed};
  JournalReader reader;
  std::size_t refused = 0;
  for (std::uint64_t round = 0; round < 40; ++round) {
    const Sample sample{1000 + round, 1 + round % 7};
    for (int change = 0; change < 250; ++change) {
      std::string message = sample.message;
      for (std::uint64_t n = 1 + random.below(3); n > 0; --n) {
        const std::size_t at = journal::kHeaderBytes + random.below(message.size() - journal::kHeaderBytes);
        message[at] = static_cast<char>(random.chance(30) ? 0xff : random.below(256));
      }
      if (random.chance(20)) message.resize(journal::kHeaderBytes + random.below(message.size() - journal::kHeaderBytes));
      seal(message);
      const std::string outcome = read_all(reader, message);
      CHECK((outcome.empty() || outcome == "corrupt"));
      refused += outcome.empty() ? 0 : 1;
    }
  }
  CHECK(refused > 1000);
}

/// One sign-in with a little of everything, and a tick.
std::string golden_message() {
  JournalEntry entry;
  entry.source.source.input = "signins";
  entry.source.source.topic = "signins";
  entry.source.source.partition = 3;
  entry.source.offset = 48121;
  entry.source.index = 2;
  entry.source.timestamp = kMessageTime;
  entry.append_time = kMessageTime + Duration{1500};
  SignIn e;
  e.id = Id::from("00000002-1c2d-4e3f-9a4b-5c6d7e8f0002");
  e.tenant_id = Id::from("3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21");
  e.event_time = kMessageTime - Duration{120'000};
  e.published_time = kMessageTime;
  e.user_id = Id::from("ana.souza@example.com");
  e.user_principal_name = "ana.souza@example.com";
  e.ip = IpAddress::v4(0xcb00714d);
  e.asn = 64500;
  e.location.city = "Lisbon";
  e.location.country = {'P', 'T'};
  e.location.has_coordinates = true;
  e.location.latitude = 38.72;
  e.location.longitude = -9.14;
  e.result_code = 50126;
  e.result_class = ResultClass::failure;
  e.failure_class = FailureClass::bad_password;
  AuthStep step;
  step.method = "Password";
  step.succeeded = Tristate::no;
  step.time = e.event_time;
  e.auth_steps = {&step, 1};
  entry.body = e;
  JournalWriter writer;
  writer.add(entry);
  JournalEntry tick;
  tick.append_time = kMessageTime + Duration{2500};
  tick.body = Tick{};
  writer.add(tick);
  return writer.finish(true);
}

TEST_CASE("journal: the bytes of version 1 do not change", "[journal][golden]") {
  CHECK(hex(golden_message()) ==
        "010115f1036c7978a1f8024e0a0404101000053f00010102000006f2ef050480a0d5edee66010100000181820101020101000000000001f4f7030100"
        "50540180c8f624bfdcdb0800000000019c8f060201000000000001010000000101020000010080a0d5edee66ffd20e00b817d00fcb00714d3b6a1f7e"
        "52c44d0b9a386e1c0f4d7b21000000021c2d4e3f9a4b5c6d7e8f000207151506087369676e696e73616e612e736f757a61406578616d706c652e636f"
        "6d616e612e736f757a61406578616d706c652e636f6d4c6973626f6e50617373776f7264");
}

TEST_CASE("journal: the checksum is XXH64", "[journal][golden]") {
  CHECK(journal::checksum("", 0) == 0xef46db3751d8e999ULL);
  CHECK(journal::checksum("a", 0) == 0xd24ec4f1a98c6e5bULL);
  CHECK(journal::checksum("abc", 0) == 0x44bc2cf5ad770999ULL);
}

}  // namespace
}  // namespace bartizan
