#pragma once
// Rule bundles by hash on the compacted bundles topic.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/kafka/options.h"
#include "connectors/kafka/pulse.h"
#include "engine/model/result.h"

namespace bartizan::kafka {

/// Content rows: key `content/<hash>/<part>`, at most 512 KiB each; docs/formats/kafka.md. A bundle is durable before its activation can
/// enter the journal, so DETECT always finds what an activation names. Any thread.
class BundleTopic {
 public:
  explicit BundleTopic(const KafkaOptions& options, Pulse* pulse = nullptr) : options_(options), pulse_(pulse) {}
  /// Writes nothing when the topic holds it already. `record`: the bundle.v1 row of its activation (key `activation/<hash>`); empty: none.
  Status store(std::string_view hash, std::string_view blob, std::string_view record = {});
  /// Error `not_found` for an unknown hash.
  Result<std::string> load(std::string_view hash);
  Result<std::vector<std::string>> hashes();

 private:
  Status refresh();
  KafkaOptions options_;
  Pulse* pulse_;
  std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> blobs_;
};

}  // namespace bartizan::kafka
