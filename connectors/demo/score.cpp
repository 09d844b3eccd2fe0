#include "connectors/demo/score.h"

#include <algorithm>

#include "connectors/demo/records.h"
#include "engine/model/id.h"

namespace bartizan::demo {

void Score::record(const Draft& d) {
  if (d.campaign == 0) return;
  events_[d.id.lo] = d.campaign;
  Injected& what = injected_[d.campaign - 1];
  if (what.first_published == 0) what.first_published = d.published_ms;
  if (what.near_miss) return;
  std::string id;
  append_guid(id, d.has_user ? d.user_id : d.principal_id);
  victims_[id] = true;
}

const Injected* Score::alert(const AlertLine& a) {
  if (a.state == "suppressed") return nullptr;
  std::size_t number = 0;
  for (const std::string& event : a.evidence) {
    std::uint64_t hi = 0, lo = 0;
    if (number != 0 || !parse_guid(event, hi, lo)) continue;
    if (const auto found = events_.find(lo); found != events_.end()) number = found->second;
  }
  Background& known = alerts_[a.id];
  known.severity = std::max(known.severity, a.severity);
  if (a.severity >= Severity::medium) known.text = format_time(a.first_seen).substr(0, 16) + " " + a.rule + " " + a.entity_name + ": " + a.title;
  // What an attack leaves behind in a victim's profile may raise more alerts about the victim: not false, not counted as found either.
  known.about_injected = known.about_injected || number != 0 || victims_.contains(a.entity_id);
  if (number == 0 || a.severity < Severity::low) return nullptr;
  Injected& what = injected_[number - 1];
  if (what.near_miss || a.rule == what.rule) {
    if (!what.alerted) what.alerted_at = to_ms(a.detected_at);
    what.alerted = true;
    what.severity = std::max(what.severity, a.severity);
  }
  return &what;
}

Score::Sum Score::sum() const {
  Sum s;
  for (const Injected& i : injected_) {
    ++(i.near_miss ? s.near_misses : s.injected);
    if (i.near_miss) s.silent += !i.alerted;
    if (!i.near_miss) s.detected += i.alerted;
  }
  for (const auto& [id, a] : alerts_) {
    if (a.about_injected || a.severity < Severity::low) continue;
    ++(a.severity >= Severity::medium ? s.false_medium : s.false_low);
  }
  return s;
}

std::vector<std::string> Score::false_alerts() const {
  std::vector<std::string> out;
  for (const auto& [id, a] : alerts_) {
    if (!a.about_injected && a.severity >= Severity::medium) out.push_back(a.text);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace bartizan::demo
