#pragma once
// What an InputSet gives, as INGEST wants it.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connectors/embedded/input_set.h"
#include "engine/model/output.h"
#include "engine/pipeline/transport.h"

namespace bartizan::embedded {

/// Turns the messages of `inputs` into raw messages; those over the size bound become dead letters at once. Reusable.
class RawMessages {
 public:
  RawMessages(InputSet& inputs, std::string engine_version) : inputs_(inputs), engine_version_(std::move(engine_version)) {}
  /// At most `max` messages, which live until the next call. `taken` tells how many messages left the inputs, dead letters included.
  std::span<const RawMessage> next(std::size_t max, std::optional<Time> arrival, const std::function<void(OutputRecord&&)>& dead_letter);
  std::size_t taken() const { return taken_.size(); }

 private:
  InputSet& inputs_;
  std::string engine_version_;
  std::vector<InputSet::Taken> taken_;
  std::vector<RawMessage> messages_;
};

}  // namespace bartizan::embedded
