#include "engine/report/alert_row.h"

#include <algorithm>

#include "engine/detect/finding_confidence.h"
#include "engine/model/check.h"
#include "engine/model/detmath.h"
#include "engine/model/hash.h"
#include "engine/report/alert_codec.h"
#include "engine/report/evidence.h"

namespace bartizan::report {

namespace {

std::int32_t percent_of(const Rule& rule, const Finding& f) {
  return static_cast<std::int32_t>(detmath::round_half_away(100.0 * confidence_of(rule, f)));
}

/// Who found it first of us stays: a report of Entra's that joins our own alert does not make it Entra's.
void describe_rule(Alert& a, const Rule& rule) {
  if (rule.alert.source == RuleSource::entra && !a.rule.id.empty() && a.rule.source != RuleSource::entra) return;
  a.rule = rule.alert;
  a.attack = rule.attack;
  if (a.attack.size() > kAttackMax) a.attack.resize(kAttackMax);
  a.labels = rule.labels;
  std::sort(a.labels.begin(), a.labels.end());
  if (a.labels.size() > kLabelsMax) a.labels.resize(kLabelsMax);
}

void bound_checks(std::vector<Check>& why) {
  if (why.size() > kWhyMax) why.resize(kWhyMax);
  std::string bytes;
  std::size_t keep = 0;
  for (; keep < why.size(); ++keep) {
    clip(why[keep].actual);
    clip(why[keep].limit);
    if (why[keep].usual) clip(*why[keep].usual);
    ByteWriter out{bytes};
    write_check(out, why[keep]);
    if (keep > 0 && bytes.size() > kWhyBytesMax) break;
  }
  why.resize(keep);
}

void count_events(AlertRow& row, const std::vector<Evidence>& evidence) {
  for (const Evidence& e : evidence) {
    const std::uint64_t h = stable_hash64(e.event_id);
    if (std::find(row.events.begin(), row.events.end(), h) != row.events.end()) continue;
    if (row.events.size() >= kEventsRemembered) row.events.erase(row.events.begin());
    row.events.push_back(h);
    ++row.events_total;
  }
}

}  // namespace

void AlertRow::merge(const Rule& rule, Finding&& f) {
  BARTIZAN_CHECK(!f.evidence.empty());
  const bool opens = alert.evidence.empty();
  const std::int32_t confidence = percent_of(rule, f);
  Time first = f.evidence.front().time, last = first;
  for (const Evidence& e : f.evidence) {
    first = std::min(first, e.time);
    last = std::max(last, e.time);
  }
  first = f.first_seen.value_or(first);
  last = f.last_seen.value_or(last);
  alert.first_seen = opens ? first : std::min(alert.first_seen, first);
  alert.last_seen = opens ? last : std::max(alert.last_seen, last);
  alert.count = opens ? 1 : alert.count + 1;
  window = rule.dedup_window;
  describe_rule(alert, rule);
  // The words are those of the gravest finding, the newest of equals: a later, lesser one does not talk a validated password away.
  if (opens || f.severity >= alert.severity) {
    alert.confidence = opens || f.severity > alert.severity ? confidence : std::max(alert.confidence, confidence);
    alert.severity = f.severity;
    alert.title = std::move(f.title);
    alert.why = std::move(f.why);
    bound_checks(alert.why);
  }
  if (f.campaign) {
    if (f.campaign->targets.size() > kCampaignTargetsMax) f.campaign->targets.resize(kCampaignTargetsMax);
    alert.campaign = std::move(f.campaign);
  }
  alert.suppression = f.suppression;
  alert.suppressed_by = std::move(f.suppressed_by);
  if (opens) alert.entity = std::move(f.entity);
  claimed_total = std::max(claimed_total, f.evidence_total);
  count_events(*this, f.evidence);
  alert.evidence_total = std::max(events_total, claimed_total);
  merge_evidence(alert.evidence, std::move(f.evidence));
}

void AlertRow::add_risk(RiskEffect&& effect) {
  if (waiting && alert.risk) {
    effect.score_before = alert.risk->score_before;
    effect.level_before = alert.risk->level_before;
  }
  alert.risk = std::move(effect);
}

bool AlertRow::has_related(std::string_view id) const {
  return std::any_of(alert.related.begin(), alert.related.end(), [&](const RelatedAlert& r) { return r.alert_id == id; });
}

bool AlertRow::relate(std::string_view id, std::string_view reason) {
  if (has_related(id) || alert.related.size() >= kRelatedMax) return false;
  alert.related.push_back(RelatedAlert{std::string{id}, std::string{reason}});
  return true;
}

}  // namespace bartizan::report
