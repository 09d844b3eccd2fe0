#pragma once
// The short form of a sign-in in rule tests (docs/rules.md), and the full sign-in that it stands for.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/sign_in.h"
#include "engine/settings/binding.h"

namespace bartizan::rule_testing {

/// The moment `at: 0` stands for: 2026-03-02T08:00:00Z, a Monday.
constexpr Time kVirtualZero = time_from_ms(1'772'438'400'000);
/// The tenant of every test.
constexpr std::uint64_t kTestTenantHi = 0x7e57000000004000ULL;
constexpr std::uint64_t kTestTenantLo = 0x8000000000000001ULL;

/// One line of `events` or `history`. Absent parts stay absent in the sign-in.
struct ShortEvent {
  std::string at;  // 55m, 2d; history: the time of day
  std::string user, sp, mi, agent, on_behalf_of, blueprint;
  std::string ip, city, country;
  std::uint32_t asn = 0;
  std::string result = "success";  // success, or what failed: see result_words()
  std::optional<std::int32_t> code;
  std::string reason;
  std::string app, resource, client_app, user_agent, device, os, browser, key, credential, session, protocol, mfa, correlation;
  bool non_interactive = false, first_party = false, trusted_location = false, compliant = false, guest = false;
  std::uint32_t users = 1, ips = 1, ip_step = 1, resources = 1;  // repeats walk through so many of them
  std::uint32_t repeat = 1;
  Duration every{std::chrono::minutes{1}};
  std::uint32_t days = 0;  // history
  std::string hours;       // history: "9-17"; empty: all day
  bool weekends = true;    // history
};

/// Keys of an event; `history` adds days, hours and weekends.
settings::Section<ShortEvent> short_event_section(bool history);

/// A sign-in with what its views point to.
struct BuiltEvent {
  Time time{};
  SignIn sign_in;
  std::deque<std::string> texts;
  std::vector<AuthStep> steps;
  std::uint32_t line = 0;
};

/// `55m`, `-2d`, `90`(s not allowed): an offset from kVirtualZero.
std::optional<Duration> parse_offset(std::string_view text);

/// The sign-ins that the line stands for, `number` making their event ids differ. REQUIRES: the section's own checks passed.
std::vector<std::unique_ptr<BuiltEvent>> build_events(const ShortEvent& e, bool history, std::uint64_t number);

/// The id that stands for a name in tests: a GUID stays, other text gets a GUID of its own.
std::string id_for(std::string_view kind, std::string_view name);

}  // namespace bartizan::rule_testing
