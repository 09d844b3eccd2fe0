#include "engine/report/detection_book.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/model/bytes.h"
#include "engine/model/entity_bytes.h"

namespace bartizan {
namespace {

constexpr std::uint8_t kRowVersion = 1;
constexpr std::size_t kKeyIdsMax = 20;
constexpr std::size_t kReasonsMax = 16;
constexpr std::size_t kTechniquesCharacters = 256;

struct Row {
  RiskDetection shown;
  RiskLevel severity = RiskLevel::low;  // what `shown.level` is unless an admin confirmed it
  std::uint64_t count = 0;              // findings of the alert at its last revision
  bool closed = false;
  Time touched{};

  Time due() const { return closed ? touched + kDetectionKept : Time::max(); }
};

RiskLevel level_of_severity(Severity s) {
  return s >= Severity::high ? RiskLevel::high : s == Severity::medium ? RiskLevel::medium : RiskLevel::low;
}

std::string_view field_text(const Evidence& e, std::string_view name) {
  for (const auto& [field, value] : e.fields) {
    const auto* text = std::get_if<std::string>(&value);
    if (field == name && text != nullptr) return *text;
  }
  return {};
}

DetectionTiming timing_of(std::string_view word, bool real_time) {
  for (const auto t : {DetectionTiming::realtime, DetectionTiming::near_realtime, DetectionTiming::offline}) {
    if (word == to_word(t)) return t;
  }
  return !word.empty() ? DetectionTiming::not_defined : real_time ? DetectionTiming::near_realtime : DetectionTiming::offline;
}

std::string techniques_of(const Alert& a) {
  std::string out;
  for (const AttackRef& ref : a.attack) {
    if (ref.technique.empty() || out.size() + ref.technique.size() + 1 > kTechniquesCharacters) continue;
    if (!out.empty()) out += ',';
    out += ref.technique;
  }
  return out;
}

void describe_activity(RiskDetection& d, const Alert& a) {
  const Evidence& anchor = a.evidence.front();
  d.activity_time = anchor.time;
  d.entra_detection_id = field_text(anchor, kEntraDetectionField);
  if (const std::string_view source = field_text(anchor, kEntraSourceField); !source.empty()) d.source = source;
  // Without a sign-in the anchor is Entra's own id.
  d.request_id = d.entra_detection_id == anchor.event_id ? std::string{} : anchor.event_id;
  d.correlation_id = anchor.correlation_id;
  d.session_id = anchor.session_id;
  d.app_name = anchor.app.name;
  d.ip = anchor.ip;
  d.location = anchor.location;
  d.user_agent = anchor.user_agent;
}

void describe(RiskDetection& d, const Alert& a) {
  d.entity = a.entity;
  d.evidence = a.title;
  d.techniques = techniques_of(a);
  describe_activity(d, a);
  d.key_ids.clear();
  for (const Evidence& e : a.evidence) {
    const bool known = std::find(d.key_ids.begin(), d.key_ids.end(), e.credential_key_id) != d.key_ids.end();
    if (!e.credential_key_id.empty() && !known && d.key_ids.size() < kKeyIdsMax) d.key_ids.push_back(e.credential_key_id);
  }
  d.reasons.clear();
  for (const Check& c : a.why) {
    if (c.pass && d.reasons.size() < kReasonsMax) d.reasons.push_back(c.check);
  }
}

/// The plain texts, in the order of their encoding; one list for both directions.
template <class Detection, class Visit>
void each_text(Detection& d, Visit&& visit) {
  for (auto* text : {&d.id, &d.tenant_id, &d.rule_id, &d.source, &d.evidence, &d.request_id, &d.correlation_id, &d.session_id, &d.app_name, &d.ip,
                     &d.location.city, &d.location.state, &d.location.country, &d.user_agent, &d.entra_detection_id, &d.techniques}) {
    visit(*text);
  }
}

void write_list(ByteWriter& out, const std::vector<std::string>& list) {
  out.varint(list.size());
  for (const std::string& text : list) out.text(text);
}

std::vector<std::string> read_list(ByteReader& in, std::size_t most) {
  std::vector<std::string> list(read_count(in, most));
  for (std::string& text : list) text = read_string(in);
  return list;
}

std::string encode(const Row& row) {
  std::string bytes;
  ByteWriter out{bytes};
  const RiskDetection& d = row.shown;
  out.u8(kRowVersion);
  each_text(d, [&](const std::string& text) { out.text(text); });
  write_entity(out, d.entity);
  out.varint(d.revision);
  write_enum(out, d.level);
  write_enum(out, d.state);
  write_enum(out, d.detail);
  write_enum(out, d.timing);
  out.time(d.activity_time);
  out.time(d.detected_at);
  out.time(d.last_updated);
  out.u8(d.location.has_coordinates ? 1 : 0);
  out.f64(d.location.latitude);
  out.f64(d.location.longitude);
  write_list(out, d.key_ids);
  write_list(out, d.reasons);
  write_enum(out, row.severity);
  out.varint(row.count);
  out.u8(row.closed ? 1 : 0);
  out.time(row.touched);
  return bytes;
}

bool decode(std::string_view bytes, Row& row) {
  ByteReader in{bytes};
  if (in.u8() != kRowVersion) return false;
  RiskDetection& d = row.shown;
  each_text(d, [&](std::string& text) { text = read_string(in); });
  d.entity = read_entity(in);
  d.revision = in.varint();
  d.level = read_enum(in, RiskLevel::high);
  d.state = read_enum(in, RiskState::dismissed);
  d.detail = read_enum(in, RiskDetail::unknown_future_value);
  d.timing = read_enum(in, DetectionTiming::offline);
  d.activity_time = in.time();
  d.detected_at = in.time();
  d.last_updated = in.time();
  d.location.has_coordinates = read_bool(in);
  d.location.latitude = in.f64();
  d.location.longitude = in.f64();
  d.key_ids = read_list(in, kKeyIdsMax);
  d.reasons = read_list(in, kReasonsMax);
  row.severity = read_enum(in, RiskLevel::high);
  row.count = in.varint();
  row.closed = read_bool(in);
  row.touched = in.time();
  return in.ok() && in.at_end() && carries_risk(d.entity.type) && d.revision > 0;
}

std::string key_bytes(Key128 key) {
  std::string bytes;
  ByteWriter{bytes}.key(key);
  return bytes;
}

}  // namespace

struct DetectionBook::State {
  struct Slot {
    Row row;
    Time due = Time::max();
    std::size_t bytes = 0;
  };
  absl::flat_hash_map<Key128, Slot, Key128Hash> slots;  // by alert id; never iterated for output
  std::set<std::pair<Time, Key128>> closed;             // in (due, key) order
  std::set<Key128> dirty;
  std::size_t bytes = 0;
  std::uint64_t evictions = 0;

  void booked(Key128 key, Slot& slot) {
    if (slot.due != slot.row.due()) {
      if (slot.due != Time::max()) closed.erase({slot.due, key});
      slot.due = slot.row.due();
      if (slot.due != Time::max()) closed.insert({slot.due, key});
    }
    const std::size_t size = encode(slot.row).size();
    bytes += size - slot.bytes;
    slot.bytes = size;
    dirty.insert(key);
    if (closed.size() > kClosedDetectionsMax) {
      forget(closed.begin()->second);
      ++evictions;
    }
  }

  void forget(Key128 key) {
    const auto it = slots.find(key);
    if (it->second.due != Time::max()) closed.erase({it->second.due, key});
    bytes -= it->second.bytes;
    slots.erase(it);
    dirty.insert(key);
  }
};

DetectionBook::DetectionBook() : state_(std::make_unique<State>()) {}
DetectionBook::~DetectionBook() = default;

void DetectionBook::on_alert(const Alert& alert, bool real_time, DetectionSink& out) {
  const bool shown = alert.rule.mode == RuleMode::live && alert.suppression == Suppression::none;
  if (!shown || !carries_risk(alert.entity.type) || alert.severity < Severity::low || alert.evidence.empty()) return;
  const Key128 key = stable_hash128(alert.id);
  const auto [it, fresh] = state_->slots.try_emplace(key);
  Row& row = it->second.row;
  RiskDetection& d = row.shown;
  if (fresh) {
    d.id = alert.id;
    d.tenant_id = alert.tenant_id;
    d.rule_id = alert.rule.id;
    // An alert opened by an engine that wrote no detections: the count goes on from its revisions, so it never falls behind.
    d.revision = alert.revision - 1;
    d.detected_at = alert.detected_at;
    d.timing = timing_of(field_text(alert.evidence.front(), kEntraTimingField), real_time);
  }
  describe(d, alert);
  if (alert.count > row.count) {
    d.state = RiskState::at_risk;
    d.detail = RiskDetail::none;
  }
  row.count = alert.count;
  row.severity = level_of_severity(alert.severity);
  d.level = d.state == RiskState::confirmed_compromised ? RiskLevel::high : row.severity;
  row.closed = alert.state == AlertState::closed;
  row.touched = alert.last_updated;
  d.last_updated = alert.last_updated;
  ++d.revision;
  out.risk_detection(d);
  state_->booked(key, it->second);
}

void DetectionBook::on_state(std::string_view alert_id, RiskState state, RiskDetail detail, Time now, DetectionSink& out) {
  const Key128 key = stable_hash128(alert_id);
  const auto it = state_->slots.find(key);
  if (it == state_->slots.end()) return;
  Row& row = it->second.row;
  RiskDetection& d = row.shown;
  if (d.state == state && d.detail == detail) return;
  d.state = state;
  d.detail = detail;
  d.level = state == RiskState::confirmed_compromised ? RiskLevel::high : row.severity;
  d.last_updated = now;
  row.touched = now;
  ++d.revision;
  out.risk_detection(d);
  state_->booked(key, it->second);
}

Time DetectionBook::next_due() const { return state_->closed.empty() ? Time::max() : state_->closed.begin()->first; }

std::size_t DetectionBook::advance(Time now, std::size_t limit) {
  std::size_t handled = 0;
  while (handled < limit && next_due() <= now) {
    state_->forget(state_->closed.begin()->second);
    ++handled;
  }
  return handled;
}

std::uint64_t DetectionBook::evictions() const { return state_->evictions; }

void DetectionBook::save(RowSink& sink, bool all) const {
  std::set<Key128> every;
  if (all) {
    for (const auto& [key, slot] : state_->slots) every.insert(key);
  }
  for (const Key128& key : all ? every : state_->dirty) {
    const auto it = state_->slots.find(key);
    if (it == state_->slots.end()) sink.erase(key_bytes(key));
    else sink.put(key_bytes(key), encode(it->second.row));
  }
}

void DetectionBook::saved() { state_->dirty.clear(); }

bool DetectionBook::load(std::string_view name, std::string_view bytes) {
  ByteReader in{name};
  const Key128 key = in.key();
  Row row;
  if (!in.ok() || !in.at_end() || !decode(bytes, row) || key != stable_hash128(row.shown.id)) return false;
  State::Slot& slot = state_->slots[key];
  slot.row = std::move(row);
  state_->booked(key, slot);
  state_->dirty.erase(key);
  return true;
}

std::size_t DetectionBook::bytes() const { return state_->bytes; }
std::size_t DetectionBook::rows() const { return state_->slots.size(); }

}  // namespace bartizan
