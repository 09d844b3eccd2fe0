#pragma once
// Everything that can change an answer, in one immutable thing with a hash (ARCHITECTURE, law 1).

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/rule_set.h"
#include "engine/model/result.h"
#include "engine/settings/binding.h"
#include "rules/packs/pack_reader.h"

namespace bartizan {

/// A file of a bundle. `path` is relative, with '/'.
struct BundleFile {
  std::string path;
  std::string bytes;
  friend bool operator==(const BundleFile&, const BundleFile&) = default;
};

constexpr std::size_t kBundleFilesMax = 10'000;

/// Rule files and settings, checked and loaded. The hash is the SHA-256 of serialise(): the same files and settings give the same hash on
/// every machine, in whatever order they were found.
class Bundle {
 public:
  /// Takes the rule files (`*.yml`, but not `*.test.yml`; others are left out). No value when any of them is wrong, an id stands twice,
  /// or no rule is left (`mode: off` does not count): all of it in `diagnostics`.
  static std::optional<Bundle> make(std::vector<BundleFile> files, const EngineSettings& settings, settings::Diagnostics& diagnostics);
  /// Reads what serialise() wrote. Error `corrupt`, or `invalid` when this binary refuses a rule in it.
  static Result<Bundle> parse(std::string_view blob);

  std::string serialise() const;
  const std::string& hash() const { return hash_; }
  const std::vector<BundleFile>& files() const { return files_; }  // by path
  const std::shared_ptr<const RuleSet>& rule_set() const { return rule_set_; }
  /// By rule id; those with `mode: off` too.
  const std::vector<PackRule>& rules() const { return rules_; }

 private:
  Bundle() = default;
  EngineSettings settings_;
  std::vector<BundleFile> files_;
  std::string hash_;
  std::vector<PackRule> rules_;
  std::shared_ptr<const RuleSet> rule_set_;
};

/// Bundles in memory.
class BundleStore : public RuleSetStore {
 public:
  void add(const Bundle& bundle) { sets_[bundle.hash()] = bundle.rule_set(); }
  std::shared_ptr<const RuleSet> find(std::string_view bundle_hash) const override;

 private:
  std::map<std::string, std::shared_ptr<const RuleSet>, std::less<>> sets_;
};

/// The keys of EngineSettings for people (section `engine` of the configuration) and for bundles.
settings::Section<EngineSettings> engine_section();
std::string engine_settings_text(const EngineSettings& settings);

/// The rules that come with the binary (rules/packs/entra), by path.
const std::vector<BundleFile>& builtin_pack();

}  // namespace bartizan
