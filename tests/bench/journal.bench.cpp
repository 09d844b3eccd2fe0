// Encoding and decoding of journal messages: events a CPU second, bytes an event as packed and behind zstd level 3.

#include <benchmark/benchmark.h>
#include <zstd.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/journal.h"

namespace {

using namespace bartizan;

constexpr std::size_t kUsers = 100'000;
constexpr std::size_t kEvents = 32'768;
constexpr std::array<std::string_view, 12> kFirst{"ana", "ben", "cleo", "dara", "emil", "fia", "goran", "hana", "ivo", "jola", "kemal", "lene"};
constexpr std::array<std::string_view, 12> kLast{"souza", "okafor", "martin", "lind", "novak", "rossi", "haas", "ito", "berg", "dupont", "silva", "kovac"};
constexpr std::array<std::string_view, 8> kSystems{"Windows10", "Windows 11", "Ios 17.5", "Android 14", "MacOs", "Linux", "Windows", ""};
constexpr std::array<std::string_view, 8> kReasons{"", "Invalid username or password or Invalid on-premise username or password.",
                                                   "Strong Authentication is required.", "The user is locked.", "", "", "", ""};

/// A day of one tenant as a decoder would hand it over: four categories, users that seldom repeat within a message, random ids.
class Day {
 public:
  Day() {
    for (std::size_t i = 0; i < 60; ++i) {
      cities_.push_back(keep("City number " + std::to_string(i)));
      agents_.push_back(keep("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/" +
                             std::to_string(100 + i) + ".0.0.0 Safari/537.36 Edg/" + std::to_string(100 + i) + ".0.0.0"));
      browsers_.push_back(keep("Edge " + std::to_string(100 + i) + ".0.0"));
      names_.push_back(keep("Application of department " + std::to_string(i)));
      guids_.push_back(guid());
    }
    entries_.reserve(kEvents);
    for (std::size_t i = 0; i < kEvents; ++i) entries_.push_back(make(i));
  }
  const std::vector<JournalEntry>& entries() const { return entries_; }

 private:
  std::uint64_t word() { return mix64(state_ += 0x9e3779b97f4a7c15ULL); }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(word() % n); }
  /// Small numbers often, as applications are.
  std::size_t skewed(std::size_t n) { return below(below(n) + 1); }
  Id guid() { return Id::from_guid(word(), word()); }
  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  JournalEntry make(std::size_t i) {
    JournalEntry entry;
    entry.source.source.input = "in/day-001.ndjson";
    entry.source.source.file = "day-001.ndjson";
    entry.source.offset = static_cast<std::int64_t>(i) + 1;
    clock_ += below(60);
    SignIn e;
    e.published_time = time_from_ms(1'772'409'600'000 + static_cast<std::int64_t>(clock_));
    e.event_time = e.published_time - Duration{60'000 + static_cast<std::int64_t>(below(600'000))};
    entry.append_time = e.published_time;
    e.id = guid();
    e.tenant_id = Id::from("3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21");
    e.correlation_id = guid();
    const std::size_t kind = below(100);
    if (kind < 75) {
      e.category = kind < 25 ? SignInCategory::interactive_user : SignInCategory::non_interactive_user;
      user(e);
    } else {
      e.category = kind < 95 ? SignInCategory::service_principal : SignInCategory::managed_identity;
      workload(e);
    }
    const std::size_t app = skewed(60);
    e.app_id = guids_[app];
    e.app_name = names_[app];
    const std::size_t resource = skewed(20);
    e.resource_id = guids_[59 - resource];
    e.resource_name = names_[59 - resource];
    e.resource_tenant_id = guids_[1];
    e.incoming_token_type = e.category == SignInCategory::non_interactive_user ? "primaryRefreshToken" : "none";
    e.original_transfer_method = "none";
    e.token_issuer_type = "AzureAD";
    entry.body = e;
    return entry;
  }

  void user(SignIn& e) {
    const std::size_t n = below(kUsers);
    const std::uint64_t h = mix64(n + 1);
    const std::string_view first = kFirst[h % 12];
    const std::string_view last = kLast[h / 12 % 12];
    e.user_id = Id::from_guid(mix64(h), mix64(h + 1));
    e.user_principal_name = keep(std::string{first} + '.' + std::string{last} + std::to_string(n) + "@example.com");
    e.user_name = keep(std::string{first} + ' ' + std::string{last});
    e.user_type = UserType::member;
    e.session_id = guid();
    e.ip = IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(h % 8 == 0 ? h % 500 : h & 0xffffff));
    e.asn = 64496 + static_cast<std::uint32_t>(h % 15);
    const std::size_t city = h % 60;
    e.location.city = cities_[city];
    e.location.country = {'P', 'T'};
    e.location.has_coordinates = true;
    e.location.latitude = static_cast<double>(38'000'000 + city * 12345) / 1e6;
    e.location.longitude = static_cast<double>(city * 54321) / 1e6 - 9;
    if (h % 3 != 0) {
      std::array<char, 36> id{};
      write_guid(id.data(), mix64(h + 2), mix64(h + 3));
      e.device.id = keep(std::string{id.data(), id.size()});
      e.device.name = keep("LT-" + std::to_string(h % 100000));
      e.device.trust_type = "Azure AD joined";
      e.device.compliant = Tristate::yes;
      e.device.managed = Tristate::yes;
    }
    e.device.os = kSystems[h % 7];
    e.device.browser = browsers_[h % 60];
    e.user_agent = agents_[h % 60];
    e.client_app = h % 4 == 0 ? "Mobile Apps and Desktop clients" : "Browser";
    e.auth_requirement = h % 2 == 0 ? "multiFactorAuthentication" : "singleFactorAuthentication";
    e.auth_protocol = "none";
    e.conditional_access = ConditionalAccess::success;
    if (below(20) == 0) {
      e.result_code = 50126;
      e.result_class = ResultClass::failure;
      e.failure_class = FailureClass::bad_password;
      e.failure_reason = kReasons[1];
    }
    if (e.category != SignInCategory::interactive_user) return;
    std::vector<AuthStep>& steps = steps_.emplace_back(2);
    steps[0] = AuthStep{"Password", "Password Hash Sync", "Correct password", "Primary authentication", e.event_time, Tristate::yes};
    steps[1] = AuthStep{"Previously satisfied", "", "MFA requirement satisfied by claim in the token", "", e.event_time, Tristate::yes};
    e.auth_steps = steps;
  }

  void workload(SignIn& e) {
    const std::size_t n = skewed(2000);
    e.service_principal_id = Id::from_guid(mix64(n), mix64(n + 5));
    e.service_principal_name = names_[n % 60];
    e.app_owner_tenant_id = e.tenant_id;
    if (e.category == SignInCategory::managed_identity) return;
    e.credential_type = "clientSecret";
    e.credential_key_id = Id::from_guid(mix64(n + 7), mix64(n + 8));
    e.ip = IpAddress::v4(0x0a000000u + static_cast<std::uint32_t>(n % 700));
    e.location.city = cities_[n % 60];
    e.location.country = {'I', 'E'};
  }

  std::uint64_t state_ = 42;
  std::uint64_t clock_ = 0;
  std::deque<std::string> texts_;
  std::deque<std::vector<AuthStep>> steps_;
  std::vector<std::string_view> cities_, agents_, browsers_, names_;
  std::vector<Id> guids_;
  std::vector<JournalEntry> entries_;
};

const Day& day() {
  static const Day instance;
  return instance;
}

std::vector<std::string> messages(std::size_t entries_per_message) {
  std::vector<std::string> all;
  JournalWriter writer;
  for (const JournalEntry& entry : day().entries()) {
    writer.add(entry);
    if (writer.entries() == entries_per_message) all.push_back(writer.finish(true));
  }
  return all;
}

void report_bytes(benchmark::State& state, const std::vector<std::string>& all) {
  std::size_t raw = 0;
  std::size_t packed = 0;
  for (const std::string& message : all) {
    std::string out(ZSTD_compressBound(message.size()), '\0');
    packed += ZSTD_compress(out.data(), out.size(), message.data(), message.size(), 3);
    raw += message.size();
  }
  state.counters["bytes/event"] = static_cast<double>(raw) / static_cast<double>(kEvents);
  state.counters["zstd/event"] = static_cast<double>(packed) / static_cast<double>(kEvents);
}

/// The same entries again and again, few enough to stay in the cache: in the line an entry has just been decoded.
void encode(benchmark::State& state) {
  const std::vector<JournalEntry> hot(day().entries().begin(), day().entries().begin() + 256);
  JournalWriter writer;
  for (auto _ : state) {
    for (const JournalEntry& entry : hot) writer.add(entry);
    benchmark::DoNotOptimize(writer.finish(true));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(hot.size()));
}
BENCHMARK(encode);

void decode(benchmark::State& state) {
  const std::vector<std::string> all = messages(static_cast<std::size_t>(state.range(0)));
  report_bytes(state, all);
  JournalReader reader;
  std::uint64_t seen = 0;
  for (auto _ : state) {
    for (const std::string& message : all) {
      if (!reader.open(message, Time{})) state.SkipWithError("corrupt");
      while (const JournalEntry* entry = reader.next()) seen += std::get<SignIn>(entry->body).id.hi();
    }
  }
  benchmark::DoNotOptimize(seen);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kEvents));
}
BENCHMARK(decode)->Arg(256)->Arg(1024)->Arg(4096);

}  // namespace
