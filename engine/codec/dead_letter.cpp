#include "engine/codec/dead_letter.h"

#include "engine/model/sha256.h"

namespace bartizan {

DeadLetterStage stage_of(DeadLetterReason reason) {
  switch (reason) {
    case DeadLetterReason::too_large: case DeadLetterReason::invalid_utf8: return DeadLetterStage::read;
    case DeadLetterReason::malformed_json: case DeadLetterReason::too_deep: case DeadLetterReason::not_an_object:
      return DeadLetterStage::parse;
    case DeadLetterReason::unsupported_command: return DeadLetterStage::command;
    default: return DeadLetterStage::normalise;
  }
}

DeadLetter make_dead_letter(DeadLetterReason reason, std::string_view detail, std::string_view bytes, const SourcePosition& position,
                            std::string_view engine_version) {
  DeadLetter d;
  d.reason = reason;
  d.detail = detail;
  d.stage = stage_of(reason);
  const Source& s = position.source;
  d.source.input = s.input;
  d.source.topic = s.topic;
  d.source.file = s.file;
  d.source.generation = s.generation;
  d.source.partition = s.partition;
  d.source.offset = position.offset;
  d.source.index = position.index;
  d.source.timestamp = position.timestamp;
  d.value = bytes.substr(0, kDeadLetterBytesMax);
  d.size = bytes.size();
  d.sha256 = sha256_hex(bytes);
  d.engine_version = engine_version;
  return d;
}

}  // namespace bartizan
