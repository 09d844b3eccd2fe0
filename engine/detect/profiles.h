#pragma once
// What the engine knows of a tenant's users and networks: shared by all detectors, learned once.

#include <cstdint>
#include <map>
#include <string_view>

#include "engine/detect/detector.h"
#include "engine/detect/keyed_state.h"
#include "engine/detect/window.h"
#include "engine/model/ip.h"
#include "engine/model/sign_in.h"

namespace bartizan {

/// Host unit (address, /64) as 32 bits of which the upper 24 name the neighbourhood (/24, /48). 0 when the address is unknown or special.
std::uint32_t host_hash(const IpAddress& ip);

/// One user, from successful sign-ins only. 148 bytes.
struct UserProfile {
  Stamp first_seen = 0;
  Stamp last_success = 0;
  std::uint16_t logins = 0;      // interactive successes, saturating
  std::uint16_t os_families = 0; // bit per OsFamily
  RecentSet<4> countries;        // by country_code
  RecentSet<4> asns;
  RecentSet<5> hosts;            // by host_hash
  RecentSet<3> devices;          // by device_hash

  bool empty() const { return last_success == 0; }
  bool knows_host(std::uint32_t host) const { return host != 0 && hosts.find(host) != nullptr; }
  bool knows_neighbourhood(std::uint32_t host) const;
  bool knows_asn(std::uint32_t asn) const { return asn != 0 && asns.find(asn) != nullptr; }
  bool knows_device(std::uint32_t device) const { return device != 0 && devices.find(device) != nullptr; }
  std::uint32_t asn_days(std::uint32_t asn) const;
  std::uint32_t country_days(std::uint16_t country) const;
};

/// A neighbourhood (/24, /48) of the network, from whom it let in.
struct NeighbourhoodProfile {
  DistinctWindow users;             // with a success; periods of 15 days
  std::uint16_t failures_now = 0;   // wrong passwords of users not known here, this period
  std::uint16_t failures_before = 0;
};

/// The knowledge of one tenant. Detectors read it while they judge; learn() is called after all of them have judged the event. What it
/// answers follows from the events learned so far and the watermark it is asked with.
///
/// Poisoning: failures teach nothing but contact failures; a place or device that came with a finding of medium or more is held back for 14
/// days, until a verdict says that it was the user (at once) or was not (never).
class Profiles : public StatePart {
 public:
  explicit Profiles(std::uint32_t rows_max = kRowsMaxDefault);
  /// The bound on rows of each table from here on (EngineSettings::rows_max_per_table).
  void bound_rows(std::uint32_t rows_max);

  /// True for sign-ins that tell where a user is and what they use: user categories without an agent acting or being the subject.
  static bool concerns(const SignIn& e) { return e.is_user_category() && !e.is_agent(); }
  static Key128 user_key(const SignIn& e);

  /// Two hints that the user of `e` will be asked for soon: first the index, later the row. They change no answer.
  void prefetch(const SignIn& e) const {
    if (concerns(e)) users_.prefetch(user_key(e));
  }
  void prefetch_row(const SignIn& e) const;

  /// Null when the user never succeeded (in 90 days).
  const UserProfile* user(const SignIn& e, Time watermark) const { return user(user_key(e), watermark); }
  const UserProfile* user(const Key128& key, Time watermark) const;
  /// Distinct users with a success from the /24 or /48 in 15 to 30 days; exact to about 8, saturates near 100.
  double users_of_neighbourhood(const IpAddress& ip, Time event_time) const;
  /// The same against a limit, without a logarithm: at least `limit` of them, limit <= 16.
  bool shared_by(const IpAddress& ip, Time event_time, unsigned limit) const;
  /// Share of first contacts that failed from there in the 15-day period before the present one, so that an attack going on does not
  /// excuse itself; 0 where nothing is known.
  double contact_failure_rate(const IpAddress& ip, Time event_time) const;
  /// Distinct users with a success from the autonomous system in 15 to 30 days.
  double users_of_asn(std::uint32_t asn) const;
  /// Users who have the country among theirs; users in all.
  std::uint32_t users_of_country(std::uint16_t country) const;
  std::uint32_t users() const;

  /// `suspicious`: a finding of medium or more came with this event (not hidden by learning).
  void learn(const SignIn& e, Time watermark, bool suspicious);
  /// A newer copy of an event that was learned before: teaches only what the earlier copy did not (it turned into a success).
  void learn_correction(const EarlierCopy& before, const SignIn& after, Time watermark, bool suspicious);
  /// A verdict about a user frees or condemns what was held back.
  void on_fact(const Fact& fact, Time watermark);
  void expire(Time watermark);
  std::uint64_t evictions() const;

  void save(RowSink& sink, bool all) const override;
  void saved() override;
  bool load(std::string_view key, std::string_view bytes) override;
  std::size_t bytes() const override;
  std::size_t rows() const override;

 private:
  struct UserPolicy {
    Profiles* owner;
    Time keep_until(const UserProfile& p) const;
    void encode(const UserProfile& p, ByteWriter& w) const;
    bool decode(ByteReader& r, UserProfile& p) const;
    void dropped(const UserProfile& p);
  };
  struct NeighbourhoodPolicy {
    Time keep_until(const NeighbourhoodProfile& n) const;
    void encode(const NeighbourhoodProfile& n, ByteWriter& w) const;
    bool decode(ByteReader& r, NeighbourhoodProfile& n) const;
  };
  struct AsnPolicy {
    Time keep_until(const DistinctWindow& d) const;
    void encode(const DistinctWindow& d, ByteWriter& w) const { d.encode(w); }
    bool decode(ByteReader& r, DistinctWindow& d) const { return d.decode(r); }
  };
  /// A place and device under suspicion: not learned before `until`.
  struct HeldBack {
    Stamp until = 0;
    std::uint16_t country = 0;
    std::uint32_t asn = 0;
    std::uint32_t device = 0;
  };
  struct HeldBackPolicy {
    Time keep_until(const HeldBack& h) const { return time_of(h.until); }
    void encode(const HeldBack& h, ByteWriter& w) const;
    bool decode(ByteReader& r, HeldBack& h) const;
  };

  void learn_success(const SignIn& e, Time watermark, bool suspicious);
  void learn_failure(const SignIn& e, Time watermark);
  void hold_back(const Key128& user, const SignIn& e, Time watermark);
  bool held_back(const Key128& user, const UserProfile& p, const SignIn& e, std::uint32_t device, Time watermark) const;
  void learn_place(UserProfile& p, const SignIn& e, Day day);
  void learn_networks(const Key128& user, const SignIn& e, Day day, Time watermark);
  void count_country(std::uint16_t country, int change);
  const NeighbourhoodProfile* neighbourhood(const IpAddress& ip, Time event_time) const;

  KeyedState<UserProfile, UserPolicy> users_;
  KeyedState<NeighbourhoodProfile, NeighbourhoodPolicy, std::uint64_t> neighbourhoods_;
  KeyedState<DistinctWindow, AsnPolicy, std::uint64_t> asns_;
  KeyedState<HeldBack, HeldBackPolicy> held_back_;
  std::map<std::uint16_t, std::uint32_t> country_users_;  // follows from users_: users by country, rebuilt on load
  // Detectors ask for the same user several times an event: the last answer. Dropped by everything that changes rows.
  mutable Key128 last_key_{};
  mutable const UserProfile* last_user_ = nullptr;
  mutable bool last_valid_ = false;
};

}  // namespace bartizan
