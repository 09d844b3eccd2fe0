#include "rules/packs/catalogue_text.h"

#include "engine/settings/units.h"

namespace bartizan {
namespace {

std::string_view mode_word(const PackRule& r) { return r.off ? "off" : to_word(r.rule.alert.mode); }

std::string attack_words(const Rule& rule) {
  std::string out;
  for (const AttackRef& a : rule.attack) out.append(out.empty() ? "" : ", ").append(a.technique.empty() ? a.tactic : a.technique);
  return out;
}

std::string percent(double q) { return q > 0 ? settings::format_number(q * 100) + " %" : "-"; }

/// A text as one paragraph, without a line end of its own.
std::string paragraph(const std::string& text) {
  std::string out = text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

/// `|` would end a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out.append(c == '|' ? "\\|" : std::string(1, c));
  return out;
}

void append_parameters(std::string& out, const Rule& rule) {
  if (rule.parameters.specs().empty()) return;
  out += "\n| parameter | value | allowed | meaning |\n| --- | --- | --- | --- |\n";
  for (const ParameterSpec& p : rule.parameters.specs()) {
    const std::string unit = p.unit.empty() ? "" : " " + std::string(p.unit);
    out += "| `" + std::string(p.name) + "` | " + settings::format_number(rule.parameters.number(p.name)) + unit + " | " + settings::format_number(p.min) + " to " +
           settings::format_number(p.max) + " | " + cell(p.meaning) + " |\n";
  }
}

void append_rule(std::string& out, const PackRule& r) {
  const Rule& rule = r.rule;
  out += "\n## " + rule.alert.id + "\n\n" + rule.alert.title + ".\n\n" + paragraph(rule.description) + "\n\n";
  out += "Version " + std::to_string(rule.alert.version) + ", " + std::string(to_word(r.status)) + ", " + std::string(mode_word(r)) + ". Keyed by " +
         std::string(rule.type->keyed_by) + ". Family " + rule.family + ". A finding is right in " + percent(rule.risk[0]) + " (low), " + percent(rule.risk[1]) +
         " (medium), " + percent(rule.risk[2]) + " (high) of cases, and its risk halves every " + settings::format_duration(rule.risk_half_life) +
         ". An alert closes after " + settings::format_duration(rule.dedup_window) + " without a finding.";
  const std::string attack = attack_words(rule);
  if (!attack.empty()) out += " ATT&CK: " + attack + ".";
  out += "\n\nWhat else may look like this:\n\n";
  for (const std::string& f : rule.false_positives) out += "- " + paragraph(f) + "\n";
  if (!r.response.empty()) out += "\nWhat to do: " + paragraph(r.response) + "\n";
  append_parameters(out, rule);
  if (!r.references.empty()) {
    out += "\nMore:";
    for (const std::string& ref : r.references) out += " <" + ref + ">";
    out += "\n";
  }
}

}  // namespace

std::string catalogue_markdown(const std::vector<PackRule>& rules) {
  std::string out =
      "# Detections\n\n<!-- Generated from rules/packs by the tests (BARTIZAN_REWRITE=1). Do not edit. -->\n\n"
      "The rules that come with Bartizan. How to write and test your own: [rules.md](rules.md).\n\n"
      "| rule | what happened | whose | family | ATT&CK |\n| --- | --- | --- | --- | --- |\n";
  for (const PackRule& r : rules) {
    out += "| [" + r.rule.alert.id + "](#" + lower_ascii(r.rule.alert.id) + ") | " + cell(r.rule.alert.title) + " | " + std::string(to_word(r.entity)) + " | " +
           r.rule.family + " | " + attack_words(r.rule) + " |\n";
  }
  for (const PackRule& r : rules) append_rule(out, r);
  return out;
}

}  // namespace bartizan
