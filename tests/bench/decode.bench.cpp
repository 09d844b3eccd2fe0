// Decoding to the model, in CPU time: ours, a RapidJSON DOM reader of the same fields, and parts of ours. 5.3 KB records of all four categories.

#include <benchmark/benchmark.h>
#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/codec/json_index.h"
#include "engine/codec/record_decoder.h"
#include "engine/codec/record_fields.h"
#include "engine/model/error_codes.h"
#include "tests/support/sign_in_generator.h"

namespace {

using namespace bartizan;

/// Records one behind the other, each padded, as a file reader's buffer holds them.
struct Corpus {
  std::string bytes;
  std::vector<std::pair<std::size_t, std::size_t>> records;

  explicit Corpus(std::size_t count) {
    test::Random r{7};
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = test::make_common_record(r);
      records.emplace_back(bytes.size(), text.size());
      bytes += text;
      bytes += '\n';
    }
    bytes.append(RecordDecoder::kPadding, '\0');
  }
  std::string_view record(std::size_t i) const { return std::string_view{bytes}.substr(records[i].first, records[i].second); }
};

const Corpus& corpus() {
  static const Corpus c{2000};
  return c;
}

struct CountingSink : RecordSink {
  std::size_t sign_ins = 0;
  std::size_t others = 0;
  void sign_in(const SignIn& e, const SourcePosition&) override {
    benchmark::DoNotOptimize(e);
    ++sign_ins;
  }
  void risk_report(const RiskReport&, const SourcePosition&) override { ++others; }
  void directory_change(const DirectoryChange&, const SourcePosition&) override { ++others; }
  void command(const Command&, const SourcePosition&) override { ++others; }
  void dead_letter(DeadLetter&&) override { ++others; }
  void ignored(IgnoredReason) override { ++others; }
};

template <class One>
void run(benchmark::State& state, One one) {
  const Corpus& c = corpus();
  std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    one(c.record(i));
    bytes += c.records[i].second;
    if (++i == c.records.size()) i = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void decoder(benchmark::State& state) {
  RecordDecoder d;
  CountingSink sink;
  const DecodeOptions options;
  const SourcePosition position;
  run(state, [&](std::string_view message) { d.decode(message, position, options, sink); });
  if (sink.others != 0) state.SkipWithError("a record did not decode");
}
BENCHMARK(decoder);

/// As a hub sends them: many records in one message.
void decoder_records_array(benchmark::State& state) {
  constexpr std::size_t kRecords = 100;
  std::string message = "{\"records\":[";
  for (std::size_t i = 0; i < kRecords; ++i) {
    if (i > 0) message += ',';
    message += corpus().record(i);
  }
  message += "]}";
  const std::size_t size = message.size();
  message.append(RecordDecoder::kPadding, '\0');
  RecordDecoder d;
  CountingSink sink;
  const DecodeOptions options;
  const SourcePosition position;
  for (auto _ : state) d.decode(std::string_view{message}.substr(0, size), position, options, sink);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRecords));
  if (sink.others != 0) state.SkipWithError("a record did not decode");
}
BENCHMARK(decoder_records_array);

void part_tokens(benchmark::State& state) {
  JsonIndex json;
  run(state, [&](std::string_view message) { benchmark::DoNotOptimize(json.open(message)); });
}
BENCHMARK(part_tokens);

void part_tokens_and_walk(benchmark::State& state) {
  JsonIndex json;
  RecordWalk walk;
  RecordPlaces places;
  run(state, [&](std::string_view message) {
    if (json.open(message) == JsonError::none) benchmark::DoNotOptimize(walk.walk(json, 0, places));
  });
}
BENCHMARK(part_tokens_and_walk);

/// The same fields out of a RapidJSON document, without fallbacks, checks of types or repeated keys: kinder to it than the decoder is to
/// itself. The allocator's memory is reused.
class DomReader {
  using Value = rapidjson::Value;

 public:
  bool read(std::string_view message, SignIn& e) {
    rapidjson::MemoryPoolAllocator<> values{pool_.get(), kPoolBytes};
    rapidjson::MemoryPoolAllocator<> stack{stack_.get(), kPoolBytes};
    using Document = rapidjson::GenericDocument<rapidjson::UTF8<>, rapidjson::MemoryPoolAllocator<>, rapidjson::MemoryPoolAllocator<>>;
    Document d{&values, 1024, &stack};
    d.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseFullPrecisionFlag>(message.data(), message.size());
    if (d.HasParseError() || !d.IsObject()) return false;
    e = SignIn{};
    e.published_time = time(d, "time");
    e.tenant_id = id(d, "tenantId");
    e.category = text(d, "category") == "SignInLogs" ? SignInCategory::interactive_user : SignInCategory::service_principal;
    const auto properties = d.FindMember("properties");
    if (properties == d.MemberEnd() || !properties->value.IsObject()) return false;
    read_properties(properties->value, e);
    benchmark::DoNotOptimize(e);
    return true;
  }

 private:
  static const Value* find(const Value& v, const char* name) {
    const auto it = v.FindMember(name);
    return it == v.MemberEnd() ? nullptr : &it->value;
  }
  static std::string_view text(const Value& v, const char* name) {
    const Value* m = find(v, name);
    return m != nullptr && m->IsString() ? std::string_view{m->GetString(), m->GetStringLength()} : std::string_view{};
  }
  Time time(const Value& v, const char* name) {
    return parse_time(text(v, name)).value_or(Time{});
  }
  Id id(const Value& v, const char* name) {
    return Id::from_or_none(text(v, name));
  }
  static bool truth(const Value& v, const char* name) {
    const Value* m = find(v, name);
    return m != nullptr && m->IsBool() && m->GetBool();
  }
  void read_properties(const Value& p, SignIn& e) {
    e.id = id(p, "id");
    e.event_time = time(p, "createdDateTime");
    e.correlation_id = id(p, "correlationId");
    e.session_id = id(p, "sessionId");
    e.original_request_id = id(p, "originalRequestId");
    e.unique_token_id = text(p, "uniqueTokenIdentifier");
    e.user_id = id(p, "userId");
    e.user_principal_name = text(p, "userPrincipalName");
    e.user_name = text(p, "userDisplayName");
    e.user_type = text(p, "userType") == "Member" ? UserType::member : UserType::unknown;
    e.home_tenant_id = id(p, "homeTenantId");
    e.resource_tenant_id = id(p, "resourceTenantId");
    e.cross_tenant_access = text(p, "crossTenantAccessType");
    e.service_principal_id = id(p, "servicePrincipalId");
    e.service_principal_name = text(p, "servicePrincipalName");
    e.app_owner_tenant_id = id(p, "appOwnerTenantId");
    e.credential_type = text(p, "clientCredentialType");
    e.credential_key_id = id(p, "servicePrincipalCredentialKeyId");
    e.credential_thumbprint = text(p, "servicePrincipalCredentialThumbprint");
    e.federated_credential_id = id(p, "federatedCredentialId");
    e.azure_resource_id = text(p, "azureResourceId");
    e.app_id = id(p, "appId");
    e.app_name = text(p, "appDisplayName");
    e.client_app = text(p, "clientAppUsed");
    e.ip = IpAddress::parse(text(p, "ipAddress")).value_or(IpAddress{});
    e.resource_provider_ip = IpAddress::parse(text(p, "ipAddressFromResourceProvider")).value_or(IpAddress{});
    const auto* asn = find(p, "autonomousSystemNumber");
    if (asn != nullptr && asn->IsUint()) e.asn = asn->GetUint();
    e.user_agent = text(p, "userAgent");
    e.auth_requirement = text(p, "authenticationRequirement");
    e.auth_protocol = text(p, "authenticationProtocol");
    e.original_transfer_method = text(p, "originalTransferMethod");
    e.incoming_token_type = text(p, "incomingTokenType");
    e.conditional_access = text(p, "conditionalAccessStatus") == "success" ? ConditionalAccess::success : ConditionalAccess::failure;
    e.token_issuer_type = text(p, "tokenIssuerType");
    e.token_issuer_name = text(p, "tokenIssuerName");
    e.flags = (truth(p, "isInteractive") ? 1u : 0u) | (truth(p, "flaggedForReview") ? 2u : 0u) | (truth(p, "isThroughGlobalSecureAccess") ? 4u : 0u);
    e.resource_id = id(p, "resourceId");
    e.resource_name = text(p, "resourceDisplayName");
    e.resource_service_principal_id = id(p, "resourceServicePrincipalId");
    e.risk_level_during = text(p, "riskLevelDuringSignIn") == "high" ? EntraRiskLevel::high : EntraRiskLevel::none;
    e.risk_level_aggregated = text(p, "riskLevelAggregated") == "high" ? EntraRiskLevel::high : EntraRiskLevel::none;
    e.risk_state = text(p, "riskState") == "atRisk" ? EntraRiskState::at_risk : EntraRiskState::none;
    e.risk_detail = text(p, "riskDetail");
    read_objects(p, e);
  }
  void read_objects(const Value& p, SignIn& e) {
    if (const Value* s = find(p, "status"); s != nullptr && s->IsObject()) {
      const Value* code = find(*s, "errorCode");
      if (code != nullptr && code->IsInt()) e.result_code = code->GetInt();
      e.failure_reason = text(*s, "failureReason");
      e.additional_details = text(*s, "additionalDetails");
    }
    const ErrorCode& row = error_code(e.result_code);
    e.result_class = row.result_class;
    e.failure_class = row.failure_class;
    e.password_validated = row.password_validated;
    if (const Value* l = find(p, "location"); l != nullptr && l->IsObject()) {
      e.location.city = text(*l, "city");
      e.location.state = text(*l, "state");
      const std::string_view country = text(*l, "countryOrRegion");
      if (country.size() == 2) e.location.country = {country[0], country[1]};
      if (const Value* g = find(*l, "geoCoordinates"); g != nullptr && g->IsObject()) {
        const Value* latitude = find(*g, "latitude");
        const Value* longitude = find(*g, "longitude");
        if (latitude != nullptr && latitude->IsNumber()) e.location.latitude = latitude->GetDouble();
        if (longitude != nullptr && longitude->IsNumber()) e.location.longitude = longitude->GetDouble();
      }
    }
    if (const Value* d = find(p, "deviceDetail"); d != nullptr && d->IsObject()) {
      e.device.id = text(*d, "deviceId");
      e.device.name = text(*d, "displayName");
      e.device.os = text(*d, "operatingSystem");
      e.device.browser = text(*d, "browser");
      e.device.trust_type = text(*d, "trustType");
      e.device.compliant = truth(*d, "isCompliant") ? Tristate::yes : Tristate::no;
      e.device.managed = truth(*d, "isManaged") ? Tristate::yes : Tristate::no;
    }
    if (const Value* a = find(p, "agent"); a != nullptr && a->IsObject()) {
      e.agent.type = text(*a, "agentType");
      e.agent.subject_type = text(*a, "agentSubjectType");
      e.agent.parent_app_id = id(*a, "parentAppId");
    }
    if (const Value* steps = find(p, "authenticationDetails"); steps != nullptr && steps->IsArray()) {
      std::size_t n = 0;
      for (const Value& s : steps->GetArray()) {
        if (n == kAuthStepsMax || !s.IsObject()) break;
        AuthStep& step = steps_[n++];
        step.method = text(s, "authenticationMethod");
        step.detail = text(s, "authenticationMethodDetail");
        step.result_detail = text(s, "authenticationStepResultDetail");
        step.requirement = text(s, "authenticationStepRequirement");
        step.time = time(s, "authenticationStepDateTime");
        step.succeeded = truth(s, "succeeded") ? Tristate::yes : Tristate::no;
      }
      e.auth_steps = {steps_, n};
    }
    if (const Value* networks = find(p, "networkLocationDetails"); networks != nullptr && networks->IsArray()) {
      for (const Value& n : networks->GetArray()) {
        if (n.IsObject() && text(n, "networkType") == "trustedNamedLocation") e.flags |= kFlagTrustedLocation;
      }
    }
  }

  static constexpr std::size_t kPoolBytes = 256 * 1024;
  std::unique_ptr<char[]> pool_{new char[kPoolBytes]};
  std::unique_ptr<char[]> stack_{new char[kPoolBytes]};
  AuthStep steps_[kAuthStepsMax];
};

void rapidjson_dom(benchmark::State& state) {
  DomReader reader;
  SignIn e;
  std::size_t failed = 0;
  run(state, [&](std::string_view message) { failed += reader.read(message, e) ? 0 : 1; });
  if (failed != 0) state.SkipWithError("a record did not parse");
}
BENCHMARK(rapidjson_dom);

}  // namespace
