#include "connectors/cli/rule_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "connectors/cli/terminal.h"

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;

/// Adds the rule files below `folder`; their paths in the bundle begin with the folder's own name.
void add_folder(const std::string& folder, std::vector<BundleFile>& files, settings::Diagnostics& diagnostics) {
  std::error_code error;
  const fs::path root{folder};
  fs::recursive_directory_iterator it(root, error);
  if (error) {
    diagnostics.add(settings::code::kUnreadable, "cannot read the rule folder '" + folder + "': " + error.message(), {});
    return;
  }
  const fs::path name = fs::absolute(root).lexically_normal().filename();
  for (const fs::recursive_directory_iterator end; it != end; it.increment(error)) {
    if (error) break;
    const auto extension = it->path().extension();
    if (!it->is_regular_file(error) || (extension != ".yml" && extension != ".yaml")) continue;
    std::ifstream in(it->path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) {
      diagnostics.add(settings::code::kUnreadable, "cannot read '" + it->path().string() + "'", {});
      continue;
    }
    files.push_back({(name / it->path().lexically_relative(root)).generic_string(), std::move(text).str()});
  }
}

}  // namespace

std::optional<Bundle> load_bundle(const std::vector<std::string>& folders, const EngineSettings& settings,
                                  settings::Diagnostics& diagnostics) {
  std::vector<BundleFile> files;
  if (folders.empty()) files = builtin_pack();
  for (const auto& folder : folders) add_folder(folder, files, diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  return Bundle::make(std::move(files), settings, diagnostics);
}

std::shared_ptr<const RuleSet> StoredRuleSets::find(std::string_view bundle_hash) const {
  const std::lock_guard lock(mutex_);
  const auto known = sets_.find(bundle_hash);
  if (known != sets_.end()) return known->second;
  const auto blob = load_(bundle_hash);
  if (!blob) return nullptr;
  const auto bundle = Bundle::parse(blob.value());
  if (!bundle || bundle.value().hash() != bundle_hash) return nullptr;
  return sets_.emplace(std::string{bundle_hash}, bundle.value().rule_set()).first->second;
}

std::optional<Loaded> load_all(const std::vector<std::string>& config_files, const std::vector<std::string>& rules, bool colour) {
  settings::Diagnostics diagnostics;
  auto config = load_config(config_files, diagnostics);
  std::optional<Bundle> bundle;
  // Rules are read even when the configuration is wrong, so that all errors show at once.
  std::vector<std::string> folders = rules;
  if (folders.empty() && config) {
    for (const auto& path : config->config.rules.paths) folders.push_back(resolve(*config, path));
  }
  settings::Diagnostics of_rules;
  if (config || !rules.empty()) bundle = load_bundle(folders, config ? config->config.engine : EngineSettings{}, of_rules);
  diagnostics.take(std::move(of_rules));
  if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, colour));
  if (!config || !bundle) return std::nullopt;
  return Loaded{std::move(*config), std::move(*bundle)};
}

}  // namespace bartizan::cli
