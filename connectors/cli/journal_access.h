#pragma once
// The journal of a configuration, for commands that read it beside the engine.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "engine/pipeline/transport.h"

namespace bartizan::cli {

/// Up to the end that the journal had at open. Reads only, and needs no lock.
class JournalAccess {
 public:
  virtual ~JournalAccess() = default;
  virtual std::vector<std::int32_t> partitions() const = 0;
  /// Messages in order from `from`, or from where the partition begins; `visit` stops by false.
  virtual Status read(std::int32_t partition, std::int64_t from, const std::function<bool(const JournalMessage&)>& visit) = 0;
  /// Entries that the fold passes over: offset and index.
  virtual Result<std::vector<std::pair<std::int64_t, std::int32_t>>> quarantined(std::int32_t partition) = 0;
  virtual Result<std::string> load_bundle(std::string_view hash) = 0;
};

/// Errors: `no_journal`, and those of the transport.
Result<std::unique_ptr<JournalAccess>> open_journal(const Global& global, const LoadedConfig& loaded);

}  // namespace bartizan::cli
