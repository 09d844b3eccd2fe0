#pragma once
// Rule packs from folders, and the bundle that a configuration means.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/cli/config.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {

/// Rule files below `folders` (recursively, `*.yml` and `*.yaml`), or the built-in pack when there are no folders; with `settings` made
/// into a bundle. No value when anything is wrong: all of it stands in `diagnostics`.
std::optional<Bundle> load_bundle(const std::vector<std::string>& folders, const EngineSettings& settings,
                                  settings::Diagnostics& diagnostics);

/// Rule sets of bundles that were stored as blobs: reads each once, when the fold first asks for it.
class StoredRuleSets : public RuleSetStore {
 public:
  using Load = std::function<Result<std::string>(std::string_view hash)>;
  explicit StoredRuleSets(Load load) : load_(std::move(load)) {}
  std::shared_ptr<const RuleSet> find(std::string_view bundle_hash) const override;

 private:
  Load load_;
  mutable std::mutex mutex_;  // guards sets_: INGEST and DETECT may ask
  mutable std::map<std::string, std::shared_ptr<const RuleSet>, std::less<>> sets_;
};

/// Configuration and bundle; prints every problem to standard error. `rules`: folders that replace the configuration's.
struct Loaded {
  LoadedConfig config;
  Bundle bundle;
};
std::optional<Loaded> load_all(const std::vector<std::string>& config_files, const std::vector<std::string>& rules, bool colour);

}  // namespace bartizan::cli
