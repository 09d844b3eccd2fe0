#include "engine/risk/score.h"

#include <algorithm>
#include <array>

#include "engine/model/check.h"
#include "engine/model/detmath.h"

namespace bartizan::risk {

namespace {

struct Family {
  std::string_view name;
  double sum = 0;
  double largest = 0;
};

double decayed(double exponent, Duration age, Duration half_life) {
  if (age.count() <= 0) return exponent;
  return exponent * detmath::exp2(-(static_cast<double>(age.count()) / static_cast<double>(half_life.count())));
}

bool deserves_bonus(std::span<const Term> terms) {
  for (const Term& first : terms) {
    std::array<std::string_view, kBonusFamilies> seen;
    std::size_t count = 0;
    for (const Term& t : terms) {
      if (t.at < first.at || t.at - first.at > kBonusSpan) continue;
      if (std::find(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(count), t.family) !=
          seen.begin() + static_cast<std::ptrdiff_t>(count)) {
        continue;
      }
      seen[count++] = t.family;
      if (count == kBonusFamilies) return true;
    }
  }
  return false;
}

std::size_t active_terms(std::span<const Part> parts, Time t, std::array<Term, kContributionsMax>& terms) {
  BARTIZAN_CHECK(parts.size() <= kContributionsMax);
  std::size_t n = 0;
  for (const Part& p : parts) {
    if (p.active(t)) terms[n++] = Term{p.family, p.exponent(t), p.newest};
  }
  return n;
}

}  // namespace

double exponent_of(double confidence) { return -detmath::log1p(-std::clamp(confidence, 0.0, kConfidenceMax)); }

ScoreTenths score_of(double exponent) {
  return static_cast<ScoreTenths>(detmath::round_half_away(1000.0 * (1.0 - detmath::exp(-exponent))));
}

double combine(std::span<const Term> terms, double bonus) {
  BARTIZAN_CHECK(terms.size() <= kContributionsMax);
  std::array<Family, kContributionsMax> families;
  std::size_t n = 0;
  for (const Term& t : terms) {
    std::size_t i = 0;
    while (i < n && families[i].name != t.family) ++i;
    if (i == n) families[n++].name = t.family;
    families[i].sum += t.exponent;
    families[i].largest = std::max(families[i].largest, t.exponent);
  }
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) total += std::min(families[i].sum, 2.0 * families[i].largest);
  return n >= kBonusFamilies && deserves_bonus(terms) ? total * bonus : total;
}

Time Part::expires() const { return pinned ? Time::max() : newest + half_life * kHorizonHalfLives; }

double Part::exponent(Time t) const {
  if (pinned) return pieces.front().exponent;
  return active(t) ? decayed(pieces.front().exponent, t - pieces.front().at, half_life) : 0.0;
}

void Part::renew(double exponent, Time t, std::uint64_t since, Duration new_half_life) {
  if (!pinned) {
    const bool other_pace = new_half_life != half_life;
    for (Piece& p : pieces) {
      const double now = decayed(p.exponent, t - p.at, half_life);
      if (other_pace) p = Piece{p.since, now, t};
    }
  }
  while (!pieces.empty()) {
    const Piece& last = pieces.back();
    if ((pinned ? last.exponent : decayed(last.exponent, t - last.at, half_life)) > exponent) break;
    pieces.pop_back();
  }
  if (pieces.empty() || pieces.back().since < since) pieces.push_back(Piece{since, exponent, t});
  if (pieces.size() > kPiecesMax) {  // the oldest two become one that lasts as long as the younger: risk is rather kept than lost
    pieces[0].since = pieces[1].since;
    pieces.erase(pieces.begin() + 1);
  }
  half_life = new_half_life;
  newest = t;
}

void Part::lower(double left, Time t) {
  const double less = exponent(t) - left;
  std::vector<Piece> lowered;
  for (const Piece& p : pieces) {
    const double now = pinned ? p.exponent : decayed(p.exponent, t - p.at, half_life);
    if (now > less) lowered.push_back(Piece{p.since, now - less, t});
  }
  pieces = std::move(lowered);
}

bool Part::forget(std::uint64_t revision) {
  std::erase_if(pieces, [&](const Piece& p) { return p.since <= revision; });
  return !pieces.empty();
}

ScoreTenths score_at(std::span<const Part> parts, double bonus, Time t) {
  std::array<Term, kContributionsMax> terms;
  const std::size_t n = active_terms(parts, t, terms);
  return score_of(combine(std::span{terms.data(), n}, bonus));
}

Time first_below(std::span<const Part> parts, double bonus, ScoreTenths limit, Time from) {
  if (score_at(parts, bonus, from) < limit) return from;
  Time below = from;
  for (const Part& p : parts) {
    if (!p.pinned) below = std::max(below, p.expires());
  }
  if (score_at(parts, bonus, below) >= limit) return Time::max();
  Time above = from;
  while (below - above > Duration{1}) {
    const Time middle = above + (below - above) / 2;
    (score_at(parts, bonus, middle) < limit ? below : above) = middle;
  }
  return below;
}

std::vector<Contribution> contributions_at(std::span<const Part> parts, Time t) {
  std::vector<Contribution> out;
  for (const Part& p : parts) {
    if (!p.active(t)) continue;
    Contribution c{p.rule_id, p.family, score_of(p.exponent(t)), p.newest, std::nullopt, p.alert_id};
    if (!p.pinned) c.expires = p.expires();
    out.push_back(std::move(c));
  }
  // The parts are sorted by rule and alert; a stable sort keeps that among equals.
  std::stable_sort(out.begin(), out.end(), [](const Contribution& a, const Contribution& b) { return a.score > b.score; });
  return out;
}

}  // namespace bartizan::risk
