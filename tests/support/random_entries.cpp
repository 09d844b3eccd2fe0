#include "tests/support/random_entries.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <tuple>

#include "engine/model/hash.h"

namespace bartizan::test {

std::uint64_t Random::word() { return mix64(state_ += 0x9e3779b97f4a7c15ULL); }

std::string_view RandomEntries::text(std::size_t max) {
  if (random_.chance(30)) return {};
  if (!texts_.empty() && random_.chance(60)) {
    const std::string& old = texts_[random_.below(texts_.size())];
    if (!old.empty() && old.size() <= max) return old;
  }
  const std::size_t size = random_.chance(5) ? max : 1 + random_.below(24);
  std::string& made = texts_.emplace_back();
  while (made.size() < std::min(size, max)) made.push_back(static_cast<char>(random_.below(256)));
  return made;
}

Id RandomEntries::id() {
  const std::uint64_t choice = random_.below(10);
  if (choice < 2) return {};
  if (choice < 8) return Id::from_guid(random_.word(), random_.word());
  if (choice == 8) return Id::from_guid(random_.below(3), random_.below(3));
  return Id::from(text(kIdBytesMax));
}

Time RandomEntries::time() {
  switch (random_.below(8)) {
    case 0: return Time{};
    case 1: return time_from_ms(std::numeric_limits<std::int64_t>::min());
    case 2: return time_from_ms(std::numeric_limits<std::int64_t>::max());
    case 3: return time_from_ms(static_cast<std::int64_t>(random_.word()));
    default: return time_from_ms(1'767'225'600'000 + static_cast<std::int64_t>(random_.below(1'000'000)));
  }
}

IpAddress RandomEntries::ip() {
  if (random_.chance(20)) return {};
  if (random_.chance(50)) return IpAddress::v4(static_cast<std::uint32_t>(random_.word()));
  std::array<std::uint8_t, 16> bytes{};
  for (auto& b : bytes) b = static_cast<std::uint8_t>(random_.below(256));
  return IpAddress::v6(bytes);
}

double RandomEntries::degrees() { return static_cast<double>(static_cast<std::int64_t>(random_.below(360'000'001)) - 180'000'000) / 1e6; }

SignIn RandomEntries::sign_in() {
  SignIn e;
  const auto any = [this](auto& value, std::uint64_t values) { value = static_cast<std::remove_reference_t<decltype(value)>>(random_.below(values)); };
  for (Id* field : {&e.id, &e.tenant_id, &e.correlation_id, &e.session_id, &e.original_request_id, &e.user_id, &e.home_tenant_id,
                    &e.resource_tenant_id, &e.service_principal_id, &e.app_owner_tenant_id, &e.credential_key_id,
                    &e.federated_credential_id, &e.agent.parent_app_id, &e.agent.subject_parent_id, &e.app_id, &e.resource_id,
                    &e.resource_service_principal_id}) {
    *field = id();
  }
  for (std::string_view* field :
       {&e.unique_token_id, &e.user_principal_name, &e.user_name, &e.cross_tenant_access, &e.service_principal_name, &e.credential_type,
        &e.credential_thumbprint, &e.managed_identity_type, &e.managed_identity_resource_id, &e.azure_resource_id, &e.agent.type,
        &e.agent.subject_type, &e.app_name, &e.client_app, &e.ip_text, &e.location.city, &e.location.state, &e.device.id, &e.device.name,
        &e.device.os, &e.device.browser, &e.device.trust_type, &e.user_agent, &e.auth_requirement, &e.auth_protocol,
        &e.original_transfer_method, &e.incoming_token_type, &e.token_issuer_type, &e.token_issuer_name, &e.resource_name,
        &e.failure_reason, &e.additional_details, &e.risk_detail}) {
    *field = text(1024);
  }
  e.event_time = time();
  e.published_time = time();
  any(e.category, 4);
  e.flags = static_cast<std::uint32_t>(random_.word());
  e.count = static_cast<std::uint32_t>(random_.word() >> random_.below(64));
  any(e.user_type, 3);
  e.ip = ip();
  e.resource_provider_ip = ip();
  e.asn = static_cast<std::uint32_t>(random_.word() >> random_.below(64));
  if (random_.chance(70)) e.location.country = {'P', 'T'};
  e.location.has_coordinates = random_.chance(70);
  if (e.location.has_coordinates) {
    e.location.latitude = degrees();
    e.location.longitude = degrees();
  }
  any(e.device.compliant, 3);
  any(e.device.managed, 3);
  auto& steps = steps_.emplace_back(random_.below(kAuthStepsMax + 1));
  for (AuthStep& s : steps) {
    s.method = text(256), s.detail = text(256), s.result_detail = text(256), s.requirement = text(256), s.time = time();
    any(s.succeeded, 3);
  }
  e.auth_steps = steps;
  any(e.conditional_access, 4);
  e.result_code = static_cast<std::int32_t>(random_.word());
  any(e.result_class, 3);
  any(e.failure_class, 18);
  any(e.password_validated, 3);
  any(e.risk_level_during, 4);
  any(e.risk_level_aggregated, 4);
  any(e.risk_state, 6);
  for (auto [list, max] : {std::pair{&e.risk_event_types, kRiskEventTypesMax}, std::pair{&e.matched_rules, kMatchedRulesMax}}) {
    auto& words = words_.emplace_back(random_.chance(50) ? 0 : random_.below(max + 1));
    for (std::string_view& w : words) w = text(64);
    *list = words;
  }
  return e;
}

Command RandomEntries::command() {
  Command c;
  c.id = id(), c.tenant_id = id(), c.target_id = id(), c.author = text(320), c.note = text(1024), c.at = time();
  c.action = static_cast<CommandAction>(random_.below(3));
  c.target = static_cast<CommandTarget>(random_.below(5));
  if (random_.chance(50)) c.decided_on_revision = random_.word();
  return c;
}

RiskReport RandomEntries::risk_report() {
  RiskReport r;
  const auto any = [this](auto& field, std::uint64_t values) {
    field = static_cast<std::remove_reference_t<decltype(field)>>(random_.below(values));
  };
  for (Id* field : {&r.id, &r.tenant_id, &r.entity_id, &r.app_id, &r.blueprint_id, &r.request_id, &r.correlation_id}) *field = id();
  for (std::string_view* field : {&r.name, &r.user_principal_name, &r.event_type, &r.source, &r.location.city, &r.location.state, &r.user_agent}) {
    *field = text(256);
  }
  any(r.kind, 2), any(r.entity_type, 4), any(r.identity_type, 4), any(r.level, 4), any(r.state, 6), any(r.detail, 22), any(r.timing, 4);
  any(r.deleted, 3), any(r.processing, 3), any(r.enabled, 3);
  r.level_hidden = random_.chance(20);
  r.ip = ip();
  r.location.has_coordinates = random_.chance(70);
  if (r.location.has_coordinates) {
    r.location.latitude = degrees();
    r.location.longitude = degrees();
  }
  r.event_time = time();
  r.updated = time();
  r.published_time = time();
  return r;
}

DirectoryChange RandomEntries::directory_change() {
  DirectoryChange c;
  c.operation = static_cast<DirectoryOperation>(random_.below(kDirectoryOperations));
  c.target_type = static_cast<EntityType>(random_.below(4));
  c.id = id();
  c.tenant_id = id();
  c.target_id = id();
  c.target_name = text(256);
  c.target_principal_name = text(320);
  c.actor = text(320);
  auto& keys = keys_.emplace_back(random_.below(kNewKeysMax + 1));
  for (Id& key : keys) key = id();
  c.new_keys = keys;
  c.event_time = time();
  c.published_time = time();
  return c;
}

const JournalEntry& RandomEntries::next() {
  JournalEntry& entry = entries_.emplace_back();
  SourcePosition& p = entry.source;
  if (random_.chance(80)) {
    p.source.input = text(64), p.source.topic = text(64), p.source.file = text(64);
    p.source.generation = static_cast<std::uint32_t>(random_.word() >> random_.below(64));
    p.source.partition = static_cast<std::int32_t>(random_.below(4));
  }
  p.offset = static_cast<std::int64_t>(random_.chance(10) ? random_.word() : random_.below(1000));
  p.index = random_.chance(10) ? std::numeric_limits<std::int32_t>::max() : static_cast<std::int32_t>(random_.below(100)) - 1;
  p.timestamp = time();
  entry.append_time = time();
  switch (random_.below(14)) {
    case 0: entry.body = command(); break;
    case 1: entry.body = Tick{}; break;
    case 2: entry.body = BundleActivation{text(64), text(64), static_cast<std::uint32_t>(random_.word()), text(64)}; break;
    case 3: entry.body = Quarantine{static_cast<std::int64_t>(random_.word()), static_cast<std::int32_t>(random_.word())}; break;
    case 4: entry.body = risk_report(); break;
    case 5: entry.body = directory_change(); break;
    default: entry.body = sign_in();
  }
  return entry;
}

namespace {

bool same(const SignIn& a, const SignIn& b, std::string& what) {
#define BARTIZAN_SAME(field) \
  if (!(a.field == b.field)) return what = #field, false
  BARTIZAN_SAME(id); BARTIZAN_SAME(tenant_id); BARTIZAN_SAME(correlation_id); BARTIZAN_SAME(session_id);
  BARTIZAN_SAME(original_request_id); BARTIZAN_SAME(unique_token_id); BARTIZAN_SAME(event_time); BARTIZAN_SAME(published_time);
  BARTIZAN_SAME(category); BARTIZAN_SAME(flags); BARTIZAN_SAME(count); BARTIZAN_SAME(user_id); BARTIZAN_SAME(user_principal_name);
  BARTIZAN_SAME(user_name); BARTIZAN_SAME(user_type); BARTIZAN_SAME(home_tenant_id); BARTIZAN_SAME(resource_tenant_id);
  BARTIZAN_SAME(cross_tenant_access); BARTIZAN_SAME(service_principal_id); BARTIZAN_SAME(service_principal_name);
  BARTIZAN_SAME(app_owner_tenant_id); BARTIZAN_SAME(credential_type); BARTIZAN_SAME(credential_key_id);
  BARTIZAN_SAME(credential_thumbprint); BARTIZAN_SAME(federated_credential_id); BARTIZAN_SAME(managed_identity_type);
  BARTIZAN_SAME(managed_identity_resource_id); BARTIZAN_SAME(azure_resource_id); BARTIZAN_SAME(agent.type);
  BARTIZAN_SAME(agent.subject_type); BARTIZAN_SAME(agent.parent_app_id); BARTIZAN_SAME(agent.subject_parent_id);
  BARTIZAN_SAME(app_id); BARTIZAN_SAME(app_name); BARTIZAN_SAME(client_app); BARTIZAN_SAME(ip); BARTIZAN_SAME(ip_text);
  BARTIZAN_SAME(resource_provider_ip); BARTIZAN_SAME(asn); BARTIZAN_SAME(location.city); BARTIZAN_SAME(location.state);
  BARTIZAN_SAME(location.country); BARTIZAN_SAME(location.has_coordinates); BARTIZAN_SAME(location.latitude);
  BARTIZAN_SAME(location.longitude); BARTIZAN_SAME(device.id); BARTIZAN_SAME(device.name); BARTIZAN_SAME(device.os);
  BARTIZAN_SAME(device.browser); BARTIZAN_SAME(device.trust_type); BARTIZAN_SAME(device.compliant); BARTIZAN_SAME(device.managed);
  BARTIZAN_SAME(user_agent); BARTIZAN_SAME(auth_requirement); BARTIZAN_SAME(auth_protocol); BARTIZAN_SAME(original_transfer_method);
  BARTIZAN_SAME(incoming_token_type); BARTIZAN_SAME(conditional_access); BARTIZAN_SAME(token_issuer_type);
  BARTIZAN_SAME(token_issuer_name); BARTIZAN_SAME(resource_id); BARTIZAN_SAME(resource_name);
  BARTIZAN_SAME(resource_service_principal_id); BARTIZAN_SAME(result_code); BARTIZAN_SAME(result_class); BARTIZAN_SAME(failure_class);
  BARTIZAN_SAME(password_validated); BARTIZAN_SAME(failure_reason); BARTIZAN_SAME(additional_details);
  BARTIZAN_SAME(risk_level_during); BARTIZAN_SAME(risk_level_aggregated); BARTIZAN_SAME(risk_state); BARTIZAN_SAME(risk_detail);
#undef BARTIZAN_SAME
  const auto step = [](const AuthStep& s) { return std::tie(s.method, s.detail, s.result_detail, s.requirement, s.time, s.succeeded); };
  what = "auth_steps";
  if (!std::equal(a.auth_steps.begin(), a.auth_steps.end(), b.auth_steps.begin(), b.auth_steps.end(),
                  [&](const AuthStep& x, const AuthStep& y) { return step(x) == step(y); })) {
    return false;
  }
  what = "risk_event_types";
  if (!std::equal(a.risk_event_types.begin(), a.risk_event_types.end(), b.risk_event_types.begin(), b.risk_event_types.end())) return false;
  what = "matched_rules";
  return std::equal(a.matched_rules.begin(), a.matched_rules.end(), b.matched_rules.begin(), b.matched_rules.end());
}

bool same(const Command& a, const Command& b, std::string& what) {
  const auto all = [](const Command& c) {
    return std::tie(c.id, c.tenant_id, c.action, c.target, c.target_id, c.author, c.at, c.decided_on_revision, c.note);
  };
  what = "command";
  return all(a) == all(b);
}
bool same(const RiskReport& a, const RiskReport& b, std::string& what) {
  const auto all = [](const RiskReport& r) {
    return std::tie(r.kind, r.id, r.tenant_id, r.entity_type, r.entity_id, r.name, r.user_principal_name, r.app_id, r.identity_type,
                    r.blueprint_id, r.event_type, r.source, r.level, r.level_hidden, r.state, r.detail, r.timing, r.deleted, r.processing,
                    r.enabled, r.request_id, r.correlation_id, r.ip, r.location.city, r.location.state, r.location.country,
                    r.location.has_coordinates, r.location.latitude, r.location.longitude, r.user_agent, r.event_time, r.updated,
                    r.published_time);
  };
  what = "risk report";
  return all(a) == all(b);
}
bool same(const DirectoryChange& a, const DirectoryChange& b, std::string& what) {
  const auto all = [](const DirectoryChange& c) {
    return std::tie(c.operation, c.id, c.tenant_id, c.target_type, c.target_id, c.target_name, c.target_principal_name, c.actor, c.event_time,
                    c.published_time);
  };
  what = "directory change";
  return all(a) == all(b) && std::equal(a.new_keys.begin(), a.new_keys.end(), b.new_keys.begin(), b.new_keys.end());
}
bool same(const Tick&, const Tick&, std::string&) { return true; }
bool same(const BundleActivation& a, const BundleActivation& b, std::string& what) {
  what = "bundle activation";
  return std::tie(a.hash, a.previous, a.rule_count, a.by) == std::tie(b.hash, b.previous, b.rule_count, b.by);
}
bool same(const Quarantine& a, const Quarantine& b, std::string& what) {
  what = "quarantine";
  return a.offset == b.offset && a.index == b.index;
}

}  // namespace

std::string difference(const JournalEntry& a, const JournalEntry& b) {
  if (!(a.source.source == b.source.source)) return "source";
  if (a.source.offset != b.source.offset || a.source.index != b.source.index) return "source position";
  if (a.source.timestamp != b.source.timestamp) return "source timestamp";
  if (a.append_time != b.append_time) return "append_time";
  if (a.body.index() != b.body.index()) return "kind";
  std::string what;
  const bool equal = std::visit(
      [&](const auto& x) { return same(x, std::get<std::remove_cvref_t<decltype(x)>>(b.body), what); }, a.body);
  return equal ? std::string{} : what;
}

}  // namespace bartizan::test
