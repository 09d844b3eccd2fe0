#pragma once
// A small world around an AlertBook.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/check.h"
#include "engine/report/alert_book.h"

namespace bartizan::test {

inline const std::string kTenant = "3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21";
inline const Time kStart = time_from_ms(1'772'442'000'000);  // 2026-03-02T09:00:00Z
constexpr Duration kMinute = std::chrono::minutes{1};
constexpr Duration kHour = std::chrono::hours{1};

inline Rule make_rule(std::string id, RuleMode mode = RuleMode::live) {
  Rule r;
  r.alert.id = std::move(id);
  r.alert.title = "A rule";
  r.alert.version = 1;
  r.alert.hash = std::string(64, 'a');
  r.alert.mode = mode;
  r.attack = {{"TA0001", "T1078.004"}};
  r.family = "travel";
  r.labels = {{"team", "identity"}, {"area", "sign-in"}};
  r.dedup_window = 6 * kHour;
  r.risk_half_life = 72 * kHour;
  r.risk = {0.03, 0.15, 0.35};
  return r;
}

inline Entity make_entity(EntityType type, std::string id) {
  Entity e;
  e.type = type;
  e.id = std::move(id);
  return e;
}

inline Evidence make_evidence(const std::string& event, Time at, const std::string& ip = "192.0.2.1") {
  Evidence e;
  e.event_id = event;
  e.time = at;
  e.ip = ip;
  e.asn = 64496;
  e.location.country = "PT";
  e.user_agent = "Mozilla/5.0";
  e.result = EvidenceResult{0, "success", ""};
  e.source.input = "signins";
  e.source.topic = "signins";
  e.source.offset = 1;
  e.source.timestamp = at;
  return e;
}

inline Finding make_finding(Entity entity, const std::string& event, Time at, Severity severity = Severity::medium) {
  Finding f;
  f.entity = std::move(entity);
  f.severity = severity;
  f.confidence = 0.35;
  f.title = "Something happened at " + event + ".";
  f.why = {Check{"distance", 11879.0, CheckOp::gt, 500.0, "km", std::nullopt, true}};
  f.evidence = {make_evidence(event, at)};
  return f;
}

struct AlertLog : AlertSink {
  std::vector<Alert> alerts;
  void alert(const Alert& a) override { alerts.push_back(a); }
  const Alert& last() const {
    BARTIZAN_CHECK(!alerts.empty());
    return alerts.back();
  }
};

/// A stand-in for the ledger with sums that are easy to see: each finding adds 10 points.
struct TenPoints : RiskApplier {
  std::map<std::string, ScoreTenths> scores;
  std::vector<std::string> asked;
  RiskEffect apply(const Rule& rule, const Finding& f, std::string_view alert_id) override {
    asked.emplace_back(alert_id);
    RiskEffect effect;
    effect.score_before = scores[f.entity.id];
    effect.score_after = std::min(1000, effect.score_before + 100);
    effect.level_before = level_of(effect.score_before);
    effect.level_after = level_of(effect.score_after);
    Contribution c;
    c.rule_id = rule.alert.id;
    c.family = rule.family;
    c.score = effect.score_after;
    c.at = kStart;
    c.expires = kStart + 7 * rule.risk_half_life;
    c.alert_id = alert_id;
    effect.contributions = {c};
    scores[f.entity.id] = effect.score_after;
    return effect;
  }
};

/// A book with both clocks.
struct BookBench {
  std::shared_ptr<RuleSet> settings = std::make_shared<RuleSet>();
  AlertBook book{kTenant, settings};
  TenPoints risk;
  AlertLog out;
  Time now = kStart;
  Time watermark = kStart - 15 * kMinute;

  void see(const Rule& rule, Finding f) { book.observe(rule, std::move(f), now, risk, out); }
  /// Ticks: both clocks go on together.
  void wait(Duration span, Duration step = kMinute) {
    const Time end = now + span;
    while (now < end) {
      const Duration d = std::min(step, end - now);
      now += d;
      watermark += d;
      while (book.due(now, watermark)) book.advance(now, watermark, 100, out);
    }
  }
};

struct RowMap : RowSink {
  std::map<std::string, std::string, std::less<>> rows;
  void put(std::string_view key, std::string_view bytes) override { rows[std::string{key}] = bytes; }
  void erase(std::string_view key) override { rows.erase(std::string{key}); }
};

struct Random {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
};

}  // namespace bartizan::test
