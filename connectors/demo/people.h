#pragma once
// The people of the generated tenant: where they are, what they carry, when and how they sign in.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "connectors/demo/world.h"

namespace bartizan::demo {

/// A journey: nothing is sent between leave and arrive, nor between depart and back.
struct Trip {
  std::int64_t leave = 0, arrive = 0, depart = 0, back = 0;
  std::uint16_t city = 0;
  std::uint64_t hotel = 0;
  bool phone_home_routed = false;  // the phone's traffic leaves through its carrier at home, the laptop's abroad
  bool during(std::int64_t t) const { return t >= arrive && t < depart; }
  bool travelling(std::int64_t t) const { return (t >= leave && t < arrive) || (t >= depart && t < back); }
};

enum class ActivityKind : std::uint8_t { interactive, refresh, old_password, client_retry, changed_password, expired_password, new_application, kiosk };
struct Activity {
  std::int32_t offset = 0;  // milliseconds after the local midnight of the day
  ActivityKind kind = ActivityKind::interactive;
  std::uint8_t device = 0;
};

enum : std::uint8_t { kLaptop = 0, kPhone = 1, kPrivate = 2 };

struct User {
  Guid id;
  std::string upn, name, typo_upn;
  std::uint32_t number = 0;
  std::uint16_t city = 0;
  std::uint16_t located_city = 0;     // where address look-ups put the home
  std::uint16_t located_city_v6 = 0;  // and its IPv6 side
  std::uint8_t provider = 0, carrier = 0;
  std::uint32_t site = 0;
  std::uint32_t homes = 0;  // addresses held so far
  bool has_v6 = false, proxy_user = false, vpn_user = false, kiosk_user = false;
  int vpn_from_day = 0;
  std::uint32_t vpn_exit = 0, proxy_site = 0, update_lag_days = 0;
  double interactive = 4, refresh = 60, wrong = 0.02, office_share = 0.5;
  int broken_from = -1, broken_to = -1;
  std::array<Device, 3> devices;
  std::uint8_t device_count = 2;
  std::array<Guid, 3> sessions;
  std::array<std::int64_t, 3> session_ends{};
  std::array<std::uint8_t, 8> apps{};
  Trip trip;
  // today
  std::vector<Activity> day;
  std::size_t next = 0;
  int day_number = -1;
  bool office_today = false, vpn_today = false, new_phone_today = false, renumbered_today = false;
  std::uint32_t proxy_site_today = 0;
  Rng rng;
};

/// All users; each is an actor that is woken at its next activity.
class People {
 public:
  explicit People(const World& world);
  std::size_t size() const { return users_.size(); }
  const User& operator[](std::size_t i) const { return users_[i]; }
  /// Time of the user's next activity, INT64_MAX after the last day. Plans a day when the last one is over.
  std::int64_t next_time(std::size_t i);
  /// Carries out that activity.
  void act(std::size_t i, DraftSink& out);
  /// Where the user's device would be signing in from at `t` (planned days only: today's).
  Endpoint where(const User& u, std::uint8_t device, std::int64_t t, bool through_browser) const;
  /// A draft with who and how filled in, as the user's own device would send it.
  Draft draft_of(const User& u, std::uint8_t device, std::int64_t t, std::size_t app) const;
  /// Tells the generator to send this user's trips elsewhere: `trip` replaces any other.
  void set_trip(std::size_t i, const Trip& trip) { users_[i].trip = trip; }

 private:
  void make(User& u, std::uint32_t number);
  Device make_device(Rng& rng, std::uint32_t number, std::uint8_t slot, bool registered) const;
  void plan_day(User& u);
  void plan_trip(User& u, std::int64_t midnight);
  std::int64_t midnight_of(const User& u, int day) const;
  std::int32_t draw_time(Rng& rng, bool weekend) const;
  LookAlike class_of(const User& u, std::uint8_t device, const Endpoint& e, std::int64_t t) const;
  void sign_in(User& u, std::int64_t t, std::uint8_t device, std::size_t app, LookAlike why, DraftSink& out);
  std::int64_t wrong_passwords(User& u, Draft base, std::uint32_t n, LookAlike why, DraftSink& out);
  std::int64_t second_factor(User& u, Draft base, bool& gave_up, DraftSink& out);
  void refresh(User& u, std::int64_t t, std::uint8_t device, DraftSink& out);
  void retry_with_old_password(User& u, std::int64_t t, bool broken, DraftSink& out);
  void at_kiosk(User& u, std::int64_t t, DraftSink& out);
  bool in_outage(User& u, const Draft& d, DraftSink& out);

  const World& world_;
  std::vector<User> users_;
  Device kiosk_device_;
};

}  // namespace bartizan::demo
