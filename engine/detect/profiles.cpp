#include "engine/detect/profiles.h"

#include <algorithm>
#include <string>

#include "engine/detect/client_family.h"
#include "engine/detect/geo.h"

namespace bartizan {
namespace {

constexpr Duration kUserMemory = std::chrono::hours{24 * 90};       // country look-back of algorithms.md 1.4
constexpr Duration kHoldBack = std::chrono::hours{24 * 14};         // delayed learning of algorithms.md 1.4
constexpr Duration kCondemned = std::chrono::hours{24 * 90};        // after "confirm compromised"
constexpr std::uint32_t kPeriodDays = 15;                           // two periods: the 30-day rotation of algorithms.md 2.3

constexpr std::uint64_t kHostDomain = 0x686f7374;  // "host"

std::uint32_t period_of(Day day) { return day / kPeriodDays + 1; }
Time end_of_period(std::uint32_t period) { return end_of(static_cast<Day>(std::min<std::uint32_t>(period * kPeriodDays, 0xffff))); }

/// The /24 or /48 itself as a number; 0 for none.
std::uint64_t neighbourhood_key(const IpAddress& ip) {
  if (ip.empty() || ip.is_special()) return 0;
  const auto& b = ip.bytes();
  const int n = ip.family() == IpAddress::Family::v4 ? 3 : 6;
  std::uint64_t key = ip.family() == IpAddress::Family::v4 ? 4 : 6;
  for (int i = 0; i < n; ++i) key = key << 8 | b[static_cast<std::size_t>(i)];
  return key;
}

constexpr std::uint32_t kNeighbourhoodMask = 0xffffff00U;

}  // namespace

std::uint32_t host_hash(const IpAddress& ip) {
  const std::uint64_t near = neighbourhood_key(ip);
  if (near == 0) return 0;
  const auto& b = ip.bytes();
  // What the host adds to its neighbourhood: the last byte of a v4 address, two bytes between /48 and /64.
  const std::uint64_t host = ip.family() == IpAddress::Family::v4 ? b[3] : static_cast<std::uint64_t>(b[6] << 8 | b[7]);
  const auto upper = static_cast<std::uint32_t>(mix64(near ^ kHostDomain)) & kNeighbourhoodMask;
  const auto lower = static_cast<std::uint32_t>(mix64(near * 0x9e3779b97f4a7c15ULL + host) & 0xff);
  const std::uint32_t h = upper | lower;
  return h == 0 ? 1 : h;
}

bool UserProfile::knows_neighbourhood(std::uint32_t host) const {
  if (host == 0) return false;
  for (const auto& i : hosts.items()) {
    if (i.last != 0 && (i.hash & kNeighbourhoodMask) == (host & kNeighbourhoodMask)) return true;
  }
  return false;
}

std::uint32_t UserProfile::asn_days(std::uint32_t asn) const {
  const auto* i = asns.find(asn);
  return asn == 0 || i == nullptr ? 0 : i->days;
}

std::uint32_t UserProfile::country_days(std::uint16_t country) const {
  const auto* i = countries.find(country);
  return country == 0 || i == nullptr ? 0 : i->days;
}

// ---------------------------------------------------------------- rows

Time Profiles::UserPolicy::keep_until(const UserProfile& p) const {
  return p.empty() ? Time::min() : time_of(p.last_success) + kUserMemory;
}

void Profiles::UserPolicy::encode(const UserProfile& p, ByteWriter& w) const {
  w.u32(p.first_seen);
  w.u32(p.last_success);
  w.varint(p.logins);
  w.varint(p.os_families);
  p.countries.encode(w);
  p.asns.encode(w);
  p.hosts.encode(w);
  p.devices.encode(w);
}

bool Profiles::UserPolicy::decode(ByteReader& r, UserProfile& p) const {
  p.first_seen = r.u32();
  p.last_success = r.u32();
  const std::uint64_t logins = r.varint();
  const std::uint64_t os = r.varint();
  p.logins = static_cast<std::uint16_t>(logins);
  p.os_families = static_cast<std::uint16_t>(os);
  return logins <= 0xffff && os <= 0xffff && p.countries.decode(r) && p.asns.decode(r) && p.hosts.decode(r) && p.devices.decode(r);
}

void Profiles::UserPolicy::dropped(const UserProfile& p) {
  owner->last_valid_ = false;
  for (const auto& c : p.countries.items()) {
    if (c.last != 0) owner->count_country(static_cast<std::uint16_t>(c.hash), -1);
  }
}

Time Profiles::NeighbourhoodPolicy::keep_until(const NeighbourhoodProfile& n) const {
  return n.users.period() == 0 ? Time::min() : end_of_period(n.users.period() + 1);
}

void Profiles::NeighbourhoodPolicy::encode(const NeighbourhoodProfile& n, ByteWriter& w) const {
  n.users.encode(w);
  w.varint(n.failures_now);
  w.varint(n.failures_before);
}

bool Profiles::NeighbourhoodPolicy::decode(ByteReader& r, NeighbourhoodProfile& n) const {
  if (!n.users.decode(r)) return false;
  const std::uint64_t now = r.varint();
  const std::uint64_t before = r.varint();
  n.failures_now = static_cast<std::uint16_t>(now);
  n.failures_before = static_cast<std::uint16_t>(before);
  return now <= 0xffff && before <= 0xffff;
}

Time Profiles::AsnPolicy::keep_until(const DistinctWindow& d) const {
  return d.period() == 0 ? Time::min() : end_of_period(d.period() + 1);
}

void Profiles::HeldBackPolicy::encode(const HeldBack& h, ByteWriter& w) const {
  w.u32(h.until);
  w.u16(h.country);
  w.u32(h.asn);
  w.u32(h.device);
}

bool Profiles::HeldBackPolicy::decode(ByteReader& r, HeldBack& h) const {
  h.until = r.u32();
  h.country = r.u16();
  h.asn = r.u32();
  h.device = r.u32();
  return r.ok();
}

// ---------------------------------------------------------------- queries

Profiles::Profiles(std::uint32_t rows_max)
    : users_(UserPolicy{this}, rows_max, "u"),
      neighbourhoods_(NeighbourhoodPolicy{}, rows_max, "n"),
      asns_(AsnPolicy{}, rows_max, "a"),
      held_back_(HeldBackPolicy{}, rows_max, "h") {}

void Profiles::bound_rows(std::uint32_t rows_max) {
  users_.set_rows_max(rows_max);
  neighbourhoods_.set_rows_max(rows_max);
  asns_.set_rows_max(rows_max);
  held_back_.set_rows_max(rows_max);
}

Key128 Profiles::user_key(const SignIn& e) { return e.user_id.empty() ? Id::from(e.user_principal_name).key() : e.user_id.key(); }

void Profiles::prefetch_row(const SignIn& e) const {
  if (!concerns(e)) return;
  last_key_ = user_key(e);
  last_user_ = users_.prefetch_row(last_key_);
  last_valid_ = true;
}

const UserProfile* Profiles::user(const Key128& key, Time watermark) const {
  if (!last_valid_ || last_key_ != key) {
    last_user_ = users_.prefetch_row(key);
    last_key_ = key;
    last_valid_ = true;
  }
  return last_user_ == nullptr || users_.policy().keep_until(*last_user_) < watermark ? nullptr : last_user_;
}

const NeighbourhoodProfile* Profiles::neighbourhood(const IpAddress& ip, Time event_time) const {
  const std::uint64_t key = neighbourhood_key(ip);
  return key == 0 ? nullptr : neighbourhoods_.find(key, event_time);
}

double Profiles::users_of_neighbourhood(const IpAddress& ip, Time event_time) const {
  const NeighbourhoodProfile* n = neighbourhood(ip, event_time);
  return n == nullptr ? 0 : n->users.count(period_of(day_of(event_time)));
}

bool Profiles::shared_by(const IpAddress& ip, Time event_time, unsigned limit) const {
  const NeighbourhoodProfile* n = neighbourhood(ip, event_time);
  return n != nullptr && n->users.at_least(period_of(day_of(event_time))) >= limit;
}

double Profiles::contact_failure_rate(const IpAddress& ip, Time event_time) const {
  const NeighbourhoodProfile* n = neighbourhood(ip, event_time);
  if (n == nullptr) return 0;
  const std::uint32_t period = period_of(day_of(event_time));
  const double failures = period == n->users.period() ? n->failures_before : n->failures_now;
  const double successes = n->users.count_before(period);
  if (successes <= 0) return 0;
  return failures / (failures + successes);
}

double Profiles::users_of_asn(std::uint32_t asn) const {
  const DistinctWindow* d = asn == 0 ? nullptr : asns_.find(asn, Time::min());
  return d == nullptr ? 0 : d->count(d->period());
}

std::uint32_t Profiles::users_of_country(std::uint16_t country) const {
  const auto it = country_users_.find(country);
  return it == country_users_.end() ? 0 : it->second;
}

std::uint32_t Profiles::users() const { return static_cast<std::uint32_t>(users_.size()); }

// ---------------------------------------------------------------- learning

void Profiles::learn(const SignIn& e, Time watermark, bool suspicious) {
  if (!concerns(e)) return;
  if (e.success()) {
    learn_success(e, watermark, suspicious);
  } else if (e.failure_class == FailureClass::bad_password || e.failure_class == FailureClass::no_user) {
    learn_failure(e, watermark);
  }
}

void Profiles::learn_correction(const EarlierCopy& before, const SignIn& after, Time watermark, bool suspicious) {
  if (concerns(after) && before.result_class != ResultClass::success && after.success()) learn_success(after, watermark, suspicious);
}

void Profiles::learn_success(const SignIn& e, Time watermark, bool suspicious) {
  const Key128 key = user_key(e);
  if (key == Key128{}) return;
  last_valid_ = false;
  bool fresh = false;
  UserProfile& p = users_.touch(key, watermark, &fresh);
  const Stamp now = stamp_of(e.event_time);
  if (fresh) p.first_seen = now;
  p.first_seen = std::min(p.first_seen, now);
  p.last_success = std::max(p.last_success, now);
  if (e.category == SignInCategory::interactive_user) p.logins = saturating_add(p.logins, std::uint16_t{1});
  if (suspicious) return hold_back(key, e, watermark);

  const Day day = day_of(e.event_time);
  const std::uint32_t host = host_hash(e.ip);
  const auto* known_host = p.hosts.find(host);
  const bool met_today = known_host != nullptr && known_host->last == day;
  const std::uint32_t device = device_hash(e);
  const bool something_new = !p.knows_device(device) || p.countries.find(country_code(e.location.country)) == nullptr || !p.knows_asn(e.asn);
  if (something_new && held_back(key, p, e, device, watermark)) return;
  p.os_families = static_cast<std::uint16_t>(p.os_families | 1U << static_cast<unsigned>(os_family(e)));
  p.devices.see(device, day);
  learn_place(p, e, day);
  // A host met today has told its networks of this user already.
  if (!met_today) learn_networks(key, e, day, watermark);
}

void Profiles::learn_place(UserProfile& p, const SignIn& e, Day day) {
  p.hosts.see(host_hash(e.ip), day);
  p.asns.see(e.asn, day);
  const std::uint16_t country = country_code(e.location.country);
  if (country == 0) return;
  const bool known = p.countries.find(country) != nullptr;
  const std::uint32_t gone = p.countries.see(country, day);
  if (known) return;
  count_country(country, 1);
  if (gone != 0) count_country(static_cast<std::uint16_t>(gone), -1);
}

void Profiles::learn_networks(const Key128& user, const SignIn& e, Day day, Time watermark) {
  const std::uint32_t period = period_of(day);
  const std::uint64_t user_hash = mix64(user.hi ^ mix64(user.lo));
  if (const std::uint64_t near = neighbourhood_key(e.ip); near != 0) {
    NeighbourhoodProfile& n = neighbourhoods_.touch(near, watermark);
    if (period > n.users.period()) {
      n.failures_before = period == n.users.period() + 1 ? n.failures_now : std::uint16_t{0};
      n.failures_now = 0;
    }
    n.users.see(user_hash, period);
  }
  if (e.asn != 0) asns_.touch(e.asn, watermark).see(user_hash, period);
}

void Profiles::learn_failure(const SignIn& e, Time watermark) {
  const UserProfile* p = user(e, watermark);
  if (p != nullptr && p->knows_neighbourhood(host_hash(e.ip))) return;
  const std::uint64_t near = neighbourhood_key(e.ip);
  NeighbourhoodProfile* n = near == 0 ? nullptr : neighbourhoods_.change(near, watermark);
  if (n != nullptr) n->failures_now = saturating_add(n->failures_now, std::uint16_t{1});
}

void Profiles::hold_back(const Key128& user, const SignIn& e, Time watermark) {
  HeldBack& h = held_back_.touch(user, watermark);
  const Stamp until = stamp_of(e.event_time + kHoldBack);
  if (until < h.until) return;  // an older suspicion, or a condemned one, stays
  h = HeldBack{until, country_code(e.location.country), e.asn, device_hash(e)};
}

bool Profiles::held_back(const Key128& user, const UserProfile& p, const SignIn& e, std::uint32_t device, Time watermark) const {
  const HeldBack* h = held_back_.find(user, watermark);
  if (h == nullptr || time_of(h->until) < e.event_time) return false;
  const bool same_place = h->country == country_code(e.location.country) && h->asn == e.asn && !p.knows_asn(e.asn);
  const bool same_device = device != 0 && h->device == device && !p.knows_device(device);
  return same_place || same_device;
}

void Profiles::on_fact(const Fact& fact, Time watermark) {
  if (fact.kind != Fact::Kind::verdict || fact.type != EntityType::user) return;
  HeldBack* h = held_back_.change(fact.id.key(), watermark);
  if (h == nullptr) return;
  h->until = fact.action == CommandAction::confirm_compromised ? stamp_of(time_of(h->until) + kCondemned) : 0;
}

void Profiles::count_country(std::uint16_t country, int change) {
  if (change > 0) {
    ++country_users_[country];
    return;
  }
  const auto it = country_users_.find(country);
  if (it != country_users_.end() && --it->second == 0) country_users_.erase(it);
}

void Profiles::expire(Time watermark) {
  last_valid_ = false;
  users_.expire(watermark);
  neighbourhoods_.expire(watermark);
  asns_.expire(watermark);
  held_back_.expire(watermark);
}

std::uint64_t Profiles::evictions() const {
  return users_.evictions() + neighbourhoods_.evictions() + asns_.evictions() + held_back_.evictions();
}

// ---------------------------------------------------------------- checkpoint

void Profiles::save(RowSink& sink, bool all) const {
  users_.save(sink, all);
  neighbourhoods_.save(sink, all);
  asns_.save(sink, all);
  held_back_.save(sink, all);
}

void Profiles::saved() {
  users_.saved();
  neighbourhoods_.saved();
  asns_.saved();
  held_back_.saved();
}

bool Profiles::load(std::string_view key, std::string_view bytes) {
  last_valid_ = false;
  if (key.empty()) return false;
  switch (key[0]) {
    case 'u': {
      const UserProfile* p = users_.load(key, bytes);
      if (p == nullptr) return false;
      for (const auto& c : p->countries.items()) {
        if (c.last != 0) count_country(static_cast<std::uint16_t>(c.hash), 1);
      }
      return true;
    }
    case 'n': return neighbourhoods_.load(key, bytes) != nullptr;
    case 'a': return asns_.load(key, bytes) != nullptr;
    case 'h': return held_back_.load(key, bytes) != nullptr;
    default: return false;
  }
}

std::size_t Profiles::bytes() const { return users_.bytes() + neighbourhoods_.bytes() + asns_.bytes() + held_back_.bytes(); }
std::size_t Profiles::rows() const { return users_.size() + neighbourhoods_.size() + asns_.size() + held_back_.size(); }

}  // namespace bartizan
