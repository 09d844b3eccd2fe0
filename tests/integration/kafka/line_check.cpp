#include "tests/integration/kafka/line_check.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <tuple>

#include "connectors/kafka/journal_source.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/state_rows.h"
#include "connectors/kafka/topics.h"
#include "engine/codec/journal.h"
#include "engine/pipeline/shard.h"
#include "tests/integration/kafka/built_in.h"

namespace bartizan::test {
namespace {

using namespace kafka;

struct Ends {
  Watermarks uncommitted, stable;
};

/// Ends of every partition, as seen without and with regard to transactions.
std::vector<Ends> ends_of(const KafkaOptions& options, const std::string& name) {
  Pulse pulse;
  const auto all = make_reader(options, "check", Isolation::uncommitted);
  const auto stable = make_reader(options, "check", Isolation::committed);
  std::vector<Ends> ends;
  const std::int32_t count = partition_count(all.value().get(), name, pulse).value();
  for (std::int32_t p = 0; p < count; ++p) {
    ends.push_back({watermarks(all.value().get(), name, p, pulse).value(), watermarks(stable.value().get(), name, p, pulse).value()});
  }
  return ends;
}

std::string with_id(const std::string& ce_id, std::string_view value) { return ce_id + ' ' + std::string{value}; }

std::string ce_id_of(const rd_kafka_message_t& m) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(&m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (rd_kafka_header_get_last(headers, "ce_id", &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return {static_cast<const char*>(value), size};
}

class Collect final : public OutputSink {
 public:
  explicit Collect(Published& into) : into_(into) {}
  void emit(OutputRecord&& r) override {
    into_[{std::string{topic_name(r.topic)}, r.key}].push_back(with_id(r.ce_id, r.tombstone ? std::string{} : r.value));
  }

 private:
  Published& into_;
};

using Rows = std::map<std::pair<std::uint32_t, std::string>, std::string>;

class CollectRows final : public TableSink {
 public:
  void put(StateTable table, std::string_view key, std::string_view bytes) override {
    rows[{static_cast<std::uint32_t>(table), std::string{key}}] = std::string{bytes};
  }
  void erase(StateTable, std::string_view) override {}
  Rows rows;
};

using SourceKey = std::tuple<std::string, std::int64_t, std::int32_t>;  // topic, generation, partition
using Positions = std::map<SourceKey, std::map<std::pair<std::int64_t, std::int32_t>, std::size_t>>;

/// One journal partition: what its fold says, its state, and the source positions of its entries.
struct Fold {
  Published& said;
  Positions& positions;
  LineCheck& check;

  std::string run(JournalSource& journal, std::int32_t p, std::int64_t end, Rows& rows) {
    auto rules = std::make_shared<BundleStore>();
    rules->add(built_in_bundle());
    DetectStats stats;
    Shard shard(p, rules, stats);
    const auto quarantined = journal.quarantined(p);
    if (!quarantined.ok()) return quarantined.error().message;
    for (const auto& [offset, index] : quarantined.value()) shard.quarantine(offset, index);
    Collect sink(said);
    std::map<SourceKey, std::pair<std::int64_t, std::int32_t>> highest;
    std::string trouble;
    const Status read = journal.read(p, 0, [&](const JournalMessage& m) {
      ++check.journal_messages;
      note(m, highest, trouble);
      if (m.offset >= end) return true;
      const Status s = shard.step_message(m.bytes, m.append_time, m.offset, sink);
      if (!s.ok()) trouble = s.error().message;
      return trouble.empty();
    });
    if (!read.ok()) return read.error().message;
    CollectRows collect;
    shard.save(collect, true);
    rows = std::move(collect.rows);
    return trouble;
  }

  void note(const JournalMessage& m, std::map<SourceKey, std::pair<std::int64_t, std::int32_t>>& highest, std::string& trouble) {
    JournalReader reader;
    if (!reader.open(m.bytes, m.append_time).ok()) {
      trouble = "journal message cannot be read";
      return;
    }
    while (const JournalEntry* entry = reader.next()) {
      if (entry->source.source.topic.empty()) continue;
      ++check.entries;
      const SourceKey key{std::string{entry->source.source.topic}, entry->source.source.generation, entry->source.source.partition};
      const std::pair at{entry->source.offset, entry->source.index};
      if (const auto it = highest.find(key); it != highest.end() && at <= it->second) {
        ++check.repeats;
      } else {
        highest[key] = at;
        ++positions[key][at];
      }
    }
  }
};

/// Records about the engine itself come from several journal partitions under one key, in any order.
void unorder_engine_records(Published& records) {
  for (auto& [key, values] : records) {
    if (key.second.rfind("engine/", 0) == 0) std::sort(values.begin(), values.end());
  }
}

std::string differences(const Published& expected, const Published& found) {
  for (const auto& [key, values] : expected) {
    const auto it = found.find(key);
    const std::size_t have = it == found.end() ? 0 : it->second.size();
    if (have != values.size()) {
      return key.first + " " + key.second + ": " + std::to_string(have) + " records published, the fold says " + std::to_string(values.size());
    }
    for (std::size_t i = 0; i < have; ++i) {
      if (it->second[i] != values[i]) return key.first + " " + key.second + ": record " + std::to_string(i) + " differs:\n  " + it->second[i] + "\n  " + values[i];
    }
  }
  for (const auto& [key, values] : found) {
    if (key.first != "dead-letter" && !expected.contains(key)) return key.first + " " + key.second + ": published, but the fold does not say it";
  }
  return {};
}

/// Every offset of the inputs is in the journal or a dead letter.
std::string missing_input(const KafkaOptions& options, const Positions& positions, const Published& found) {
  std::set<std::string> letters;
  for (const auto& [key, values] : found) {
    if (key.first == "dead-letter") letters.insert(key.second.substr(0, key.second.rfind('/')));
  }
  for (const InputTopic& input : options.inputs) {
    const auto ends = ends_of(options, input.topic);
    for (std::size_t p = 0; p < ends.size(); ++p) {
      std::set<std::int64_t> have;
      if (const auto it = positions.find({input.topic, input.generation, static_cast<std::int32_t>(p)}); it != positions.end()) {
        for (const auto& [at, count] : it->second) have.insert(at.first);
      }
      for (std::int64_t o = ends[p].uncommitted.low; o < ends[p].uncommitted.high; ++o) {
        const std::string letter = input.topic + "/" + std::to_string(input.generation) + "/" + std::to_string(p) + "/" + std::to_string(o);
        if (!have.contains(o) && !letters.contains(letter)) return letter + ": neither in the journal nor a dead letter";
      }
    }
  }
  return {};
}

std::string compare_state(const KafkaOptions& options, std::int32_t p, std::int64_t end, const Rows& expected, LineCheck& check) {
  Pulse pulse;
  const std::string name = topic(options, "state");
  const auto reader = make_reader(options, "check", Isolation::uncommitted);
  const auto ends = watermarks(reader.value().get(), name, p, pulse);
  HeldCheckpoint held{p};
  const Status read = read_stretch(options, name, p, ends.value().low, ends.value().high, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) {
    const std::string_view value{static_cast<const char*>(m.payload), m.len};
    return held.add({static_cast<const char*>(m.key), m.key_len}, m.payload == nullptr ? nullptr : &value);
  });
  if (!read.ok()) return read.error().message;
  if (!held.marker()) return expected.empty() ? std::string{} : "state partition " + std::to_string(p) + " has no checkpoint";
  if (held.marker()->next_offset != end) {
    return "state partition " + std::to_string(p) + " stands at " + std::to_string(held.marker()->next_offset) + ", committed is " + std::to_string(end);
  }
  Rows rows;
  held.visit([&](std::uint32_t table, std::string_view key, std::string_view bytes) {
    rows[{table, std::string{key}}] = std::string{bytes};
    return true;
  });
  check.state_rows += rows.size();
  for (const auto& [key, bytes] : expected) {
    const auto it = rows.find(key);
    if (it == rows.end()) return "state partition " + std::to_string(p) + ": a row of table " + std::to_string(key.first) + " is missing";
    if (it->second != bytes) return "state partition " + std::to_string(p) + ": a row of table " + std::to_string(key.first) + " differs";
  }
  return rows.size() == expected.size() ? std::string{} : "state partition " + std::to_string(p) + " holds rows that the fold does not have";
}

std::string open_transactions(const KafkaOptions& options) {
  std::vector<std::string> names{topic(options, "state")};
  for (std::size_t t = 0; t < kTopicCount; ++t) names.push_back(topic(options, static_cast<Topic>(t)));
  for (const std::string& name : names) {
    for (const Ends& e : ends_of(options, name)) {
      if (e.stable.high < e.uncommitted.high) return name + ": a transaction is open";
    }
  }
  return {};
}

}  // namespace

Published published(const KafkaOptions& options) {
  Published all;
  Pulse pulse;
  for (std::size_t t = 0; t < kTopicCount; ++t) {
    const std::string name = topic(options, static_cast<Topic>(t));
    const auto ends = ends_of(options, name);
    for (std::size_t p = 0; p < ends.size(); ++p) {
      const Status read = read_stretch(options, name, static_cast<std::int32_t>(p), ends[p].uncommitted.low, ends[p].uncommitted.high, Isolation::committed, pulse,
                                       [&](const rd_kafka_message_t& m) {
                                         const std::string key{static_cast<const char*>(m.key), m.key_len};
                                         const std::string value{m.payload == nullptr ? "" : static_cast<const char*>(m.payload), m.len};
                                         all[{std::string{topic_name(static_cast<Topic>(t))}, key}].push_back(with_id(ce_id_of(m), value));
                                         return true;
                                       });
      if (!read.ok()) all[{"unreadable", name}].push_back(read.error().message);
    }
  }
  return all;
}

LineCheck check_line(const KafkaOptions& options) {
  LineCheck check;
  check.trouble = open_transactions(options);
  if (!check.trouble.empty()) return check;
  Published found = published(options);
  const auto journal = JournalSource::open(options);
  const auto committed = detect_positions(options);
  if (!journal.ok() || !committed.ok()) {
    check.trouble = "the journal or its positions cannot be read";
    return check;
  }
  Published expected;
  Positions positions;
  for (const GroupPosition& at : committed.value()) {
    Rows rows;
    Fold fold{expected, positions, check};
    check.trouble = fold.run(*journal.value(), at.partition, at.committed.value_or(0), rows);
    if (check.trouble.empty()) check.trouble = compare_state(options, at.partition, at.committed.value_or(0), rows, check);
    if (!check.trouble.empty()) return check;
  }
  for (const auto& [key, values] : found) {
    (key.first == "dead-letter" ? check.dead_letters : check.outputs) += values.size();
    if (key.first == "alerts") check.alerts += values.size();
  }
  unorder_engine_records(expected);
  unorder_engine_records(found);
  check.trouble = differences(expected, found);
  if (check.trouble.empty()) check.trouble = missing_input(options, positions, found);
  return check;
}

std::string counted(const KafkaOptions& options) {
  const auto journal = JournalSource::open(options);
  if (!journal.ok()) return journal.error().message;
  std::map<std::string, std::size_t> records;
  std::set<std::tuple<std::string, std::int32_t, std::int64_t, std::int32_t>> seen;
  for (std::int32_t p = 0; p < journal.value()->partitions(); ++p) {
    const Status read = journal.value()->read(p, 0, [&](const JournalMessage& m) {
      JournalReader reader;
      if (!reader.open(m.bytes, m.append_time).ok()) return false;
      while (const JournalEntry* entry = reader.next()) {
        const auto* sign_in = std::get_if<SignIn>(&entry->body);
        if (sign_in == nullptr) continue;
        const SourcePosition& at = entry->source;
        if (!seen.emplace(std::string{at.source.topic}, at.source.partition, at.offset, at.index).second) continue;
        ++records[std::string{to_word(sign_in->category)} + " " + sign_in->tenant_id.str()];
      }
      return true;
    });
    if (!read.ok()) return read.error().message;
  }
  std::size_t letters = 0;
  for (const auto& [key, values] : published(options)) letters += key.first == "dead-letter" ? 1 : 0;
  std::string out;
  for (const auto& [what, count] : records) out += what + " " + std::to_string(count) + "\n";
  return out + "unreadable " + std::to_string(letters) + "\n";
}

bool settle(const KafkaOptions& options, int seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
  const auto wait_for = [&](auto&& holds) {
    while (std::chrono::steady_clock::now() < end) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return false;
  };
  const bool read = wait_for([&] {
    const auto at = ingest_positions(options);
    if (!at.ok()) return false;
    for (const GroupPosition& p : at.value()) {
      if (p.lag() != 0) return false;
    }
    return true;
  });
  if (!read) return false;
  const auto journal = JournalSource::open(options);
  if (!journal.ok()) return false;
  return wait_for([&] {
    const auto at = detect_positions(options);
    return at.ok() && std::all_of(at.value().begin(), at.value().end(), [&](const GroupPosition& p) {
      return p.committed.value_or(0) >= journal.value()->end(p.partition);
    });
  });
}

}  // namespace bartizan::test
