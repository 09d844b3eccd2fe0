#include "engine/risk/sign_in_row.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "engine/model/check.h"
#include "engine/risk/row_codec.h"
#include "engine/risk/score.h"

namespace bartizan::risk {

namespace {

/// Score of the detections (all, or the real-time ones), summed in the order of rule, alert and entity.
ScoreTenths score_of_detections(const SignInRow& row, bool real_time_only) {
  std::array<const Detection*, kDetectionsMax> sorted;
  std::size_t n = 0;
  for (const Detection& d : row.detections) {
    if (!real_time_only || d.shown.real_time) sorted[n++] = &d;
  }
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(n);
  std::sort(sorted.begin(), end, [](const Detection* a, const Detection* b) {
    return std::tie(a->shown.rule_id, a->shown.alert_id, a->entity_id) < std::tie(b->shown.rule_id, b->shown.alert_id, b->entity_id);
  });
  std::array<Term, kContributionsMax> terms;
  static_assert(kDetectionsMax <= kContributionsMax);
  for (std::size_t i = 0; i < n; ++i) terms[i] = Term{sorted[i]->family, sorted[i]->exponent, sorted[i]->shown.at};
  return score_of(combine(std::span{terms.data(), n}, row.bonus));
}

void judge(SignInRow& row) {
  if (row.confirmed()) {
    row.score = score_of(kConfirmedExponent);
    row.level = RiskLevel::high;
    return;
  }
  row.score = score_of_detections(row, false);
  row.level = level_of(row.score);
  if (row.level != RiskLevel::none) {
    row.state = RiskState::at_risk;
    row.detail = RiskDetail::none;
  } else if (row.state == RiskState::at_risk) {
    row.state = RiskState::none;
    row.detail = RiskDetail::none;
  }
}

bool shown_before(const Detection& a, const Detection& b) {
  if (a.shown.level != b.shown.level) return a.shown.level > b.shown.level;
  return std::tie(a.shown.at, a.shown.rule_id, a.shown.alert_id, a.entity_id) <
         std::tie(b.shown.at, b.shown.rule_id, b.shown.alert_id, b.entity_id);
}

bool knows(const ForgetWhich& which, const Detection& d) {
  if (which.entity != nullptr && (d.entity_type != which.entity->type || d.entity_id != which.entity->id)) return false;
  if (which.revision && d.since > *which.revision) return false;
  return !which.entity_revision || d.entity_since <= *which.entity_revision;
}

}  // namespace

void detect(SignInRow& row, Detection&& detection, Time now) {
  row.touched = now;
  const auto same = std::find_if(row.detections.begin(), row.detections.end(), [&](const Detection& d) {
    return d.shown.alert_id == detection.shown.alert_id && d.shown.rule_id == detection.shown.rule_id &&
           d.entity_type == detection.entity_type && d.entity_id == detection.entity_id;
  });
  if (same != row.detections.end()) {
    same->entity_since = detection.entity_since;
    if (detection.exponent <= same->exponent && detection.shown.level <= same->shown.level) return;
    detection.exponent = std::max(detection.exponent, same->exponent);
    detection.shown.level = std::max(detection.shown.level, same->shown.level);
    detection.shown.real_time = detection.shown.real_time || same->shown.real_time;
    row.detections.erase(same);
  }
  const bool real_time = detection.shown.real_time;
  row.detections.insert(std::lower_bound(row.detections.begin(), row.detections.end(), detection, shown_before), std::move(detection));
  if (row.detections.size() > kDetectionsMax) row.detections.pop_back();
  if (real_time && !row.frozen) row.during = std::max(row.during, level_of(score_of_detections(row, true)));
  judge(row);
  changed(row, now);
}

std::vector<Detection> forget(SignInRow& row, const ForgetWhich& which) {
  std::vector<Detection> left, gone;
  for (Detection& d : row.detections) (knows(which, d) ? gone : left).push_back(std::move(d));
  row.detections = std::move(left);
  return gone;
}

void reassess(SignInRow& row, RiskState state, RiskDetail detail, Time now) {
  row.state = state;
  row.detail = detail;
  judge(row);
  row.touched = now;
  changed(row, now);
}

void decide(SignInRow& row, RiskState state, RiskDetail detail, const Verdict& verdict, Time now) {
  reassess(row, state, detail, now);
  row.verdict = verdict;
  row.verdict_revision = row.coming_revision();
}

void changed(SignInRow& row, Time now) {
  if (!row.visible()) return;
  row.emit = true;
  row.changed_at = now;
}

RiskySignIn publish(SignInRow& row, std::string_view tenant_id) {
  BARTIZAN_CHECK(row.emit);
  row.emit = false;
  ++row.revision;
  RiskySignIn out;
  out.tenant_id = tenant_id;
  out.revision = row.revision;
  out.last_updated = row.changed_at;
  out.entity = row.entity;
  BARTIZAN_CHECK(decode_summary(row.summary, out.sign_in));
  out.score = row.score;
  out.level_during_sign_in = row.during;
  out.level_aggregated = row.level;
  out.state = row.state;
  out.detail = row.detail;
  for (const Detection& d : row.detections) out.detections.push_back(d.shown);
  out.verdict = row.verdict;
  return out;
}

}  // namespace bartizan::risk
