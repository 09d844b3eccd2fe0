#pragma once
// A small world around a RiskLedger: rules, findings, sign-ins, commands, and what it wrote.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/detect/rule_set.h"
#include "engine/model/alert.h"
#include "engine/model/check.h"
#include "engine/risk/ledger.h"

namespace bartizan::test {

inline const std::string kTenant = "3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21";
inline const Time kStart = time_from_ms(1'772'442'000'000);  // 2026-03-02T09:00:00Z
constexpr Duration kMinute = std::chrono::minutes{1};
constexpr Duration kHour = std::chrono::hours{1};
constexpr Duration kDay = std::chrono::hours{24};

inline Rule make_rule(std::string id, std::string family, Duration half_life = 3 * kDay) {
  Rule r;
  r.alert.id = std::move(id);
  r.alert.title = "A rule";
  r.alert.version = 1;
  r.alert.hash = std::string(64, 'a');
  r.family = std::move(family);
  r.dedup_window = 6 * kHour;
  r.risk_half_life = half_life;
  r.risk = {0.03, 0.15, 0.35};
  return r;
}

inline std::shared_ptr<const RuleSet> make_rules() {
  auto set = std::make_shared<RuleSet>();
  set->bundle_hash = std::string(64, 'b');
  return set;
}

inline Entity make_entity(EntityType type, std::string id) {
  Entity e;
  e.type = type;
  e.id = std::move(id);
  return e;
}

/// Texts of a sign-in outlive it here.
struct OwnedSignIn {
  std::string id_text;
  SignIn e;
};

inline std::unique_ptr<OwnedSignIn> make_sign_in(const std::string& id, const std::string& who, EntityType type = EntityType::user) {
  auto s = std::make_unique<OwnedSignIn>();
  s->id_text = id + '\n' + who;
  const std::string_view all{s->id_text};
  s->e.id = Id::from(all.substr(0, id.size()));
  const Id actor = Id::from(all.substr(id.size() + 1));
  if (type == EntityType::user) s->e.user_id = actor;
  else s->e.service_principal_id = actor;
  if (type == EntityType::agent) s->e.flags = kFlagAgent;
  s->e.category = type == EntityType::user               ? SignInCategory::interactive_user
                  : type == EntityType::managed_identity ? SignInCategory::managed_identity
                                                         : SignInCategory::service_principal;
  s->e.tenant_id = Id::from(kTenant);
  s->e.event_time = kStart;
  return s;
}

struct Written : RiskSink {
  std::vector<RiskyEntity> entities;
  std::vector<RiskySignIn> sign_ins;
  std::vector<std::string> gone;
  std::vector<RiskLevel> facts;
  std::vector<std::string> order;

  void risky_entity(const RiskyEntity& row) override {
    entities.push_back(row);
    order.push_back("entity " + row.entity.id + ":" + std::to_string(row.revision));
  }
  void risky_entity_gone(std::string_view, EntityType, std::string_view id) override {
    gone.emplace_back(id);
    order.push_back("gone " + std::string{id});
  }
  void risky_sign_in(const RiskySignIn& row) override {
    sign_ins.push_back(row);
    order.push_back("sign_in " + row.sign_in.id + ":" + std::to_string(row.revision));
  }
  void risky_sign_in_gone(std::string_view, std::string_view id) override {
    gone.emplace_back(id);
    order.push_back("gone " + std::string{id});
  }
  void fact(const Fact& fact) override {
    facts.push_back(fact.level);
    order.push_back("fact " + fact.id.str() + " " + std::string{to_word(fact.level)});
  }
  const RiskyEntity& last() const {
    BARTIZAN_CHECK(!entities.empty());
    return entities.back();
  }
};

/// A ledger with a clock. Each call is one step: it ends with a flush.
struct LedgerBench {
  std::shared_ptr<const RuleSet> rules = make_rules();
  RiskLedger ledger{kTenant, rules};
  Written out;
  Time now = kStart;
  std::uint64_t commands = 0;

  RiskEffect find(const Rule& rule, const Entity& entity, double confidence, const std::string& alert = "A1",
                  const SignIn* sign_in = nullptr, bool real_time = true, Severity severity = Severity::medium, bool pinned = false) {
    Finding f;
    f.entity = entity;
    f.severity = severity;
    f.confidence = confidence;
    f.pinned = pinned;
    LedgerFinding lf;
    lf.rule = &rule;
    lf.finding = &f;
    lf.alert_id = alert;
    lf.sign_in = sign_in;
    lf.real_time = real_time;
    const RiskEffect effect = ledger.apply(lf, now - kMinute, now);
    ledger.flush(out);
    return effect;
  }
  /// Advances to `to` in steps of at most `step`, as ticks would.
  void wait(Duration span, Duration step = 15 * kMinute) {
    const Time end = now + span;
    while (now < end) {
      now = std::min(end, now + step);
      while (ledger.advance(now, 100) > 0) {}
      ledger.flush(out);
    }
  }
  CommandOutcome command(CommandAction action, CommandTarget target, const std::string& id,
                         std::optional<std::uint64_t> revision = std::nullopt, std::uint64_t number = 0) {
    Command c;
    c.id = Id::from_guid(1, number != 0 ? number : ++commands);
    c.tenant_id = Id::from(kTenant);
    c.action = action;
    c.target = target;
    c.target_id = Id::from(id);
    c.author = "soc@example.com";
    c.at = now;
    c.decided_on_revision = revision;
    const CommandOutcome outcome = ledger.apply(c, now);
    ledger.flush(out);
    return outcome;
  }
};

struct RowMap : RowSink {
  std::map<std::string, std::string, std::less<>> rows;
  void put(std::string_view key, std::string_view bytes) override { rows[std::string{key}] = bytes; }
  void erase(std::string_view key) override { rows.erase(std::string{key}); }
};

/// Small reproducible generator.
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
