#include "connectors/kafka/source_mark.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "connectors/kafka/reader.h"
#include "connectors/kafka/topics.h"
#include "engine/model/hash.h"

namespace bartizan::kafka {
namespace {

constexpr std::string_view kSource = "source/";
constexpr std::string_view kVersion = "1 ";
constexpr int kSliceMs = 200;

template <class T>
bool take_number(std::string_view& text, char end, T& value, int base = 10) {
  const std::size_t at = std::min(text.find(end), text.size());
  const auto [stop, error] = std::from_chars(text.data(), text.data() + at, value, base);
  if (error != std::errc{} || stop != text.data() + at) return false;
  text.remove_prefix(std::min(at + 1, text.size()));
  return true;
}

std::optional<SourceKey> read_key(std::string_view text) {
  if (text.substr(0, kSource.size()) != kSource) return std::nullopt;
  text.remove_prefix(kSource.size());
  std::int32_t generation = 0, partition = 0;
  if (!take_number(text, '/', generation) || !take_number(text, '/', partition) || text.empty()) return std::nullopt;
  return SourceKey{std::string{text}, generation, partition};
}

std::optional<SourceMark> read_mark(std::string_view text) {
  if (text.substr(0, kVersion.size()) != kVersion) return std::nullopt;
  text.remove_prefix(kVersion.size());
  SourceMark mark;
  if (!take_number(text, ' ', mark.next_offset) || !take_number(text, ' ', mark.record, 16)) return std::nullopt;
  return mark;
}

std::string hexadecimal(std::uint64_t value) {
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, value, 16).ptr;
  return {text, end};
}

/// A reader that is told one record a partition.
Result<ClientPtr> make_fetcher(const KafkaOptions& options) {
  auto conf = reader_conf(options, "source", "ingest", Isolation::uncommitted);
  if (!conf.ok()) return conf.error();
  set_default(conf.value().get(), options, "fetch.message.max.bytes", "65536");  // more only where one batch is larger
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(conf.value()));
  if (client.ok()) rd_kafka_poll_set_consumer(client.value().get());
  return client;
}

/// What a message, or an error, of the fetcher says about its partition; none: nothing yet.
std::optional<Likeness> judge(const rd_kafka_message_t& message, const SourceMark& mark) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      if (message.offset >= mark.next_offset) return Likeness::unknown;  // compacted
      if (message.offset < mark.next_offset - 1) return std::nullopt;
      return record_hash(message) == mark.record ? Likeness::same : Likeness::other;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: return message.offset < mark.next_offset ? Likeness::other : Likeness::unknown;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return Likeness::unknown;  // retention, since the ends were asked
    default: return std::nullopt;
  }
}

}  // namespace

std::uint64_t record_hash(const rd_kafka_message_t& message) {
  const std::string_view key{static_cast<const char*>(message.key), message.key == nullptr ? 0 : message.key_len};
  const std::string_view value{static_cast<const char*>(message.payload), message.payload == nullptr ? 0 : message.len};
  const auto time = static_cast<std::uint64_t>(rd_kafka_message_timestamp(&message, nullptr));
  const std::uint64_t hash = stable_hash64(value, stable_hash64(key, time));
  return hash == 0 ? 1 : hash;
}

OutMessage mark_row(const KafkaOptions& options, const SourceKey& key, const SourceMark& mark) {
  const auto& [name, generation, partition] = key;
  OutMessage row;
  row.topic = topic(options, "bundles");
  row.partition = 0;
  row.keyed = true;
  row.key = std::string{kSource} + std::to_string(generation) + '/' + std::to_string(partition) + '/' + name;
  row.value = std::string{kVersion} + std::to_string(mark.next_offset) + ' ' + hexadecimal(mark.record);
  return row;
}

Result<std::map<SourceKey, SourceMark>> read_marks(const KafkaOptions& options, Pulse& pulse) {
  const std::string name = topic(options, "bundles");
  auto reader = make_reader(options, "source", Isolation::uncommitted);
  if (!reader.ok()) return reader.error();
  const auto ends = watermarks(reader.value().get(), name, 0, pulse);
  if (!ends.ok()) return ends.error();
  std::map<SourceKey, SourceMark> marks;
  const Status read =
      read_stretch(options, name, 0, ends.value().low, ends.value().high, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) {
        const auto key = read_key({static_cast<const char*>(m.key), m.key_len});
        const auto mark = key && m.payload != nullptr ? read_mark({static_cast<const char*>(m.payload), m.len}) : std::nullopt;
        if (mark) marks[*key] = *mark;
        return true;
      });
  if (!read.ok()) return read.error();
  return marks;
}

Result<std::vector<Likeness>> compare_sources(const KafkaOptions& options, const std::vector<SourceQuestion>& questions, Pulse& pulse,
                                              std::chrono::milliseconds limit) {
  std::vector<std::optional<Likeness>> answers(questions.size());
  std::vector<Likeness> out(questions.size(), Likeness::unknown);
  if (questions.empty()) return out;
  auto fetcher = make_fetcher(options);
  if (!fetcher.ok()) return fetcher.error();
  rd_kafka_t* const client = fetcher.value().get();
  ListPtr list{rd_kafka_topic_partition_list_new(static_cast<int>(questions.size()))};
  for (const SourceQuestion& q : questions)
    rd_kafka_topic_partition_list_add(list.get(), q.topic.c_str(), q.partition)->offset = q.mark.next_offset - 1;
  rd_kafka_assign(client, list.get());
  const auto end = std::chrono::steady_clock::now() + limit;
  std::size_t missing = questions.size();
  while (missing > 0 && std::chrono::steady_clock::now() < end && !pulse.interrupted()) {
    pulse.beat();
    const MessagePtr message{rd_kafka_consumer_poll(client, kSliceMs)};
    if (!message || message->rkt == nullptr) continue;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (answers[i] || questions[i].partition != message->partition || questions[i].topic != rd_kafka_topic_name(message->rkt)) continue;
      answers[i] = judge(*message, questions[i].mark);
      missing -= answers[i] ? 1 : 0;
    }
  }
  rd_kafka_consumer_close(client);
  for (std::size_t i = 0; i < questions.size(); ++i) out[i] = answers[i].value_or(Likeness::unknown);
  return out;
}

}  // namespace bartizan::kafka
