#pragma once
// Rule packs from folders, and the bundle that a configuration means.

#include <optional>
#include <string>
#include <vector>

#include "connectors/cli/config.h"
#include "rules/packs/bundle.h"

namespace bartizan::cli {

/// Rule files below `folders` (recursively, `*.yml` and `*.yaml`), or the built-in pack when there are no folders; with `settings` made into a
/// bundle. No value when anything is wrong: all of it stands in `diagnostics`.
std::optional<Bundle> load_bundle(const std::vector<std::string>& folders, const EngineSettings& settings, settings::Diagnostics& diagnostics);

/// Configuration and bundle; prints every problem to standard error. `rules`: folders that replace the configuration's.
struct Loaded {
  LoadedConfig config;
  Bundle bundle;
};
std::optional<Loaded> load_all(const std::vector<std::string>& config_files, const std::vector<std::string>& rules, bool colour);

}  // namespace bartizan::cli
