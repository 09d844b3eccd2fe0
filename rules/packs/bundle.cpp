#include "rules/packs/bundle.h"

#include <algorithm>

#include "engine/model/bytes.h"
#include "engine/model/sha256.h"

namespace bartizan {
namespace {

constexpr std::string_view kBundleMagic = "bartizan.bundle/v1\n";
constexpr std::string_view kSettingsName = "settings of the bundle";
constexpr std::size_t kLabelsMax = 32;  // alert.v1
constexpr std::size_t kLabelBytesMax = 256;
constexpr std::size_t kLabelNameBytesMax = 64;

bool ends_with(std::string_view text, std::string_view end) { return text.size() >= end.size() && text.substr(text.size() - end.size()) == end; }

bool is_rule_file(std::string_view path) { return ends_with(path, ".yml") && !ends_with(path, ".test.yml"); }

void read_rules(const std::vector<BundleFile>& files, std::vector<PackRule>& rules, settings::Diagnostics& diagnostics) {
  std::map<std::string, std::string> seen;  // id -> file
  for (const BundleFile& file : files) {
    std::optional<PackRule> rule = read_rule(file.path, file.bytes, diagnostics);
    if (!rule) continue;
    const auto [first, is_new] = seen.emplace(rule->rule.alert.id, file.path);
    if (!is_new) {
      const auto source = std::make_shared<const settings::SourceText>(file.path, "");
      diagnostics.add(rule_code::kDuplicateRule, "rule '" + rule->rule.alert.id + "' is also in " + first->second, settings::Span{source, 0, 0, 0});
      continue;
    }
    rules.push_back(std::move(*rule));
  }
  std::sort(rules.begin(), rules.end(), [](const PackRule& a, const PackRule& b) { return a.rule.alert.id < b.rule.alert.id; });
}

/// The rule's labels and, where it has none of that name, the configuration's.
std::optional<Rule> labelled(Rule rule, const settings::TextMap& labels, settings::Diagnostics& diagnostics) {
  for (const auto& label : labels) {
    const auto same = [&label](const auto& own) { return own.first == label.first; };
    if (std::none_of(rule.labels.begin(), rule.labels.end(), same)) rule.labels.push_back(label);
  }
  std::sort(rule.labels.begin(), rule.labels.end());
  if (rule.labels.size() <= kLabelsMax) return rule;
  diagnostics.add(settings::code::kOutOfRange, "rule '" + rule.alert.id + "' and engine.labels together have more than " + std::to_string(kLabelsMax) + " labels", {});
  return std::nullopt;
}

void check_labels(const settings::Node& node, const std::string& pointer, settings::Diagnostics& diagnostics) {
  const settings::Node* labels = node.find("labels");
  if (labels == nullptr) return;
  if (labels->members.size() > kLabelsMax) {
    diagnostics.add(settings::code::kOutOfRange, "more than " + std::to_string(kLabelsMax) + " labels", labels->at, pointer + "/labels");
  }
  for (const settings::Member& m : labels->members) {
    if (m.key.size() <= kLabelNameBytesMax && m.value.text.size() <= kLabelBytesMax && !m.value.text.empty()) continue;
    diagnostics.add(settings::code::kOutOfRange, "label '" + m.key + "' is empty or longer than 256 bytes, or its name longer than 64", m.value.at, pointer + "/labels/" + m.key);
  }
}

}  // namespace

settings::Section<EngineSettings> engine_section() {
  settings::Section<EngineSettings> s("Numbers of the engine that can change an output. A change is a new bundle.");
  constexpr double kDay = 86'400'000;
  s.key("lateness", &EngineSettings::lateness, "How far behind the newest event of its source an event may be and still count in its window.").range(0, kDay);
  s.key("idle_after", &EngineSettings::idle_after, "A source partition without records for this long no longer holds time back.").range(1000, kDay);
  s.key("remember_ids", &EngineSettings::remember_ids, "For this long a newer copy of an event is recognised as a correction.").range(60'000, 7 * kDay);
  s.key("rows_max_per_table", &EngineSettings::rows_max_per_table, "Rows that one detector or profile may hold for one tenant.").range(1000, 100'000'000);
  s.key("alerts_per_hour_max", &EngineSettings::alerts_per_hour_max, "New alerts of one rule in one tenant and hour; the rest goes to alerts.shadow.").range(1, 1'000'000);
  s.key("open_alerts_max", &EngineSettings::open_alerts_max, "Open alerts of one tenant.").range(1000, 10'000'000);
  s.key("privileged_factor", &EngineSettings::privileged_factor, "Risk of privileged identities counts this much more.").range(1, 4);
  s.key("privileged", &EngineSettings::privileged, "Privileged identities, by object id or user principal name.").example("[admin@example.com]");
  s.key("families_bonus", &EngineSettings::families_bonus, "Risk counts this much more when three families agree within 24 hours.").range(1, 4);
  s.key("labels", &EngineSettings::labels, "Labels of every alert, name: text; a rule's own label of that name wins.").example("{environment: production, team: identity}");
  s.check(check_labels);
  return s;
}

std::string engine_settings_text(const EngineSettings& s) {
  std::string out;
  const auto put = [&out](std::string_view name, const std::string& value) { out.append(name).append(": ").append(value).append("\n"); };
  put("lateness", settings::format_duration(s.lateness));
  put("idle_after", settings::format_duration(s.idle_after));
  put("remember_ids", settings::format_duration(s.remember_ids));
  put("rows_max_per_table", std::to_string(s.rows_max_per_table));
  put("alerts_per_hour_max", std::to_string(s.alerts_per_hour_max));
  put("open_alerts_max", std::to_string(s.open_alerts_max));
  put("privileged_factor", settings::format_number(s.privileged_factor));
  put("families_bonus", settings::format_number(s.families_bonus));
  std::vector<std::string> privileged = s.privileged;
  std::sort(privileged.begin(), privileged.end());
  if (!privileged.empty()) {
    out += "privileged: [";
    for (std::size_t i = 0; i < privileged.size(); ++i) {
      if (i > 0) out += ", ";
      settings::append_json_text(out, privileged[i]);
    }
    out += "]\n";
  }
  settings::TextMap labels = s.labels;
  std::sort(labels.begin(), labels.end());
  if (labels.empty()) return out;
  out += "labels:\n";
  for (const auto& [name, value] : labels) {
    out += "  ";
    settings::append_json_text(out, name);
    out += ": ";
    settings::append_json_text(out, value);
    out += "\n";
  }
  return out;
}

std::optional<Bundle> Bundle::make(std::vector<BundleFile> files, const EngineSettings& settings, settings::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.errors();
  Bundle bundle;
  bundle.settings_ = settings;
  for (BundleFile& file : files) {
    if (is_rule_file(file.path)) bundle.files_.push_back(std::move(file));
  }
  std::sort(bundle.files_.begin(), bundle.files_.end(), [](const BundleFile& a, const BundleFile& b) { return a.path < b.path; });
  if (bundle.files_.size() > kBundleFilesMax) {
    diagnostics.add(settings::code::kTooBig, "more than " + std::to_string(kBundleFilesMax) + " rule files", {});
    return std::nullopt;
  }
  read_rules(bundle.files_, bundle.rules_, diagnostics);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  auto set = std::make_shared<RuleSet>();
  set->settings = settings;
  for (const PackRule& rule : bundle.rules_) {
    if (rule.off) continue;
    std::optional<Rule> live = labelled(rule.rule, settings.labels, diagnostics);
    if (!live) return std::nullopt;
    set->rules.push_back(std::move(*live));
  }
  if (set->rules.empty()) {
    diagnostics.add(rule_code::kNoRules, "no rule is selected: " + std::to_string(bundle.files_.size()) + " rule files, " +
                                             std::to_string(bundle.rules_.size()) + " of them with mode: off", {});
    return std::nullopt;
  }
  bundle.hash_ = sha256_hex(bundle.serialise());
  set->bundle_hash = bundle.hash_;
  bundle.rule_set_ = std::move(set);
  return bundle;
}

std::string Bundle::serialise() const {
  std::string out(kBundleMagic);
  ByteWriter w(out);
  w.text(engine_settings_text(settings_));
  w.varint(files_.size());
  for (const BundleFile& file : files_) {
    w.text(file.path);
    w.text(file.bytes);
  }
  return out;
}

Result<Bundle> Bundle::parse(std::string_view blob) {
  if (blob.substr(0, kBundleMagic.size()) != kBundleMagic) return Error{"corrupt", "not a bundle of version 1"};
  ByteReader r(blob.substr(kBundleMagic.size()));
  const std::string settings_text(r.text());
  const std::uint64_t count = r.varint();
  std::vector<BundleFile> files;
  for (std::uint64_t i = 0; i < count && i <= kBundleFilesMax && r.ok(); ++i) {
    BundleFile file;
    file.path = std::string(r.text());
    file.bytes = std::string(r.text());
    files.push_back(std::move(file));
  }
  if (!r.ok() || !r.at_end()) return Error{"corrupt", "the bundle is cut or damaged"};
  settings::Diagnostics diagnostics;
  const settings::Document document = settings::read_document(std::string(kSettingsName), settings_text, diagnostics);
  const std::optional<EngineSettings> settings = settings::bind(engine_section(), document, diagnostics);
  std::optional<Bundle> bundle;
  if (settings) bundle = make(std::move(files), *settings, diagnostics);
  if (!bundle) return Error{"invalid", settings::render(diagnostics, false)};
  if (bundle->serialise() != blob) return Error{"corrupt", "the bundle does not read back as it was written"};
  return std::move(*bundle);
}

std::shared_ptr<const RuleSet> BundleStore::find(std::string_view bundle_hash) const {
  const auto found = sets_.find(bundle_hash);
  return found != sets_.end() ? found->second : nullptr;
}

}  // namespace bartizan
