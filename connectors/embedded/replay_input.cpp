#include "connectors/embedded/replay_input.h"

#include <utility>

#include "engine/model/check.h"

namespace bartizan::embedded {

ReplayInput::ReplayInput(std::vector<InputPattern> inputs, OutputSink& dead_letters, std::string engine_version)
    : inputs_(std::move(inputs), false, {}), raw_(inputs_, std::move(engine_version)), dead_letters_(dead_letters) {
  inputs_.wait_for_pipes();
  inputs_.open();
}

std::span<const RawMessage> ReplayInput::poll(std::size_t max, Duration timeout) {
  static_cast<void>(timeout);  // files never keep one waiting, and a pipe is waited for
  while (true) {
    const auto messages = raw_.next(max, std::nullopt, [this](OutputRecord&& letter) {
      ++too_large_total_;
      dead_letters_.emit(std::move(letter));
    });
    if (!messages.empty() || raw_.taken() == 0) return messages;
  }
}

void ReplayInput::append(std::int32_t journal_partition, std::string message) {
  static_cast<void>(journal_partition), static_cast<void>(message);
  constexpr bool kReplayKeepsAJournal = false;
  BARTIZAN_CHECK(kReplayKeepsAJournal);
}

bool ReplayInput::commit() { return true; }

}  // namespace bartizan::embedded
