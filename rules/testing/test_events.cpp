#include "rules/testing/test_events.h"

#include <algorithm>
#include <array>

#include "engine/model/error_codes.h"
#include "engine/model/hash.h"
#include "rules/testing/cities.h"

namespace bartizan::rule_testing {
namespace {

using settings::Section;

/// Words for the error codes that tests need (engine/model/error_codes.h holds their classes).
struct ResultWord {
  std::string_view word;
  std::int32_t code;
};
constexpr std::array<ResultWord, 14> kResults{{{"success", 0},
                                               {"bad_password", 50126},
                                               {"no_user", 50034},
                                               {"locked", 50053},
                                               {"expired_password", 50055},
                                               {"disabled", 50057},
                                               {"mfa_required", 50074},
                                               {"mfa_enrol", 50079},
                                               {"mfa_failed", 500121},
                                               {"blocked", 53003},
                                               {"not_assigned", 50105},
                                               {"consent", 65001},
                                               {"bad_secret", 7000215},
                                               {"interrupted", 50140}}};

std::string complaint_about_result(std::string_view word) {
  const bool known = std::any_of(kResults.begin(), kResults.end(), [word](const ResultWord& r) { return r.word == word; });
  if (known) return "";
  std::string all;
  for (const ResultWord& r : kResults) all.append(all.empty() ? "" : ", ").append(r.word);
  return "is no result; use " + all + ", or `code: NUMBER`";
}

std::string complaint_about_offset(std::string_view text) { return parse_offset(text) ? "" : "is no offset such as 0m, 55m, 2d or -6h"; }
std::string complaint_about_city(std::string_view text) {
  return find_city(text) != nullptr ? "" : "is not one of the places that tests know: " + std::string(city_names());
}
std::string complaint_about_ip(std::string_view text) { return IpAddress::parse(text) ? "" : "is no IP address"; }
std::string complaint_about_country(std::string_view text) {
  const bool good = text.size() == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
  return good ? "" : "is no country of two capital letters";
}

struct HourRange {
  int from = 0;
  int to = 24;  // not included
};
std::optional<HourRange> parse_hours(std::string_view text) {
  if (text.empty()) return HourRange{};
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = settings::parse_integer(text.substr(0, dash));
  const auto to = settings::parse_integer(text.substr(dash + 1));
  if (!from || !to || *from < 0 || *to > 24 || *from >= *to) return std::nullopt;
  return HourRange{static_cast<int>(*from), static_cast<int>(*to)};
}
std::string complaint_about_hours(std::string_view text) { return parse_hours(text) ? "" : "is no range of hours such as 8-18"; }

std::uint64_t hash_of(std::string_view kind, std::string_view name, std::uint64_t salt) {
  std::string text(kind);
  text.push_back('\0');
  text.append(name);
  return stable_hash64(text, 0x7e57 + salt);
}

/// Fills one BuiltEvent; texts are kept by it.
class Builder {
 public:
  explicit Builder(BuiltEvent& out) : out_(out), e_(out.sign_in) {}

  void build(const ShortEvent& s, std::uint32_t index, std::uint64_t number) {
    e_.id = Id::from_guid(0xe0e0000000004000ULL + number, 0x8000000000000000ULL + index);
    e_.tenant_id = Id::from_guid(kTestTenantHi, kTestTenantLo);
    e_.correlation_id = Id::from(keep(id_for("correlation", s.correlation.empty() ? "c" + std::to_string(number) + "." + std::to_string(index) : s.correlation)));
    if (!s.session.empty()) e_.session_id = Id::from(keep(id_for("session", s.session)));
    e_.event_time = out_.time;
    e_.published_time = out_.time;
    who(s, index);
    where(s, index);
    how(s);
    what(s, index);
  }

 private:
  std::string_view keep(std::string text) { return out_.texts.emplace_back(std::move(text)); }
  Id id(std::string_view kind, std::string_view name) { return Id::from(keep(id_for(kind, name))); }
  static std::string numbered(const std::string& name, std::uint32_t of, std::uint32_t index) {
    return of <= 1 ? name : name + "-" + std::to_string(index % of + 1);
  }

  void set_user(const std::string& name) {
    e_.user_id = id("user", name);
    e_.user_name = keep(name);
    e_.user_principal_name = keep(lower_ascii(name.find('@') != std::string::npos ? name : name + "@example.com"));
  }
  void set_principal(const std::string& kind, const std::string& name) {
    e_.service_principal_id = id(kind, name);
    e_.service_principal_name = keep(name);
    e_.app_id = id("app", name);
    e_.app_name = e_.service_principal_name;
  }
  void set_agent(const ShortEvent& s) {
    e_.flags |= kFlagAgent;
    e_.agent.type = "agenticAppInstance";
    set_principal("agent", s.agent);
    if (!s.blueprint.empty()) e_.agent.parent_app_id = id("blueprint", s.blueprint);
    if (s.on_behalf_of.empty()) {
      e_.category = SignInCategory::service_principal;
      e_.agent.subject_type = "agenticAppInstance";
      e_.flags |= kFlagAgentIsSubject;
      return;
    }
    e_.category = SignInCategory::non_interactive_user;
    e_.agent.subject_type = "notAgentic";
    set_user(s.on_behalf_of);
  }

  void who(const ShortEvent& s, std::uint32_t index) {
    if (!s.agent.empty()) return set_agent(s);
    if (!s.sp.empty()) {
      e_.category = SignInCategory::service_principal;
      set_principal("sp", numbered(s.sp, s.users, index));
      if (s.first_party) e_.flags |= kFlagFirstParty;
    } else if (!s.mi.empty()) {
      e_.category = SignInCategory::managed_identity;
      set_principal("mi", numbered(s.mi, s.users, index));
    } else {
      e_.category = s.non_interactive ? SignInCategory::non_interactive_user : SignInCategory::interactive_user;
      if (!s.non_interactive) e_.flags |= kFlagInteractive;
      set_user(numbered(s.user, s.users, index));
      e_.user_type = s.guest ? UserType::guest : UserType::member;
    }
    if (!s.key.empty()) e_.credential_key_id = id("key", s.key);
    if (!s.credential.empty()) e_.credential_type = keep(s.credential);
  }

  void where(const ShortEvent& s, std::uint32_t index) {
    if (!s.ip.empty()) {
      const IpAddress first = *IpAddress::parse(s.ip);
      const std::uint32_t step = index % s.ips * s.ip_step;
      if (first.family() == IpAddress::Family::v4) {
        e_.ip = IpAddress::v4(first.v4_value() + step);
      } else {
        std::array<std::uint8_t, 16> bytes = first.bytes();
        bytes[7] = static_cast<std::uint8_t>(bytes[7] + step);  // the last byte of the /64
        e_.ip = IpAddress::v6(bytes);
      }
    }
    e_.asn = s.asn;
    const City* city = s.city.empty() ? nullptr : find_city(s.city);
    const std::string_view country = city != nullptr ? city->country : std::string_view(s.country);
    if (country.size() == 2) e_.location.country = {country[0], country[1]};
    if (city != nullptr) {
      e_.location.city = city->name;
      e_.location.has_coordinates = true;
      e_.location.latitude = city->latitude;
      e_.location.longitude = city->longitude;
    }
    if (s.trusted_location) e_.flags |= kFlagTrustedLocation;
  }

  void how(const ShortEvent& s) {
    if (!s.device.empty()) {
      e_.device.id = keep(id_for("device", s.device));
      e_.device.name = keep(s.device);
      e_.device.compliant = s.compliant ? Tristate::yes : Tristate::no;
      e_.device.managed = e_.device.compliant;
    }
    if (!s.os.empty()) e_.device.os = keep(s.os);
    if (!s.browser.empty()) e_.device.browser = keep(s.browser);
    if (!s.user_agent.empty()) e_.user_agent = keep(s.user_agent);
    if (!s.client_app.empty()) e_.client_app = keep(s.client_app);
    else if (e_.category == SignInCategory::interactive_user) e_.client_app = "Browser";
    if (!s.protocol.empty()) e_.auth_protocol = keep(s.protocol);
    if (!s.app.empty()) {
      e_.app_id = id("app", s.app);
      e_.app_name = keep(s.app);
    }
  }

  void what(const ShortEvent& s, std::uint32_t index) {
    if (!s.resource.empty()) {
      const std::string name = numbered(s.resource, s.resources, index);
      e_.resource_id = id("resource", name);
      e_.resource_name = keep(name);
    }
    const auto word = std::find_if(kResults.begin(), kResults.end(), [&s](const ResultWord& r) { return r.word == s.result; });
    e_.result_code = s.code.value_or(word->code);
    const ErrorCode& meaning = error_code(e_.result_code);
    e_.failure_class = meaning.failure_class;
    e_.result_class = meaning.result_class;
    e_.password_validated = meaning.password_validated;
    e_.failure_reason = s.reason.empty() ? (e_.result_code == 0 ? std::string_view{} : meaning.meaning) : keep(s.reason);
    if (s.mfa.empty()) return;
    AuthStep step;
    step.method = "Mobile app notification";
    step.result_detail = keep(s.mfa);
    step.succeeded = e_.success() ? Tristate::yes : Tristate::no;
    step.time = out_.time;
    out_.steps.push_back(step);
    e_.auth_steps = out_.steps;
    e_.auth_requirement = "multiFactorAuthentication";
  }

  BuiltEvent& out_;
  SignIn& e_;
};

bool is_weekend(Time t) {
  const std::int64_t day = to_ms(t) / 86'400'000;  // 1970-01-01 was a Thursday
  return (day + 4) % 7 == 0 || (day + 4) % 7 == 6;
}
int hour_of_day(Time t) { return static_cast<int>(to_ms(t) / 3'600'000 % 24); }

/// Times of a history line: `every` through `days` days before zero, each moved by up to a tenth of `every`, the same in each run.
std::vector<Time> history_times(const ShortEvent& e, std::uint64_t number) {
  std::vector<Time> out;
  const HourRange hours = *parse_hours(e.hours);
  const Duration first = e.at.empty() ? Duration{0} : *parse_offset(e.at);
  const Time start = kVirtualZero - std::chrono::hours{24 * static_cast<std::int64_t>(e.days)} + first;
  const std::int64_t wobble = std::max<std::int64_t>(1, e.every.count() / 10);
  std::uint64_t k = 0;
  for (Time t = start; t < kVirtualZero; t += e.every, ++k) {
    if (hour_of_day(t) < hours.from || hour_of_day(t) >= hours.to || (!e.weekends && is_weekend(t))) continue;
    const auto moved = static_cast<std::int64_t>(mix64(number * 1'000'003 + k) % static_cast<std::uint64_t>(wobble));
    out.push_back(std::min(t + Duration{moved}, kVirtualZero - Duration{1}));
  }
  return out;
}

std::vector<Time> event_times(const ShortEvent& e) {
  std::vector<Time> out;
  const Time first = kVirtualZero + *parse_offset(e.at);
  for (std::uint32_t k = 0; k < e.repeat; ++k) out.push_back(first + e.every * static_cast<std::int64_t>(k));
  return out;
}

void check_who(const settings::Node& node, const std::string& pointer, settings::Diagnostics& diagnostics) {
  int who = 0;
  for (const char* key : {"user", "sp", "mi", "agent"}) who += node.find(key) != nullptr ? 1 : 0;
  if (who != 1) diagnostics.add(settings::code::kBadValue, "an event names exactly one of user, sp, mi, agent", node.at, pointer);
  for (const char* key : {"on_behalf_of", "blueprint"}) {
    if (node.find(key) != nullptr && node.find("agent") == nullptr) {
      diagnostics.add(settings::code::kBadValue, std::string("'") + key + "' goes with 'agent'", node.find(key)->at, pointer);
    }
  }
}

}  // namespace

std::optional<Duration> parse_offset(std::string_view text) {
  const bool negative = !text.empty() && text[0] == '-';
  const auto d = settings::parse_duration(negative ? text.substr(1) : text);
  if (!d) return std::nullopt;
  return negative ? -*d : *d;
}

Section<ShortEvent> short_event_section(bool history) {
  using E = ShortEvent;
  Section<E> s(history ? "Ordinary sign-ins of the days before time 0." : "A sign-in, or several alike.");
  settings::Schema& at = s.key("at", &E::at, history ? "Time of the first one after the start of the history." : "Time since 0.").check(complaint_about_offset);
  if (!history) at.require();
  s.key("user", &E::user, "The person who signs in.").range(1, 128);
  s.key("sp", &E::sp, "The service principal.").range(1, 128);
  s.key("mi", &E::mi, "The managed identity.").range(1, 128);
  s.key("agent", &E::agent, "The agent identity.").range(1, 128);
  s.key("on_behalf_of", &E::on_behalf_of, "For whom the agent acts.").range(1, 128);
  s.key("blueprint", &E::blueprint, "The agent's blueprint.").range(1, 128);
  s.key("ip", &E::ip, "Address.").check(complaint_about_ip);
  s.key("city", &E::city, "A place that tests know: sets country and coordinates.").check(complaint_about_city);
  s.key("country", &E::country, "Country without a place.").check(complaint_about_country);
  s.key("asn", &E::asn, "Autonomous system.");
  s.key("result", &E::result, "success, bad_password, mfa_failed ...").check(complaint_about_result);
  s.key("code", &E::code, "An error code, instead of result.");
  s.key("reason", &E::reason, "Failure reason.");
  s.key("app", &E::app, "Application.");
  s.key("resource", &E::resource, "What is accessed.");
  s.key("client_app", &E::client_app, "Browser, Mobile Apps and Desktop clients, IMAP4 ...");
  s.key("user_agent", &E::user_agent, "User agent.");
  s.key("device", &E::device, "A registered device's name.");
  s.key("compliant", &E::compliant, "The device is managed and compliant.");
  s.key("os", &E::os, "Operating system.");
  s.key("browser", &E::browser, "Browser.");
  s.key("key", &E::key, "Credential key.");
  s.key("credential", &E::credential, "Credential type: clientSecret ...");
  s.key("session", &E::session, "Session.");
  s.key("protocol", &E::protocol, "Authentication protocol: deviceCode, ropc ...");
  s.key("mfa", &E::mfa, "Text of an MFA step: 'MFA denied; user declined the authentication' ...");
  s.key("correlation", &E::correlation, "Sign-ins of one attempt share it.");
  s.key("non_interactive", &E::non_interactive, "A non-interactive sign-in of the user.");
  s.key("guest", &E::guest, "The user is a guest.");
  s.key("first_party", &E::first_party, "One of Microsoft's own service principals.");
  s.key("trusted_location", &E::trusted_location, "From a named, trusted location.");
  s.key("users", &E::users, "Repeats go round so many users (or sp, mi): name-1, name-2 ...").range(1, 5000);
  s.key("ips", &E::ips, "Repeats go round so many addresses, from ip on.").range(1, 5000);
  s.key("ip_step", &E::ip_step, "Distance of these addresses; for IPv6 in /64s.").range(1, 65536);
  s.key("resources", &E::resources, "Repeats go round so many resources: name-1, name-2 ...").range(1, 1000);
  if (!history) s.key("repeat", &E::repeat, "So many times.").range(1, 20'000);
  s.key("every", &E::every, "Time between repeats.").range(1, 30.0 * 86'400'000);
  if (history) {
    s.key("days", &E::days, "Days before time 0.").require().range(1, 120);
    s.key("hours", &E::hours, "Only in these hours of the day (UTC): 8-18.").check(complaint_about_hours);
    s.key("weekends", &E::weekends, "On Saturdays and Sundays too.");
  }
  s.check(check_who);
  return s;
}

std::string id_for(std::string_view kind, std::string_view name) {
  std::uint64_t hi = 0, lo = 0;
  if (!parse_guid(name, hi, lo)) {
    hi = (hash_of(kind, name, 0) & ~0xf000ULL) | 0x4000ULL;
    lo = (hash_of(kind, name, 1) & ~(0xc0ULL << 56)) | (0x80ULL << 56);
  }
  std::string out(36, '0');
  write_guid(out.data(), hi, lo);
  return out;
}

std::vector<std::unique_ptr<BuiltEvent>> build_events(const ShortEvent& e, bool history, std::uint64_t number) {
  const std::vector<Time> times = history ? history_times(e, number) : event_times(e);
  std::vector<std::unique_ptr<BuiltEvent>> out;
  for (std::size_t k = 0; k < times.size(); ++k) {
    auto built = std::make_unique<BuiltEvent>();
    built->time = times[k];
    Builder(*built).build(e, static_cast<std::uint32_t>(k), number);
    out.push_back(std::move(built));
  }
  return out;
}

}  // namespace bartizan::rule_testing
