#include <catch2/catch.hpp>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "engine/codec/record_decoder.h"
#include "engine/pipeline/ingest.h"
#include "engine/pipeline/ingest_worker.h"
#include "engine/pipeline/replay.h"
#include "tests/support/line/fold.h"
#include "tests/support/line/raw_history.h"

using namespace bartizan;
using namespace bartizan::test;

namespace {

using Input = std::vector<std::pair<SourcePosition, std::string>>;

/// Decoded entries by partition, as text, and sizes of messages.
struct CollectingPort final : JournalPort {
  std::map<std::int32_t, std::vector<std::string>> entries;
  std::vector<std::size_t> sizes, counts;
  std::vector<OutputRecord> letters;
  void append(std::int32_t partition, std::string message, std::size_t n) override {
    sizes.push_back(message.size());
    counts.push_back(n);
    JournalReader reader;
    REQUIRE(reader.open(message, Time{}).ok());
    while (const JournalEntry* entry = reader.next()) {
      std::string text = format_time(entry->append_time) + ' ';
      if (const auto* e = std::get_if<SignIn>(&entry->body)) text += "sign-in " + e->id.str();
      if (std::holds_alternative<Tick>(entry->body)) text += "tick";
      if (const auto* a = std::get_if<BundleActivation>(&entry->body)) text += "activation " + std::string{a->hash};
      entries[partition].push_back(text + ' ' + std::to_string(entry->source.offset) + '/' + std::to_string(entry->source.index));
    }
    REQUIRE(reader.status().ok());
  }
  void dead_letter(OutputRecord&& letter) override { letters.push_back(std::move(letter)); }
};

void feed(IngestStep& step, const Input& input, std::optional<Time> arrival = {}) {
  for (const auto& [position, text] : input) {
    const std::string padded = text + std::string(RecordDecoder::kPadding, '\0');
    RawMessage message;
    message.position = position;
    message.bytes = std::string_view{padded}.substr(0, text.size());
    message.arrival = arrival;
    step.step(message);
  }
}

std::vector<std::string> replay(const Input& input, std::size_t entries_max) {
  CollectedOutputs out;
  const std::string bundle = SmallRules::hash('a');
  IngestOptions options;
  options.entries_max = entries_max;
  ReplayLine line(std::make_shared<SmallRules>(), BundleActivation{bundle, {}, 3, {}}, out, options);
  for (const auto& [position, text] : input) {
    const std::string padded = text + std::string(RecordDecoder::kPadding, '\0');
    RawMessage message;
    message.position = position;
    message.bytes = std::string_view{padded}.substr(0, text.size());
    REQUIRE(line.step(message).ok());
  }
  REQUIRE(line.finish().ok());
  return lines(out.records);
}

}  // namespace

TEST_CASE("a tenant's journal partition is a published number", "[pipeline]") {
  // Changing any of these moves tenants of running installations to other partitions.
  CHECK(journal_partition_of("11111111-2222-3333-4444-555555555555", 1) == 0);
  std::map<std::int32_t, int> hits;
  for (int i = 0; i < 8'000; ++i) ++hits[journal_partition_of("tenant-" + std::to_string(i), 8)];
  REQUIRE(hits.size() == 8);
  for (const auto& [partition, n] : hits) CHECK((n > 800 && n < 1200));
  CHECK(journal_partition_of("11111111-2222-3333-4444-555555555555", 1 << 30) == 255319085);
}

TEST_CASE("every entry goes to its tenant's partition, in order, with its own place and time", "[pipeline]") {
  const Input input = raw_history(1, 300);
  IngestStats stats;
  CollectingPort port;
  IngestOptions options;
  options.journal_partitions = 4;
  options.entries_max = 16;
  IngestStep step(options, port, stats);
  feed(step, input);
  step.flush();
  std::size_t entries = 0;
  for (const auto& [partition, texts] : port.entries) entries += texts.size();
  CHECK(entries == stats.journal_entries.value());
  CHECK(entries == stats.events[0][0].value());
  CHECK(stats.messages.value() == 300);
  CHECK(stats.dead_letters[static_cast<std::size_t>(DeadLetterReason::malformed_json)].value() == port.letters.size());
  CHECK(port.letters.size() > 0);
  CHECK(port.entries.size() == 2);
  CHECK(*std::max_element(port.counts.begin(), port.counts.end()) == 16);
}

TEST_CASE("a journal message is finished at its bound of bytes", "[pipeline]") {
  IngestStats stats;
  CollectingPort port;
  IngestOptions options;
  options.entries_max = 1'000'000;
  options.bytes_max = 4096;
  IngestStep step(options, port, stats);
  feed(step, raw_history(2, 2'000));
  step.flush();
  REQUIRE(port.sizes.size() > 10);
  CHECK(*std::max_element(port.sizes.begin(), port.sizes.end()) < 5 * 4096 / 4);
}

TEST_CASE("a message's arrival is the append time; without one the record's published time is", "[pipeline]") {
  IngestStats stats;
  CollectingPort port;
  IngestStep step(IngestOptions{}, port, stats);
  const Time arrival = *parse_time("2026-02-03T04:05:06.007Z");
  const Input input = raw_history(3, 5);
  feed(step, input, arrival);
  feed(step, input);
  step.flush();
  const auto& texts = port.entries.at(0);
  CHECK(texts.front().rfind("2026-02-03T04:05:06.007Z ", 0) == 0);
  CHECK(texts.back().rfind("2026-01-01T00:0", 0) == 0);
}

TEST_CASE("an activation without a time waits for the next entry of each partition", "[pipeline]") {
  IngestStats stats;
  CollectingPort port;
  IngestOptions options;
  options.journal_partitions = 4;
  IngestStep step(options, port, stats);
  const std::string hash(64, 'a');
  step.activate(BundleActivation{hash, {}, 1, {}}, std::nullopt);
  step.flush();
  CHECK(port.entries.empty());
  feed(step, raw_history(4, 50));
  step.flush();
  REQUIRE(port.entries.size() == 2);
  for (const auto& [partition, texts] : port.entries) {
    CHECK(texts[0].find("activation " + hash) != std::string::npos);
    CHECK(texts[0].substr(0, 24) == texts[1].substr(0, 24));
    CHECK(std::count_if(texts.begin(), texts.end(), [](const std::string& t) { return t.find("activation") != std::string::npos; }) == 1);
  }
  const Time now = *parse_time("2026-02-03T04:05:06.007Z");
  step.activate(BundleActivation{hash, {}, 1, {}}, now);
  step.flush();
  CHECK(port.entries.size() == 4);
}

TEST_CASE("silent partitions get a tick a second", "[pipeline]") {
  StepClock clock{std::chrono::milliseconds{100}};
  class Silent final : public IngestTransport {
   public:
    std::span<const RawMessage> poll(std::size_t, Duration) override { return {}; }
    bool exhausted() const override { return false; }
    std::int32_t journal_partitions() const override { return 3; }
    bool own_append_times() const override { return true; }
    void append(std::int32_t partition, std::string) override { ++messages[partition]; }
    void dead_letter(OutputRecord&&) override {}
    bool commit() override { return true; }
    Time now() override { return Time{}; }
    std::map<std::int32_t, int> messages;
  };
  Silent transport;
  IngestStats stats;
  IngestWorker worker(transport, clock, stats);
  const auto began = clock.steady();
  while (clock.steady() - began < std::chrono::seconds{60}) REQUIRE(worker.run_once(Duration{0}).ok());
  for (std::int32_t p = 0; p < 3; ++p) {
    CHECK(transport.messages[p] >= 40);
    CHECK(transport.messages[p] <= 60);
  }
  IngestWorkerOptions options;
  options.record_time = true;
  Silent quiet;
  IngestWorker of_records(quiet, clock, stats, options);
  for (int i = 0; i < 1000; ++i) REQUIRE(of_records.run_once(Duration{0}).ok());
  CHECK(quiet.messages.empty());
}

TEST_CASE("a commit that fails is tried again, and one that always fails ends the writer", "[pipeline]") {
  class Failing final : public IngestTransport {
   public:
    explicit Failing(int failures) : failures_(failures) {}
    std::span<const RawMessage> poll(std::size_t, Duration) override { return {}; }
    bool exhausted() const override { return true; }
    std::int32_t journal_partitions() const override { return 1; }
    bool own_append_times() const override { return true; }
    void append(std::int32_t, std::string) override {}
    void dead_letter(OutputRecord&&) override {}
    bool commit() override { return failures_-- <= 0; }
    Time now() override { return Time{}; }

   private:
    int failures_;
  };
  StepClock clock{std::chrono::milliseconds{100}};
  const std::string hash(64, 'a');
  for (const auto& [failures, ends_well] : {std::pair{3, true}, std::pair{1000, false}}) {
    Failing transport(failures);
    IngestStats stats;
    IngestWorker worker(transport, clock, stats);
    worker.activate(BundleActivation{hash, {}, 1, {}});
    CHECK(worker.run_once(Duration{0}).ok() == ends_well);
    CHECK(stats.commit_failures.value() > 2);
    CHECK(worker.drained() == ends_well);
  }
}

TEST_CASE("two replays give the same bytes, however entries are packed", "[pipeline]") {
  const Input input = raw_history(5, 400);
  const auto first = replay(input, 256);
  CHECK(std::count_if(first.begin(), first.end(), [](const std::string& l) { return l.rfind("alerts ", 0) == 0; }) > 10);
  CHECK(replay(input, 256) == first);
  // Dead letters do not pass through the journal, so only their place among the others depends on packing.
  const auto judged = [&](std::size_t entries_max) {
    auto all = without_positions(replay(input, entries_max));
    std::erase_if(all, [](const std::string& l) { return l.rfind("dead-letter ", 0) == 0; });
    return all;
  };
  CHECK(judged(7) == judged(256));
}

TEST_CASE("the end of a replay withholds nothing that was detected", "[pipeline]") {
  // Five failures in one minute: the alert opens at the third, and the other two wait for their quarter of an hour.
  Input input;
  for (int i = 0; i < 5; ++i) {
    SourcePosition position;
    position.source.input = "signins";
    position.source.file = "signins.ndjson";
    position.offset = i + 1;
    const std::string n = std::to_string(i);
    input.emplace_back(position, R"({"time":"2026-01-01T00:00:1)" + n + R"(Z","category":"SignInLogs","tenantId":"11111111-2222-3333-4444-555555555555",)" +
                                     R"("properties":{"id":"aaaaaaaa-0000-0000-0000-00000000000)" + n + R"(","createdDateTime":"2026-01-01T00:00:0)" + n +
                                     R"(Z","userId":"bbbbbbbb-0000-0000-0000-000000000001","userPrincipalName":"u@example.com",)" +
                                     R"("ipAddress":"192.0.2.1","status":{"errorCode":50126}}})");
  }
  const auto all = replay(input, 256);
  std::vector<std::string> alerts;
  std::copy_if(all.begin(), all.end(), std::back_inserter(alerts), [](const std::string& l) { return l.rfind("alerts ", 0) == 0; });
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[0].find(R"("revision":1,"state":"open")") != std::string::npos);
  CHECK(alerts[1].find(R"("revision":2,"state":"updated")") != std::string::npos);
  CHECK(alerts[1].find(R"("count":3)") != std::string::npos);
}

TEST_CASE("an empty replay gives nothing", "[pipeline]") { CHECK(replay({}, 256).empty()); }
