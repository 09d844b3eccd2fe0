#include "engine/pipeline/tenant_state.h"

#include <algorithm>

#include "engine/model/bytes.h"
#include "engine/model/check.h"

namespace bartizan {
namespace {

constexpr std::uint8_t kFormat = 1;

/// Adds a prefix to the keys of one part.
class PrefixSink final : public RowSink {
 public:
  PrefixSink(TableSink& sink, StateTable table, std::string prefix)
      : sink_(sink), table_(table), prefix_size_(prefix.size()), key_(std::move(prefix)) {}
  void put(std::string_view key, std::string_view bytes) override {
    BARTIZAN_CHECK(bytes.size() <= kStateRowBytesMax);
    sink_.put(table_, full(key), bytes);
  }
  void erase(std::string_view key) override { sink_.erase(table_, full(key)); }

 private:
  std::string_view full(std::string_view key) {
    key_.resize(prefix_size_);
    key_ += key;
    return key_;
  }
  TableSink& sink_;
  StateTable table_;
  std::size_t prefix_size_;
  std::string key_;
};

/// Collects what a part would write.
class CollectingSink final : public RowSink {
 public:
  void put(std::string_view key, std::string_view bytes) override { rows.emplace_back(key, bytes); }
  void erase(std::string_view key) override { erased.emplace_back(key); }
  std::vector<std::pair<std::string, std::string>> rows;
  std::vector<std::string> erased;
};

bool same_parameters(const Rule& a, const Rule& b) {
  const auto specs = a.parameters.specs();
  if (specs.size() != b.parameters.specs().size()) return false;
  return std::all_of(specs.begin(), specs.end(), [&](const ParameterSpec& s) {
    return a.parameters.number(s.name) == b.parameters.number(s.name);
  });
}

bool same_state(const Rule& a, const Rule& b) {
  return a.alert.id == b.alert.id && a.type != nullptr && b.type != nullptr && a.type->id == b.type->id &&
         a.type->state_version == b.type->state_version;
}

}  // namespace

TenantState::TenantState(std::string id, std::shared_ptr<const RuleSet> rules)
    : recent_ids(rules->settings.remember_ids), profiles(rules->settings.rows_max_per_table), ledger(id, rules), alerts(id, rules), id_(std::move(id)), rules_(std::move(rules)) {
  for (const Rule& rule : rules_->rules) running.push_back(RunningRule{&rule, make_detector(rule), nullptr, false});
}

std::unique_ptr<Detector> TenantState::make_detector(const Rule& rule) const {
  if (rule.type == nullptr || rule.type->make == nullptr) return nullptr;
  auto detector = rule.type->make(rule.parameters);
  detector->bound_rows(rules_->settings.rows_max_per_table);
  return detector;
}

std::string TenantState::detector_prefix(const Rule& rule) const {
  std::string prefix;
  ByteWriter w{prefix};
  w.text(id_);
  w.text(rule.alert.id);
  w.u32(rule.type->state_version);
  return prefix;
}

void TenantState::set_rules(std::shared_ptr<const RuleSet> rules) {
  const std::shared_ptr<const RuleSet> before = std::exchange(rules_, std::move(rules));  // old rules live until the end of this
  std::vector<RunningRule> old = std::exchange(running, {});
  for (const Rule& rule : rules_->rules) {
    RunningRule now{&rule, nullptr, nullptr, false};
    const auto same = std::find_if(old.begin(), old.end(), [&](const RunningRule& r) { return r.detector && same_state(*r.rule, rule); });
    if (same == old.end()) {
      now.detector = make_detector(rule);
    } else if (same_parameters(*same->rule, rule)) {
      now.detector = std::move(same->detector);
      now.save_all = same->save_all;
      now.detector->bound_rows(rules_->settings.rows_max_per_table);
    } else {
      CollectingSink state;
      same->detector->save(state, true);
      now.detector = make_detector(rule);
      for (const auto& [key, bytes] : state.rows) BARTIZAN_CHECK(now.detector->load(key, bytes));
      now.save_all = true;
    }
    running.push_back(std::move(now));
  }
  for (const RunningRule& r : old) retire(r);
  recent_ids.set_horizon(rules_->settings.remember_ids);
  profiles.bound_rows(rules_->settings.rows_max_per_table);
  ledger.set_rules(rules_);
  alerts.set_rules(rules_);
}

// Every key that may stand in the last checkpoint is erased by the next one. A row put by a successor under the same key comes later
// in save() and wins.
void TenantState::retire(const RunningRule& old) {
  if (!old.detector) return;
  CollectingSink state;
  old.detector->save(state, false);
  old.detector->save(state, true);
  const std::string prefix = detector_prefix(*old.rule);
  for (const auto& row : state.rows) pending_erase_.push_back(prefix + row.first);
  for (const std::string& key : state.erased) pending_erase_.push_back(prefix + key);
  std::sort(pending_erase_.begin(), pending_erase_.end());
  pending_erase_.erase(std::unique(pending_erase_.begin(), pending_erase_.end()), pending_erase_.end());
}

void TenantState::bind_stats(DetectStats& stats) {
  for (RunningRule& r : running) r.stats = &stats.rules.of(r.rule->alert.id);
}

void TenantState::save(TableSink& sink, bool all) const {
  if (all || is_new_) {
    std::string row;
    ByteWriter{row}.u8(kFormat);
    sink.put(StateTable::tenant, id_, row);
  }
  for (const std::string& key : pending_erase_) sink.erase(StateTable::detector, key);
  std::string prefix;
  ByteWriter{prefix}.text(id_);
  const auto save_part = [&](StateTable table, const StatePart& part) {
    PrefixSink rows{sink, table, prefix};
    part.save(rows, all);
  };
  save_part(StateTable::recent_ids, recent_ids);
  save_part(StateTable::profiles, profiles);
  save_part(StateTable::ledger, ledger);
  save_part(StateTable::alert_book, alerts);
  save_part(StateTable::risk_detections, detections);
  for (const RunningRule& r : running) {
    if (!r.detector) continue;
    PrefixSink rows{sink, StateTable::detector, detector_prefix(*r.rule)};
    r.detector->save(rows, all || r.save_all);
  }
}

void TenantState::saved() {
  is_new_ = false;
  pending_erase_.clear();
  recent_ids.saved();
  profiles.saved();
  ledger.saved();
  alerts.saved();
  detections.saved();
  for (RunningRule& r : running) {
    r.save_all = false;
    if (r.detector) r.detector->saved();
  }
}

bool TenantState::load(StateTable table, std::string_view key, std::string_view bytes) {
  switch (table) {
    case StateTable::tenant:
      is_new_ = false;
      return bytes.size() == 1 && static_cast<std::uint8_t>(bytes[0]) == kFormat;
    case StateTable::recent_ids: return recent_ids.load(key, bytes);
    case StateTable::profiles: return profiles.load(key, bytes);
    case StateTable::ledger: return ledger.load(key, bytes);
    case StateTable::alert_book: return alerts.load(key, bytes);
    case StateTable::risk_detections: return detections.load(key, bytes);
    case StateTable::detector: break;
    case StateTable::shard:
    case StateTable::sources: return false;
  }
  ByteReader r{key};
  const std::string_view rule_id = r.text();
  const std::uint32_t version = r.u32();
  if (!r.ok()) return false;
  const std::string_view rest = key.substr(key.size() - r.left());
  for (RunningRule& rule : running) {
    if (!rule.detector || rule.rule->alert.id != rule_id || rule.rule->type->state_version != version) continue;
    return rule.detector->load(rest, bytes);
  }
  // Written by an engine whose detector had another state version: this rule starts afresh here, and the row goes away.
  std::string full;
  ByteWriter w{full};
  w.text(id_);
  full += key;
  pending_erase_.push_back(std::move(full));
  return true;
}

std::size_t TenantState::bytes() const {
  std::size_t n = recent_ids.bytes() + profiles.bytes() + ledger.bytes() + alerts.bytes() + detections.bytes();
  for (const RunningRule& r : running) n += r.detector ? r.detector->bytes() : 0;
  return n;
}

std::size_t TenantState::rows() const {
  std::size_t n = recent_ids.rows() + profiles.rows() + ledger.rows() + alerts.rows() + detections.rows();
  for (const RunningRule& r : running) n += r.detector ? r.detector->rows() : 0;
  return n;
}

}  // namespace bartizan
