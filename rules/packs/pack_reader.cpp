#include "rules/packs/pack_reader.h"

#include <algorithm>

#include "engine/model/sha256.h"
#include "engine/settings/binding.h"
#include "rules/packs/catalogue.h"

namespace bartizan {
namespace {

using settings::Diagnostics;
using settings::Node;
using settings::Schema;
using settings::Section;

enum class Mode : std::uint8_t { live, shadow, off };

struct RiskText {
  double low = 0;
  double medium = 0;
  double high = 0;
  Duration half_life{std::chrono::hours{7 * 24}};
};
struct DedupText {
  Duration window{std::chrono::hours{6}};
};

struct RuleText {
  std::string schema;
  std::string id;
  std::string title;
  std::uint32_t version = 0;
  RuleStatus status = RuleStatus::stable;
  Mode mode = Mode::live;
  std::string detector;
  EntityType entity = EntityType::user;
  std::string family;
  std::string description;
  RiskText risk;
  DedupText dedup;
  Node parameters;
  std::vector<AttackRef> attack;
  std::vector<std::string> false_positives;
  std::string response;
  std::vector<std::string> references;
  settings::TextMap labels;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// `pattern`: 9 stands for a digit, everything else for itself.
bool looks_like(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (pattern[i] == '9' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

std::string complaint_about_id(std::string_view id) {
  const bool good = !id.empty() && is_letter(id[0]) && std::all_of(id.begin(), id.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; });
  return good ? "" : "is not an id (letters, digits, '_' and '-', first a letter)";
}
std::string complaint_about_tactic(std::string_view t) { return looks_like(t, "TA9999") ? "" : "is not an ATT&CK tactic (TA0006)"; }
std::string complaint_about_technique(std::string_view t) {
  return looks_like(t, "T9999") || looks_like(t, "T9999.999") ? "" : "is not an ATT&CK technique (T1110 or T1110.003)";
}

Section<AttackRef> attack_section() {
  Section<AttackRef> s("A MITRE ATT&CK tactic and technique.");
  s.key("tactic", &AttackRef::tactic, "TA0006").require().check(complaint_about_tactic);
  s.key("technique", &AttackRef::technique, "T1110.003").check(complaint_about_technique);
  return s;
}

Section<RiskText> risk_section() {
  Section<RiskText> s("How likely a finding of each severity is right (0 to 1; 0: the rule has none of that severity), and how long it counts.");
  s.key("low", &RiskText::low, "Precision of a low finding.").range(0, 0.99);
  s.key("medium", &RiskText::medium, "Precision of a medium finding.").range(0, 0.99);
  s.key("high", &RiskText::high, "Precision of a high finding.").range(0, 0.99);
  s.key("half_life", &RiskText::half_life, "After this long a contribution to risk is worth half.").range(3'600'000, 365.0 * 86'400'000);
  s.check([](const Node& node, const std::string& pointer, Diagnostics& diagnostics) {
    double last = 0;
    for (const char* level : {"low", "medium", "high"}) {
      const Node* n = node.find(level);
      const double q = n != nullptr ? *settings::parse_number(n->text) : 0;
      if (q == 0) continue;
      if (q < last) diagnostics.add(rule_code::kRiskOrder, std::string("'") + level + "' is worth less than a lower severity", n->at, pointer);
      last = q;
    }
  });
  return s;
}

Section<RuleText> rule_section() {
  Section<RuleText> s("One rule of a pack.");
  s.key("schema", &RuleText::schema, "Always bartizan.rule/v1.").require().check([](std::string_view t) {
    return std::string(t == "bartizan.rule/v1" ? "" : "is not bartizan.rule/v1");
  });
  s.key("id", &RuleText::id, "The rule's id: Entra's riskEventType word, or one of our own.").require().range(1, 128).check(complaint_about_id);
  s.key("title", &RuleText::title, "What happened, in one sentence.").require().range(1, 256);
  s.key("version", &RuleText::version, "Raised by one with every change of logic or parameters.").require().range(1, 1'000'000);
  s.word<RuleStatus>("status", &RuleText::status,
                     {{"experimental", RuleStatus::experimental}, {"test", RuleStatus::test}, {"stable", RuleStatus::stable}, {"deprecated", RuleStatus::deprecated}},
                     "How far to trust it.");
  s.word<Mode>("mode", &RuleText::mode, {{"live", Mode::live}, {"shadow", Mode::shadow}, {"off", Mode::off}},
               "live: alerts and risk; shadow: alerts on alerts.shadow only, no risk; off: not loaded.");
  s.key("detector", &RuleText::detector, "The detector that runs it. Default: the one with the rule's id.");
  s.word<EntityType>("entity", &RuleText::entity,
                     {{"user", EntityType::user}, {"service_principal", EntityType::service_principal}, {"managed_identity", EntityType::managed_identity},
                      {"agent", EntityType::agent}, {"ip", EntityType::ip}, {"tenant", EntityType::tenant}},
                     "Whose risk a finding usually is.").require();
  s.key("family", &RuleText::family,
        "Rules of one family say the same thing in other words: their risk adds up less. properties, travel, network, credential, mfa, token, workload, agent, or your own.")
      .require().range(1, 64).check(complaint_about_id);
  s.key("description", &RuleText::description, "What it finds, what it misses, what it needs.").require().range(1, 4096);
  s.section("risk", &RuleText::risk, risk_section()).require();
  Section<DedupText> dedup("Which findings are one alert.");
  dedup.key("window", &DedupText::window, "An alert closes when this long passes without a finding.").range(60'000, 30.0 * 86'400'000);
  s.section("dedup", &RuleText::dedup, dedup);
  s.key("parameters", &RuleText::parameters, "The detector's numbers; those not named keep their defaults.");
  s.list("attack", &RuleText::attack, attack_section(), "MITRE ATT&CK.").range(0, 16);
  s.key("false_positives", &RuleText::false_positives, "What else may look like this.").require().range(1, 32);
  s.key("response", &RuleText::response, "What to do about it, first things first.").range(0, 4096);
  s.key("references", &RuleText::references, "Where to read more.").range(0, 32);
  s.key("labels", &RuleText::labels, "Copied to each alert.");
  return s;
}

const DetectorType* find_detector(std::string_view id) {
  for (const DetectorType* type : detector_types()) {
    if (type->id == id) return type;
  }
  return nullptr;
}

/// The parameters of a detector as a mapping of numbers.
Schema parameters_schema(const DetectorType& type) {
  Schema s;
  s.type = Schema::Type::section;
  for (const ParameterSpec& p : type.parameters) {
    Schema number;
    number.type = Schema::Type::number;
    number.doc = std::string(p.meaning);
    number.range(p.min, p.max);
    s.keys.push_back(settings::Key{std::string(p.name), std::move(number)});
  }
  return s;
}

const DetectorType* detector_of(const RuleText& text, const Node& root, Diagnostics& diagnostics) {
  const std::string& wanted = text.detector.empty() ? text.id : text.detector;
  if (const DetectorType* type = find_detector(wanted)) return type;
  std::vector<std::string> known;
  for (const DetectorType* type : detector_types()) known.emplace_back(type->id);
  std::sort(known.begin(), known.end());
  const bool by_detector = !text.detector.empty();
  settings::Diagnostic& d = diagnostics.add(rule_code::kUnknownDetector, "unknown detector '" + wanted + "'",
                                            root.find(by_detector ? "detector" : "id")->at, by_detector ? "/detector" : "/id");
  d.suggestion = settings::nearest(wanted, known);
  std::string all;
  for (const std::string& k : known) all.append(all.empty() ? "" : ", ").append(k);
  d.notes.push_back("detectors: " + all);
  return nullptr;
}

Rule to_rule(const RuleText& text, const DetectorType& type) {
  Rule rule;
  rule.alert.id = text.id;
  rule.alert.title = text.title;
  rule.alert.version = text.version;
  rule.alert.mode = text.mode == Mode::shadow ? RuleMode::shadow : RuleMode::live;
  rule.alert.source = RuleSource::native;
  rule.attack = text.attack;
  rule.family = text.family;
  rule.description = text.description;
  rule.false_positives = text.false_positives;
  rule.labels = text.labels;
  std::sort(rule.labels.begin(), rule.labels.end());
  rule.dedup_window = text.dedup.window;
  rule.risk_half_life = text.risk.half_life;
  rule.risk = {text.risk.low, text.risk.medium, text.risk.high};
  rule.type = &type;
  rule.parameters = Parameters(type.parameters);
  for (const settings::Member& m : text.parameters.members) rule.parameters.set(m.key, *settings::parse_number(m.value.text));
  rule.alert.hash = sha256_hex(canonical_rule(rule));
  return rule;
}

void check_labels(const Node& root, Diagnostics& diagnostics) {
  const Node* labels = root.find("labels");
  if (labels == nullptr) return;
  if (labels->members.size() > 32) diagnostics.add(settings::code::kOutOfRange, "more than 32 labels", labels->at, "/labels");
  for (const settings::Member& m : labels->members) {
    if (m.value.text.size() <= 256 && m.key.size() <= 64) continue;
    diagnostics.add(settings::code::kOutOfRange, "label '" + m.key + "' is longer than 256 bytes", m.value.at, "/labels/" + m.key);
  }
}

}  // namespace

std::string_view to_word(RuleStatus s) {
  switch (s) {
    case RuleStatus::experimental: return "experimental";
    case RuleStatus::test: return "test";
    case RuleStatus::stable: return "stable";
    case RuleStatus::deprecated: return "deprecated";
  }
  return "";
}

const Schema& rule_schema() {
  static const Section<RuleText> section = rule_section();
  return section.schema();
}

std::string canonical_rule(const Rule& rule) {
  std::vector<std::string> lines;
  const auto put = [&lines](const std::string& name, std::string value) {
    // Line ends inside a value would make two rules look alike.
    std::string escaped;
    for (const char c : value) escaped.append(c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c));
    lines.push_back(name + "=" + escaped + "\n");
  };
  put("id", rule.alert.id);
  put("title", rule.alert.title);
  put("version", std::to_string(rule.alert.version));
  put("mode", std::string(to_word(rule.alert.mode)));
  put("source", std::string(to_word(rule.alert.source)));
  put("detector", std::string(rule.type->id));
  put("family", rule.family);
  put("risk.low", settings::format_number(rule.risk[0]));
  put("risk.medium", settings::format_number(rule.risk[1]));
  put("risk.high", settings::format_number(rule.risk[2]));
  put("risk.half_life", settings::format_duration(rule.risk_half_life));
  put("dedup.window", settings::format_duration(rule.dedup_window));
  for (std::size_t i = 0; i < rule.attack.size(); ++i) {
    put("attack." + std::to_string(i), rule.attack[i].tactic + " " + rule.attack[i].technique);
  }
  for (const auto& [name, value] : rule.labels) put("label." + name, value);
  for (const ParameterSpec& p : rule.parameters.specs()) {
    put("parameter." + std::string(p.name), settings::format_number(rule.parameters.number(p.name)));
  }
  std::sort(lines.begin(), lines.end());
  std::string out = "bartizan.rule/v1\n";
  for (const std::string& line : lines) out += line;
  return out;
}

std::optional<PackRule> read_rule(std::string file, std::string text, Diagnostics& diagnostics) {
  static const Section<RuleText> section = rule_section();
  const std::size_t errors_before = diagnostics.errors();
  const settings::Document document = settings::read_document(file, std::move(text), diagnostics);
  const std::optional<RuleText> read = settings::bind(section, document, diagnostics);
  if (read) check_labels(document.root, diagnostics);
  const DetectorType* type = read ? detector_of(*read, document.root, diagnostics) : nullptr;
  if (type != nullptr) settings::validate(read->parameters, parameters_schema(*type), "parameters", "/parameters", diagnostics);
  if (diagnostics.errors() != errors_before) return std::nullopt;
  PackRule out;
  out.rule = to_rule(*read, *type);
  out.file = std::move(file);
  out.status = read->status;
  out.entity = read->entity;
  out.response = read->response;
  out.references = read->references;
  out.off = read->mode == Mode::off;
  return out;
}

}  // namespace bartizan
