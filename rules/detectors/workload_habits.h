#pragma once
// What a machine identity usually does, and how surprising something new is: set novelty per identity (algorithms.md 4.2).

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/detect/event_note.h"
#include "engine/detect/window.h"
#include "engine/model/bytes.h"
#include "engine/model/detmath.h"
#include "engine/model/finding.h"
#include "engine/model/sign_in.h"

namespace bartizan {

/// Hours since 2010-01-01 UTC, from 1; 0 is "never".
using Hour = std::uint32_t;
constexpr Hour hour_of(Time t) {
  const std::int64_t h = (to_ms(t) - to_ms(kEarliestEventTime)) / 3'600'000 + 1;
  return h <= 0 ? 0 : static_cast<Hour>(h);
}
constexpr Time end_of_hour(Hour h) { return kEarliestEventTime + std::chrono::hours{static_cast<std::int64_t>(h)}; }

/// Hashes of what is compared; 0 is "unknown".
inline std::uint32_t nonzero(std::uint64_t h) {
  const auto v = static_cast<std::uint32_t>(h ^ (h >> 32));
  return v != 0 ? v : 1;
}
inline std::uint32_t hash_of(const Id& id) { return id.empty() ? 0 : nonzero(id.key().lo); }
inline std::uint32_t hash_of(std::string_view text) { return text.empty() ? 0 : nonzero(stable_hash64(text, 71)); }
/// Resources whose reach makes even one use worth a look (application ids of Microsoft's documentation): Microsoft Graph, Azure Resource
/// Manager, Azure Key Vault, Exchange Online.
inline bool far_reaching(const Id& resource) {
  constexpr Id kIds[] = {Id::from_guid(0x0000000300000000ULL, 0xc000000000000000ULL), Id::from_guid(0x797f4846ba004fd7ULL, 0xba43dac1f8f63013ULL),
                         Id::from_guid(0xcfa8b33982a2471aULL, 0xa3c90fc0be7a4093ULL), Id::from_guid(0x0000000200000ff1ULL, 0xce00000000000000ULL)};
  return std::find(std::begin(kIds), std::end(kIds), resource) != std::end(kIds);
}
/// A user agent without its version numbers.
inline std::uint32_t client_hash(std::string_view user_agent) {
  std::string kept;
  for (const char c : user_agent) {
    if ((c < '0' || c > '9') && c != '.') kept.push_back(c);
  }
  return hash_of(kept);
}
/// Private and shared addresses say nothing about where a machine is, unless the record places them all the same.
inline bool says_place(const SignIn& e) { return !e.ip.empty() && (!e.ip.is_special() || e.location.country[0] != 0); }
inline std::uint32_t neighbourhood_hash(const SignIn& e) { return says_place(e) ? nonzero(e.ip.neighbourhood().key().lo) : 0; }
/// Who runs the network: the autonomous system, or where the record has none the /16 (IPv6: /32), which stands for it badly.
inline std::uint32_t network_hash(const SignIn& e) {
  if (e.asn != 0) return e.asn;
  return says_place(e) ? nonzero(e.ip.prefix(e.ip.family() == IpAddress::Family::v6 ? 32 : 16).key().lo) : 0;
}

/// The things of one kind that an identity uses, counted in sign-in hours. At most N are remembered; the one longest unseen goes first.
template <std::size_t N>
class Habit {
 public:
  struct Item {
    std::uint32_t hash = 0;
    Hour last = 0;            // 0: free
    std::uint16_t hours = 0;  // distinct hours seen
    Day suspect_until = 0;    // came with an alert: not a habit before this day
  };

  bool known(std::uint32_t hash, Day today) const {
    const Item* i = find(hash);
    return i != nullptr && i->suspect_until < today;
  }
  std::uint32_t hours_of(std::uint32_t hash) const {
    const Item* i = find(hash);
    return i != nullptr ? i->hours : 0;
  }
  /// Distinct things ever (aged), and the hours in which any was seen.
  std::uint32_t distinct() const { return distinct_; }
  std::uint32_t hours() const { return hours_; }

  /// Surprise in nats of seeing `hash` now: minus the logarithm of the estimated probability. What is unknown, and the first of its kind,
  /// surprises nobody.
  ///
  /// P(something new) = (changes + prior_changes) / (hours + changes + prior_hours), Witten and Bell's estimate. A change is an hour that
  /// brought something new, after the first hour: three resources asked for at once are one decision of somebody's. A rarely used thing
  /// surprises by what its probability is below e^-4. The prior is what is believed of an identity that was never watched.
  double surprise(std::uint32_t hash, Day today, double prior_changes = 0.5, double prior_hours = 1) const {
    if (hash == 0 || distinct_ == 0) return 0;
    const double changes = changes_;
    const double n = hours_;
    const Item* i = find(hash);
    if (i == nullptr || i->suspect_until >= today) return -detmath::log((changes + prior_changes) / (n + changes + prior_hours));
    return std::max(0.0, -detmath::log((i->hours + 0.5) / (n + changes + 1)) - 4);
  }

  /// Counts the thing in this hour (once; late hours are not counted). `suspect_until`: only for things that were not known.
  void see(std::uint32_t hash, Hour hour, Day suspect_until = 0) {
    if (hash == 0 || hour == 0) return;
    if (hour > last_hour_) {
      last_hour_ = hour;
      hours_ = saturating_add(hours_, std::uint16_t{1});
      if (hours_ >= kHoursMax) age();
    }
    Item* oldest = &items_[0];
    for (Item& i : items_) {
      if (i.last != 0 && i.hash == hash) {
        if (hour <= i.last) return;
        i.last = hour;
        i.hours = saturating_add(i.hours, std::uint16_t{1});
        return;
      }
      if (i.last < oldest->last || (i.last == oldest->last && i.hash < oldest->hash)) oldest = &i;
    }
    if (distinct_ != 0 && hour != last_change_) changes_ = saturating_add(changes_, std::uint16_t{1});
    last_change_ = hour;
    distinct_ = saturating_add(distinct_, std::uint16_t{1});
    *oldest = Item{hash, hour, 1, suspect_until};
  }

  /// A verdict says that all was well.
  void trust_all() {
    for (Item& i : items_) i.suspect_until = 0;
  }

  /// Countries and autonomous systems are their own hash: the known ones, most used first.
  std::vector<std::uint32_t> most_used(Day today) const {
    std::vector<Item> known;
    for (const Item& i : items_) {
      if (i.last != 0 && i.suspect_until < today) known.push_back(i);
    }
    std::sort(known.begin(), known.end(), [](const Item& a, const Item& b) { return a.hours != b.hours ? a.hours > b.hours : a.hash < b.hash; });
    std::vector<std::uint32_t> out;
    for (const Item& i : known) out.push_back(i.hash);
    return out;
  }

  void encode(ByteWriter& w) const {
    w.varint(distinct_);
    w.varint(hours_);
    w.varint(last_hour_);
    w.varint(changes_);
    w.varint(last_change_);
    for (const Item& i : items_) {
      w.varint(i.last);
      if (i.last == 0) continue;
      w.u32(i.hash);
      w.varint(i.hours);
      w.varint(i.suspect_until);
    }
  }
  bool decode(ByteReader& r) {
    distinct_ = static_cast<std::uint16_t>(r.varint());
    hours_ = static_cast<std::uint16_t>(r.varint());
    last_hour_ = static_cast<Hour>(r.varint());
    changes_ = static_cast<std::uint16_t>(r.varint());
    last_change_ = static_cast<Hour>(r.varint());
    for (Item& i : items_) {
      i = Item{};
      i.last = static_cast<Hour>(r.varint());
      if (i.last == 0) continue;
      i.hash = r.u32();
      i.hours = static_cast<std::uint16_t>(r.varint());
      i.suspect_until = static_cast<Day>(r.varint());
    }
    return r.ok();
  }

 private:
  static constexpr std::uint16_t kHoursMax = 1440;  // 60 days of every hour: then the past counts half

  const Item* find(std::uint32_t hash) const {
    for (const Item& i : items_) {
      if (i.last != 0 && i.hash == hash) return &i;
    }
    return nullptr;
  }
  void age() {
    hours_ = static_cast<std::uint16_t>(hours_ / 2);
    changes_ = static_cast<std::uint16_t>((changes_ + 1) / 2);
    std::uint16_t held = 0;
    for (Item& i : items_) {
      i.hours = static_cast<std::uint16_t>((i.hours + 1) / 2);
      held = static_cast<std::uint16_t>(held + (i.last != 0 ? 1 : 0));
    }
    distinct_ = std::max(held, static_cast<std::uint16_t>((distinct_ + 1) / 2));
  }

  std::array<Item, N> items_{};  // in no order that matters
  Hour last_hour_ = 0;
  Hour last_change_ = 0;
  std::uint16_t distinct_ = 0;
  std::uint16_t hours_ = 0;
  std::uint16_t changes_ = 0;
};

/// How long and how much an identity has been watched.
struct Experience {
  Hour last_hour = 0;
  Day last_day = 0;
  std::uint16_t hours = 0;
  std::uint16_t days = 0;

  void see(Time t) {
    const Hour hour = hour_of(t);
    const Day day = day_of(t);
    if (hour > last_hour) {
      last_hour = hour;
      hours = saturating_add(hours, std::uint16_t{1});
    }
    if (day > last_day) {
      last_day = day;
      days = saturating_add(days, std::uint16_t{1});
    }
  }
  Time keep_until(Duration memory) const { return last_hour == 0 ? Time::min() : end_of_hour(last_hour) + memory; }
  void encode(ByteWriter& w) const {
    w.varint(last_hour);
    w.varint(last_day);
    w.varint(hours);
    w.varint(days);
  }
  bool decode(ByteReader& r) {
    last_hour = static_cast<Hour>(r.varint());
    last_day = static_cast<Day>(r.varint());
    hours = static_cast<std::uint16_t>(r.varint());
    days = static_cast<std::uint16_t>(r.varint());
    return r.ok();
  }
};

/// Which identities of the tenant have a thing (a network, a country) among their habits: about 8 can be told apart.
struct Peers {
  DistinctWindow identities;  // periods of 30 days
  static std::uint32_t period_of(Time t) { return day_of(t) / 30u; }
  bool at_least(unsigned n, Time t) const { return identities.at_least(period_of(t)) >= n; }
  void see(std::uint32_t identity, Time t) { identities.see(mix64(identity), period_of(t)); }
  Time keep_until() const { return identities.period() == 0 ? Time::min() : end_of(static_cast<Day>((identities.period() + 2) * 30)); }
};

/// How people know a workload identity or agent.
inline std::string workload_title(const SignIn& e) {
  if (!e.service_principal_name.empty()) return std::string(e.service_principal_name);
  if (!e.app_name.empty()) return std::string(e.app_name);
  return e.service_principal_id ? e.service_principal_id.str() : e.app_id.str();
}
inline std::string resource_title(const SignIn& e) { return e.resource_name.empty() ? e.resource_id.str() : std::string(e.resource_name); }

/// "something never seen" as a check: `actual` is not among `known` things of the identity's `hours` sign-in hours.
inline Check novelty_check(std::string what, std::string actual, std::uint32_t known, std::uint32_t hours) {
  const std::string habit = std::to_string(known) + " known from " + std::to_string(hours) + " sign-in hours";
  Check c = passed(std::move(what), std::move(actual), CheckOp::not_in, "the " + habit);
  c.usual = CheckValue(habit);
  return c;
}
/// The same where the usual ones can be named.
inline Check novelty_check(std::string what, std::string actual, const std::vector<std::string>& usual) {
  if (usual.empty()) return passed(std::move(what), std::move(actual), CheckOp::not_in, "the usual ones");
  std::vector<CheckScalar> list(usual.begin(), usual.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(usual.size(), 5)));
  Check c = passed(std::move(what), std::move(actual), CheckOp::not_in, list);
  c.usual = CheckValue(list);
  return c;
}
/// Nats with one decimal, as people read them.
inline double rounded(double nats) { return detmath::round_half_away(nats * 10) / 10; }

}  // namespace bartizan
