#include "connectors/kafka/out_message.h"

#include <openssl/evp.h>
#include <rapidjson/document.h>

#include "engine/model/check.h"

namespace bartizan::kafka {
namespace {

constexpr std::size_t kOriginalHeadersMax = 32;
constexpr std::size_t kOriginalBytesMax = 4096;

void add(std::vector<Header>& headers, const char* name, std::string_view value) {
  if (!value.empty()) headers.emplace_back(name, value);
}

std::vector<Header> cloud_event(const OutputRecord& record) {
  std::vector<Header> headers;
  headers.reserve(8);
  add(headers, "ce_specversion", "1.0");
  add(headers, "ce_id", record.ce_id);
  add(headers, "ce_type", record.ce_type);
  add(headers, "ce_source", record.ce_source);
  add(headers, "ce_subject", record.ce_subject);
  if (record.ce_time != Time{}) add(headers, "ce_time", format_time(record.ce_time));
  add(headers, "ce_dataschema", record.ce_dataschema);
  return headers;
}

/// REQUIRES: RFC 4648 with padding (ours).
std::string from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  BARTIZAN_CHECK(size >= 0);
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

std::string text_of(const rapidjson::Value& value) {
  if (value.IsString()) return {value.GetString(), value.GetStringLength()};
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  return value.IsUint64() ? std::to_string(value.GetUint64()) : std::string{};
}

void add_original(std::vector<Header>& headers, const std::vector<Header>& original) {
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (const auto& [name, value] : original) {
    bytes += name.size() + value.size();
    if (++count > kOriginalHeadersMax || bytes > kOriginalBytesMax) return;
    const bool ours = name.rfind("ce_", 0) == 0 || name.rfind("bartizan_", 0) == 0 || name == "content-type";
    headers.emplace_back((ours ? "original_" : "") + name, value);
  }
}

}  // namespace

OutMessage to_message(std::string topic, OutputRecord&& record) {
  OutMessage message;
  message.topic = std::move(topic);
  message.headers = cloud_event(record);
  message.keyed = true;
  message.tombstone = record.tombstone;
  if (!record.tombstone) {
    message.headers.emplace_back("content-type", "application/json");
    message.value = std::move(record.value);
  }
  message.key = std::move(record.key);
  return message;
}

OutMessage to_dead_letter(std::string topic, OutputRecord&& record, const std::vector<Header>& original) {
  rapidjson::Document json;
  json.Parse(record.value.data(), record.value.size());
  BARTIZAN_CHECK(json.IsObject());
  OutMessage message;
  message.topic = std::move(topic);
  message.headers = cloud_event(record);
  message.headers.emplace_back("content-type", "application/octet-stream");
  message.keyed = true;
  message.key = std::move(record.key);
  for (const auto& member : json.GetObject()) {
    const std::string_view name{member.name.GetString(), member.name.GetStringLength()};
    if (name == "schema") continue;
    if (name == "value_base64") {
      message.value = from_base64({member.value.GetString(), member.value.GetStringLength()});
    } else if (name == "source") {
      for (const auto& part : member.value.GetObject()) {
        message.headers.emplace_back("bartizan_source_" + std::string{part.name.GetString()}, text_of(part.value));
      }
    } else {
      message.headers.emplace_back("bartizan_" + std::string{name}, text_of(member.value));
    }
  }
  add_original(message.headers, original);
  return message;
}

}  // namespace bartizan::kafka
