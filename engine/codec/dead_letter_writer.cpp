#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "engine/codec/json_out.h"
#include "engine/codec/output_writer.h"
#include "engine/model/check.h"

namespace bartizan {
namespace {

/// RFC 4648 with padding.
std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  BARTIZAN_CHECK(size >= 0 && static_cast<std::size_t>(size) + 1 == text.size());
  text.pop_back();
  return text;
}

std::string dead_letter_json(const DeadLetter& letter) {
  constexpr std::size_t kBase64Max = (kDeadLetterBytesMax + 2) / 3 * 4;
  JsonOut out;
  out.open();
  out.text("schema", "bartizan.dead-letter/v1");
  out.text("reason", to_word(letter.reason));
  out.text("detail", letter.detail, 512);
  out.text("stage", to_word(letter.stage));
  out.source("source", letter.source);
  out.text("value_base64", base64(std::string_view{letter.value}.substr(0, kDeadLetterBytesMax)), kBase64Max);
  out.count("size", letter.size);
  out.text("sha256", letter.sha256);
  if (letter.detected_at != Time{}) out.time("detected_at", letter.detected_at);
  out.text("engine_version", letter.engine_version, 64);
  out.close();
  return out.take();
}

std::string dead_letter_key(const EvidenceSource& s) {
  return s.input + '/' + std::to_string(s.generation) + '/' + std::to_string(s.partition) + '/' + std::to_string(s.offset) + '/' +
         (s.index < 0 ? "-" : std::to_string(s.index));
}

}  // namespace

OutputRecord write_dead_letter(const DeadLetter& letter) {
  OutputRecord record = output_record(Topic::dead_letter, "dead-letter.v1", dead_letter_json(letter));
  record.key = dead_letter_key(letter.source);
  record.ce_subject = record.key;
  record.ce_id = record.key;
  record.ce_time = letter.detected_at;
  return record;
}

}  // namespace bartizan
