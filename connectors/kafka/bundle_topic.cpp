#include "connectors/kafka/bundle_topic.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "connectors/kafka/producer.h"
#include "connectors/kafka/reader.h"
#include "connectors/kafka/topics.h"

namespace bartizan::kafka {
namespace {

constexpr std::size_t kPartBytes = 512 * 1024;
constexpr std::string_view kContent = "content/";
constexpr std::chrono::minutes kStoreMax{2};

struct Part {
  std::string_view hash;
  std::size_t number = 0;
};

/// Key `content/<hash>/<number>`.
std::optional<Part> read_part_key(std::string_view key) {
  if (key.substr(0, kContent.size()) != kContent) return std::nullopt;
  key.remove_prefix(kContent.size());
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  Part part{key.substr(0, slash), 0};
  const auto [end, error] = std::from_chars(key.data() + slash + 1, key.data() + key.size(), part.number);
  return error == std::errc{} && end == key.data() + key.size() ? std::optional{part} : std::nullopt;
}

/// Value: the number of parts as text, newline, the bytes of this one.
std::optional<std::pair<std::size_t, std::string_view>> read_part(std::string_view value) {
  std::size_t parts = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parts);
  if (error != std::errc{} || end == value.data() + value.size() || *end != '\n' || parts == 0) return std::nullopt;
  return std::pair{parts, value.substr(static_cast<std::size_t>(end - value.data()) + 1)};
}

OutMessage content_part(const std::string& topic, std::string_view hash, std::string_view blob, std::size_t number, std::size_t parts) {
  OutMessage message;
  message.topic = topic;
  message.partition = 0;
  message.keyed = true;
  message.key = std::string{kContent} + std::string{hash} + '/' + std::to_string(number);
  message.value = std::to_string(parts) + '\n';
  message.value += blob.substr(number * kPartBytes, kPartBytes);
  return message;
}

OutMessage activation(const std::string& topic, std::string_view hash, std::string_view record) {
  OutputRecord row;
  row.key = "activation/" + std::string{hash};
  row.value = std::string{record};
  row.ce_type = "io.bartizan.bundle.v1";
  row.ce_source = "/bartizan";
  row.ce_subject = std::string{hash};
  row.ce_id = std::string{hash};
  row.ce_dataschema = "urn:bartizan:schema:bundle.v1";
  OutMessage message = to_message(topic, std::move(row));
  message.partition = 0;
  return message;
}

/// Gathers the parts of one blob.
struct Gathered {
  std::vector<std::optional<std::string>> parts;

  void add(std::size_t number, std::size_t count, std::string_view bytes) {
    if (parts.size() != count) parts.assign(count, std::nullopt);
    if (number < count) parts[number] = std::string{bytes};
  }
  std::optional<std::string> whole() const {
    std::string blob;
    for (const auto& part : parts) {
      if (!part) return std::nullopt;
      blob += *part;
    }
    return blob;
  }
};

}  // namespace

Status BundleTopic::refresh() {
  Pulse own;
  Pulse& pulse = pulse_ == nullptr ? own : *pulse_;
  const std::string name = topic(options_, "bundles");
  auto reader = make_reader(options_, "bundles", Isolation::uncommitted);
  if (!reader.ok()) return reader.error();
  const auto ends = watermarks(reader.value().get(), name, 0, pulse);
  if (!ends.ok()) return ends.error();
  std::map<std::string, Gathered, std::less<>> gathered;
  const Status read = read_stretch(options_, name, 0, ends.value().low, ends.value().high, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) {
    const auto key = read_part_key({static_cast<const char*>(m.key), m.key_len});
    if (!key || m.payload == nullptr) return true;
    const auto part = read_part({static_cast<const char*>(m.payload), m.len});
    if (part) gathered[std::string{key->hash}].add(key->number, part->first, part->second);
    return true;
  });
  if (!read.ok()) return read.error();
  for (const auto& [hash, parts] : gathered) {
    if (auto blob = parts.whole()) blobs_[hash] = std::move(*blob);
  }
  return Ok{};
}

Status BundleTopic::store(std::string_view hash, std::string_view blob, std::string_view record) {
  const std::lock_guard lock{mutex_};
  if (const Status s = refresh(); !s.ok()) return s;
  Pulse own;
  Pulse& pulse = pulse_ == nullptr ? own : *pulse_;
  std::vector<OutMessage> messages;
  const std::string name = topic(options_, "bundles");
  if (blobs_.find(hash) == blobs_.end()) {
    const std::size_t parts = std::max<std::size_t>(1, (blob.size() + kPartBytes - 1) / kPartBytes);
    for (std::size_t i = 0; i < parts; ++i) messages.push_back(content_part(name, hash, blob, i, parts));
  }
  if (!record.empty()) messages.push_back(activation(name, hash, record));
  if (messages.empty()) return Ok{};
  auto producer = Producer::make(options_, "bundles", {}, pulse);
  if (!producer.ok()) return producer.error();
  for (const OutMessage& message : messages) {
    if (!producer.value()->send(message)) break;
  }
  if (!producer.value()->flush(kStoreMax)) {
    const std::string trouble = producer.value()->trouble();
    return Error{"bundle_not_stored", name + ": " + (trouble.empty() ? "the brokers did not answer" : trouble)};
  }
  blobs_[std::string{hash}] = std::string{blob};
  return Ok{};
}

Result<std::string> BundleTopic::load(std::string_view hash) {
  const std::lock_guard lock{mutex_};
  if (blobs_.find(hash) == blobs_.end()) {
    if (const Status s = refresh(); !s.ok()) return s.error();
  }
  const auto it = blobs_.find(hash);
  if (it == blobs_.end()) return Error{"not_found", "no bundle " + std::string{hash} + " on " + topic(options_, "bundles")};
  return it->second;
}

Result<std::vector<std::string>> BundleTopic::hashes() {
  const std::lock_guard lock{mutex_};
  if (const Status s = refresh(); !s.ok()) return s.error();
  std::vector<std::string> all;
  for (const auto& [hash, blob] : blobs_) all.push_back(hash);
  return all;
}

}  // namespace bartizan::kafka
