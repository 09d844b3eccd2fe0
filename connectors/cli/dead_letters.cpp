#include "connectors/cli/dead_letters.h"

#include <filesystem>
#include <fstream>

#include <rapidjson/document.h>

#include "connectors/kafka/topic_access.h"
#include "connectors/kafka/topics.h"

namespace bartizan::cli {
namespace {

constexpr std::string_view kField = "bartizan_";
constexpr std::string_view kSource = "bartizan_source_";

std::string text_of(const rapidjson::Value& value) {
  if (value.IsString()) return {value.GetString(), value.GetStringLength()};
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  return {};
}

/// RFC 4648 with padding; stops at the first byte that is not of the alphabet.
std::string decode_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    unsigned v = 0;
    if (c >= 'A' && c <= 'Z') v = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z') v = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9') v = static_cast<unsigned>(c - '0') + 52;
    else if (c == '+') v = 62;
    else if (c == '/') v = 63;
    else break;
    bits = bits << 6 | v;
    if (++count == 4) {
      out.push_back(static_cast<char>(bits >> 16));
      out.push_back(static_cast<char>(bits >> 8));
      out.push_back(static_cast<char>(bits));
      bits = count = 0;
    }
  }
  if (count == 3) {
    out.push_back(static_cast<char>(bits >> 10));
    out.push_back(static_cast<char>(bits >> 2));
  } else if (count == 2) {
    out.push_back(static_cast<char>(bits >> 4));
  }
  return out;
}

StoredLetter from_json(const rapidjson::Value& json) {
  StoredLetter out;
  for (const auto& member : json.GetObject()) {
    const std::string name(member.name.GetString(), member.name.GetStringLength());
    if (name == "value_base64") {
      out.bytes = decode_base64(text_of(member.value));
    } else if (name == "source" && member.value.IsObject()) {
      for (const auto& part : member.value.GetObject()) out.source[part.name.GetString()] = text_of(part.value);
    } else {
      out.fields[name] = text_of(member.value);
    }
  }
  return out;
}

StoredLetter from_message(const rd_kafka_message_t& message) {
  StoredLetter out;
  out.bytes.assign(static_cast<const char*>(message.payload), message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return out;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    const std::string_view key(name);
    const std::string text = value != nullptr ? std::string(static_cast<const char*>(value), size) : std::string();
    if (key.starts_with(kSource)) out.source[std::string(key.substr(kSource.size()))] = text;
    else if (key.starts_with(kField)) out.fields[std::string(key.substr(kField.size()))] = text;
  }
  // Where no header says it, the message's own time does: INGEST sends a letter when it finds one.
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t sent_ms = rd_kafka_message_timestamp(&message, &kind);
  if (kind != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && out.field("detected_at").empty()) {
    out.fields["detected_at"] = format_time(time_from_ms(sent_ms));
  }
  return out;
}

std::string part_of(const std::map<std::string, std::string>& parts, const std::string& name) {
  const auto found = parts.find(name);
  return found != parts.end() ? found->second : std::string();
}

}  // namespace

std::string StoredLetter::field(const std::string& name) const { return part_of(fields, name); }

std::string StoredLetter::place() const {
  const std::string index = part_of(source, "index");
  const std::string tail = index.empty() ? "" : "[" + index + "]";
  const std::string file = part_of(source, "file");
  if (!file.empty()) return file + ":" + part_of(source, "line") + tail;
  return part_of(source, "topic") + "[" + part_of(source, "partition") + "]@" + part_of(source, "offset") + tail;
}

bool StoredLetter::is_cut() const { return std::to_string(bytes.size()) != field("size"); }

Status letters_in_file(const std::string& path, const VisitLetter& visit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (!std::filesystem::exists(path)) return Ok{};  // nothing has been refused yet
    return Error{"unreadable", "cannot read '" + path + "'"};
  }
  std::uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    rapidjson::Document letter;
    letter.Parse(line.data(), line.size());
    if (letter.HasParseError() || !letter.IsObject()) return Error{"invalid", path + ":" + std::to_string(number) + ": not a dead letter"};
    if (!visit(number, from_json(letter))) break;
  }
  return Ok{};
}

Status letters_in_topic(const kafka::KafkaOptions& options, const VisitLetter& visit) {
  std::uint64_t number = 0;
  return kafka::read_topic(options, kafka::topic(options, Topic::dead_letter), [&](const rd_kafka_message_t& message) {
    return message.payload == nullptr || visit(++number, from_message(message));
  });
}

}  // namespace bartizan::cli
