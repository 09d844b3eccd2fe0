#include "engine/risk/entra_rules.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/model/evidence_parts.h"
#include "engine/model/risk_detection.h"
#include "engine/model/sha256.h"
#include "engine/model/source_position.h"

namespace bartizan {
namespace {

struct Word {
  std::string_view word;
  std::string_view family;
  int half_life_days;
  std::array<double, 3> confidence;  // by level: low, medium, high
  bool pinned;
  std::string_view title;
};

constexpr std::array<double, 3> kPlace = {.03, .15, .35};
constexpr std::array<double, 3> kAddress = {.05, .20, .40};
constexpr std::array<double, 3> kProperties = {.03, .10, .30};
constexpr std::array<double, 3> kToken = {.05, .25, .60};
constexpr std::array<double, 3> kIntelligence = {.10, .40, .85};
constexpr std::array<double, 3> kKnown = {.30, .60, .90};
constexpr std::array<double, 3> kAgent = {.05, .20, .50};
constexpr std::array<double, 3> kAdmin = {.999, .999, .999};

constexpr Word kWords[] = {
    {"anonymizedIPAddress", "network", 3, kAddress, false, "Anonymous IP address"},
    {"riskyIPAddress", "network", 3, kAddress, false, "Activity from an anonymous IP address"},
    {"maliciousIPAddress", "network", 3, kAddress, false, "Malicious IP address"},
    {"maliciousIPAddressValidCredentialsBlockedIP", "network", 3, kAddress, false, "Malicious IP address with valid credentials"},
    {"suspiciousIPAddress", "network", 3, kAddress, false, "Suspicious IP address"},
    {"malwareInfectedIPAddress", "network", 3, kAddress, false, "IP address with malware"},
    {"nationStateIP", "network", 3, kKnown, true, "Verified threat actor IP"},
    {"unlikelyTravel", "travel", 3, kPlace, false, "Atypical travel"},
    {"mcasImpossibleTravel", "travel", 3, kPlace, false, "Impossible travel"},
    {"newCountry", "travel", 3, {.02, .05, .15}, false, "New country"},
    {"unfamiliarFeatures", "properties", 3, kProperties, false, "Unfamiliar sign-in properties"},
    {"suspiciousBrowser", "properties", 3, kProperties, false, "Suspicious browser"},
    {"passwordSpray", "credential", 14, {.25, .50, .80}, false, "Password spray"},
    {"leakedCredentials", "credential", 14, kKnown, true, "Leaked credentials"},
    {"anomalousToken", "token", 14, kToken, false, "Anomalous token"},
    {"tokenIssuerAnomaly", "token", 14, kToken, false, "Token issuer anomaly"},
    {"attackerinTheMiddle", "token", 14, kKnown, true, "Attacker in the middle"},
    {"attemptedPrtAccess", "token", 14, kKnown, false, "Possible attempt to access a primary refresh token"},
    {"investigationsThreatIntelligence", "network", 14, kIntelligence, false, "Microsoft Entra threat intelligence"},
    {"investigationsThreatIntelligenceSigninLinked", "network", 14, kIntelligence, false, "Microsoft Entra threat intelligence"},
    {"userReportedSuspiciousActivity", "mfa", 3, kKnown, false, "User reported suspicious activity"},
    {"suspiciousSignins", "workload", 7, kToken, false, "Suspicious sign-ins"},
    {"maliciousApplication", "workload", 7, kKnown, false, "Malicious application"},
    {"suspiciousApplication", "workload", 7, kToken, false, "Suspicious application"},
    {"anomalousServicePrincipalActivity", "workload", 7, kToken, false, "Anomalous service principal activity"},
    {"unfamiliarResourceAccess", "agent", 7, kAgent, false, "Unfamiliar resource access"},
    {"signInSpike", "agent", 7, kAgent, false, "Sign-in spike"},
    {"failedAccessAttempt", "agent", 7, kAgent, false, "Failed access attempt"},
    {"riskyUserSignIn", "agent", 7, kAgent, false, "Sign-in by a risky user"},
    {"earlyLifeMaliciousActivity", "agent", 7, kToken, false, "Early life malicious activity"},
    {"entraDirectoryReconnaissance", "agent", 7, kToken, false, "Directory reconnaissance"},
    {"suspiciousCredentialUsage", "agent", 7, kToken, false, "Suspicious credential usage"},
    {"threatIntelligenceAccount", "agent", 14, kIntelligence, false, "Microsoft Entra threat intelligence"},
    {"adminConfirmedUserCompromised", "credential", 14, kAdmin, true, "Admin confirmed user compromised"},
    {"adminConfirmedServicePrincipalCompromised", "workload", 14, kAdmin, true, "Admin confirmed service principal compromised"},
    {"adminConfirmedAgentCompromised", "agent", 14, kAdmin, true, "Admin confirmed agent compromised"},
};
/// Words that are not in the table: mail, files, API traffic, and whatever comes. "generic" is Graph's own word for "something".
constexpr Word kAnyWord = {"generic", "activity", 3, kToken, false, "Risk seen by Microsoft Entra"};
constexpr std::size_t kRuleIdMax = 128;

const Word& word_of(std::string_view event_type) {
  for (const Word& w : kWords) {
    if (equals_ignoring_case(w.word, event_type)) return w;
  }
  return kAnyWord;
}

/// What the records allow as a rule's id.
bool is_rule_id(std::string_view s) {
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !s.empty() && s.size() <= kRuleIdMax && plain(s[0]) &&
         std::all_of(s.begin(), s.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

std::string rule_text(const Rule& rule) {
  std::string text = "bartizan.entra-rule/v1\n" + rule.alert.id + '\n' + rule.family + '\n' + std::to_string(rule.risk_half_life.count()) + '\n';
  for (const double q : rule.risk) text += std::to_string(static_cast<int>(q * 1000)) + '\n';
  return text;
}

Severity severity_of(const RiskReport& r) {
  return r.level == EntraRiskLevel::high ? Severity::high : r.level == EntraRiskLevel::medium ? Severity::medium : Severity::low;
}

std::string_view level_word(const RiskReport& r) {
  switch (r.level) {
    case EntraRiskLevel::high: return "high";
    case EntraRiskLevel::medium: return "medium";
    case EntraRiskLevel::low: return "low";
    case EntraRiskLevel::none: break;
  }
  return r.level_hidden ? "hidden" : "none";
}

/// Each time an entity becomes risky is a case of its own.
std::string anchor_of(const RiskReport& r) {
  if (r.request_id) return r.request_id.str();
  if (r.kind == ReportKind::detection) return r.id.str();
  return lower_ascii(r.entity_id.str().substr(0, kIdBytesMax - 32) + '/' + format_time(r.updated));
}

Evidence evidence_of_report(const RiskReport& r, const SourcePosition& source) {
  Evidence e;
  e.event_id = anchor_of(r);
  e.source = evidence_source(source);
  e.correlation_id = r.correlation_id.str();
  e.time = r.event_time;
  if (!r.ip.empty()) e.ip = r.ip.str();
  e.location = evidence_location(r.location);
  e.user_agent = r.user_agent;
  const bool detection = r.kind == ReportKind::detection;
  e.fields.emplace_back(kEntraDetectionField, detection ? r.id.str() : e.event_id);
  e.fields.emplace_back(kEntraSourceField, r.source.empty() ? std::string{"IdentityProtection"} : std::string{r.source});
  e.fields.emplace_back(kEntraTimingField, std::string{to_word(r.timing)});
  return e;
}

}  // namespace

Entity entity_of(const RiskReport& r) {
  Entity e;
  e.type = r.entity_type;
  e.id = r.entity_id.str();
  e.name = r.name;
  if (r.entity_type == EntityType::user || r.entity_type == EntityType::agent) e.user_principal_name = r.user_principal_name;
  if (r.entity_type != EntityType::user) e.app_id = r.app_id.str();
  if (r.entity_type == EntityType::agent) {
    e.identity_type = r.identity_type;
    e.blueprint.id = r.blueprint_id.str();
  }
  return e;
}

Rule entra_rule(const RiskReport& report, const RuleSet& rules) {
  const Word& word = report.kind == ReportKind::entity ? kAnyWord : word_of(report.event_type);
  Rule rule;
  rule.alert.id = word.word;
  if (&word == &kAnyWord && report.kind == ReportKind::detection && is_rule_id(report.event_type)) rule.alert.id = report.event_type;
  rule.alert.title = std::string{"Microsoft Entra ID Protection: "} + std::string{word.title};
  rule.alert.version = 1;
  rule.alert.source = RuleSource::entra;
  rule.family = word.family;
  rule.risk_half_life = std::chrono::days{word.half_life_days};
  rule.dedup_window = std::chrono::hours{24};
  rule.risk = word.confidence;
  const auto native = std::find_if(rules.rules.begin(), rules.rules.end(), [&](const Rule& r) { return r.alert.id == rule.alert.id; });
  if (native != rules.rules.end()) {
    rule.family = native->family;
    rule.risk_half_life = native->risk_half_life;
    rule.dedup_window = native->dedup_window;
    rule.attack = native->attack;
  }
  rule.alert.hash = sha256_hex(rule_text(rule));
  return rule;
}

Finding entra_finding(const RiskReport& report, const Rule& rule, const SourcePosition& source) {
  Finding f;
  f.entity = entity_of(report);
  f.severity = severity_of(report);
  const std::string who = !f.entity.name.empty() ? f.entity.name : !f.entity.user_principal_name.empty() ? f.entity.user_principal_name : f.entity.id;
  const std::string what{word_of(report.kind == ReportKind::entity ? std::string_view{} : report.event_type).title};
  f.title = report.kind == ReportKind::entity
                ? "Microsoft Entra ID Protection has " + who + " at risk."
                : "Microsoft Entra ID Protection reports for " + who + ": " + what + " (" + rule.alert.id + ").";
  Check check;
  check.check = "risk level that Microsoft Entra ID Protection gives";
  check.actual = std::string{level_word(report)};
  check.op = CheckOp::ne;
  check.limit = std::string{"none"};
  f.why.push_back(std::move(check));
  f.evidence.push_back(evidence_of_report(report, source));
  f.first_seen = report.event_time;
  f.last_seen = report.event_time;
  f.pinned = std::any_of(std::begin(kWords), std::end(kWords), [&](const Word& w) { return w.pinned && w.word == rule.alert.id; });
  return f;
}

}  // namespace bartizan
