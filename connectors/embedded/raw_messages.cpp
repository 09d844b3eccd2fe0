#include "connectors/embedded/raw_messages.h"

#include "engine/codec/output_writer.h"
#include "engine/model/alert.h"

namespace bartizan::embedded {
namespace {

DeadLetter too_large(const InputSet::Taken& taken, std::optional<Time> arrival, const std::string& engine_version) {
  const Source source = taken.input->source();
  DeadLetter letter;
  letter.reason = DeadLetterReason::too_large;
  letter.stage = DeadLetterStage::read;
  letter.detail = "a message of " + std::to_string(taken.message.size) + " bytes; the bound is " + std::to_string(kMessageBytesMax);
  letter.source.input = std::string{source.input};
  letter.source.file = std::string{source.file};
  letter.source.generation = source.generation;
  letter.source.offset = taken.message.line;
  letter.value = std::string{taken.message.bytes};
  letter.size = taken.message.size;
  letter.sha256 = taken.message.sha256;
  letter.detected_at = arrival.value_or(Time{});
  letter.engine_version = engine_version;
  return letter;
}

}  // namespace

std::span<const RawMessage> RawMessages::next(std::size_t max, std::optional<Time> arrival,
                                              const std::function<void(OutputRecord&&)>& dead_letter) {
  taken_.clear();
  messages_.clear();
  inputs_.take(taken_, max);
  messages_.reserve(taken_.size());
  for (const InputSet::Taken& taken : taken_) {
    if (taken.message.too_large) {
      dead_letter(write_dead_letter(too_large(taken, arrival, engine_version_)));
      continue;
    }
    RawMessage m;
    m.position.source = taken.input->source();
    m.position.offset = taken.message.line;
    m.bytes = taken.message.bytes;
    m.arrival = arrival;
    m.is_command = taken.input->options().is_command;
    m.tenant = taken.input->options().tenant;
    messages_.push_back(m);
  }
  return messages_;
}

}  // namespace bartizan::embedded
