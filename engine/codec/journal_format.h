#pragma once
// What writer and reader of the journal agree on: sections, groups of fields, checksum (docs/formats/journal.md).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "engine/model/journal_entry.h"

namespace bartizan::journal {

constexpr std::size_t kEntriesMax = 65536;
constexpr std::size_t kMessageBytesMax = 16u << 20;
constexpr std::size_t kTextsMax = 4u << 20;
constexpr std::size_t kHeaderBytes = 10;  // version, flags, checksum
constexpr std::uint8_t kOwnAppendTimes = 1;
constexpr std::int64_t kMicroMax = 1'000'000'000'000;  // coordinates, in millionths of a degree

enum class Kind : std::uint8_t { sign_in, command, tick, bundle_activation, quarantine, risk_report, directory_change };
/// The first kind that a version has and the one before has not.
constexpr std::uint8_t kFirstKindOfVersion2 = 5;

/// Sections of a message, in their order. Like stands beside like, so that a compressor outside finds the pattern of each and leaves
/// random bytes alone.
enum Section : std::size_t { kRows, kTimes, kAppendTimes, kAddresses, kGuids, kEventIds, kTokens, kLengths, kTexts, kSections };

/// References in the rows: 0 is the empty value, 1 the next new one (its fields follow), 2 + n the n-th of the message.
constexpr std::uint64_t kRefNone = 0;
constexpr std::uint64_t kRefNew = 1;
constexpr std::uint64_t kRefFirst = 2;

/// XXH64 (Collet, "xxHash fast digest algorithm", specification 0.1.1): 15 GB/s without special instructions.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed);

/// What a sign-in row carries beside its groups: two bits each for the kinds of four ids (Id::Kind) and two addresses (Family), then
/// presence, then list sizes. Part of the frame group, so absent fields cost nothing.
struct Shape {
  static constexpr int kIdShift = 0;
  static constexpr int kCorrelationShift = 2;
  static constexpr int kSessionShift = 4;
  static constexpr int kOriginalRequestShift = 6;
  static constexpr int kIpShift = 8;
  static constexpr int kResourceProviderIpShift = 10;
  static constexpr int kUniqueTokenShift = 12;  // one bit
  static constexpr int kIpTextShift = 13;       // one bit
  static constexpr int kStepsShift = 14;        // 5 bits, 0..16
  static constexpr int kRiskTypesShift = 19;    // 5 bits, 0..20
  static constexpr int kMatchedShift = 24;      // 7 bits, 0..64
};

// Groups: fields that repeat together. Each distinct combination is written once in a message and referred to afterwards. `of` ties the
// fields of an object in their written order. Texts of groups with `kOwnTexts` belong to one combination alone (a name, a device's id): the
// writer does not look for earlier ones.

struct SourceFields {
  template <class P>
  static auto of(P& p) {
    return std::tie(p.source.input, p.source.topic, p.source.file, p.source.generation, p.source.partition);
  }
};

struct FrameFields {
  template <class S, class W>
  static auto of(S& e, W& shape) {
    return std::tie(e.tenant_id, e.category, e.flags, e.count, shape);
  }
};

struct UserFields {
  static constexpr bool kOwnTexts = true;
  template <class S>
  static auto of(S& e) {
    return std::tie(e.user_id, e.user_principal_name, e.user_name, e.user_type, e.home_tenant_id);
  }
};

struct WorkloadFields {
  template <class S>
  static auto of(S& e) {
    return std::tie(e.service_principal_id, e.service_principal_name, e.app_owner_tenant_id, e.credential_type, e.credential_key_id,
                    e.credential_thumbprint, e.federated_credential_id, e.managed_identity_type, e.managed_identity_resource_id);
  }
};

struct AgentFields {
  template <class S>
  static auto of(S& e) {
    return std::tie(e.agent.type, e.agent.subject_type, e.agent.parent_app_id, e.agent.subject_parent_id);
  }
};

struct AppFields {
  template <class S>
  static auto of(S& e) {
    return std::tie(e.app_id, e.app_name, e.client_app, e.auth_requirement, e.auth_protocol, e.original_transfer_method,
                    e.incoming_token_type, e.token_issuer_type, e.token_issuer_name);
  }
};

struct PlaceFields {
  template <class S>
  static auto of(S& e) {
    return std::tie(e.asn, e.location.city, e.location.state, e.location.country, e.location.has_coordinates, e.location.latitude,
                    e.location.longitude);
  }
};

struct DeviceFields {  // which device
  static constexpr bool kOwnTexts = true;
  template <class S>
  static auto of(S& e) {
    return std::tie(e.device.id, e.device.name);
  }
};

struct ClientFields {  // what kind of device and browser
  template <class S>
  static auto of(S& e) {
    return std::tie(e.user_agent, e.device.os, e.device.browser, e.device.trust_type, e.device.compliant, e.device.managed);
  }
};

struct ResourceFields {
  template <class S>
  static auto of(S& e) {
    return std::tie(e.resource_id, e.resource_name, e.resource_service_principal_id, e.resource_tenant_id, e.azure_resource_id,
                    e.cross_tenant_access);
  }
};

struct OutcomeFields {
  template <class S>
  static auto of(S& e) {
    return std::tie(e.result_code, e.result_class, e.failure_class, e.password_validated, e.conditional_access, e.failure_reason,
                    e.additional_details);
  }
};

struct OpinionFields {  // Entra's own
  template <class S>
  static auto of(S& e) {
    return std::tie(e.risk_level_during, e.risk_level_aggregated, e.risk_state, e.risk_detail);
  }
};

struct StepFields {
  template <class T, class B>
  static auto of(T& step, B& has_time) {
    return std::tie(step.method, step.detail, step.result_detail, step.requirement, step.succeeded, has_time);
  }
};

template <class Tie>
struct RowOfTie;
template <class... T>
struct RowOfTie<std::tuple<T&...>> {
  using type = std::tuple<std::remove_const_t<T>...>;
};

template <class Fields>
struct Row {
  using type = typename RowOfTie<decltype(Fields::of(std::declval<SignIn&>()))>::type;
};
template <>
struct Row<SourceFields> {
  using type = typename RowOfTie<decltype(SourceFields::of(std::declval<SourcePosition&>()))>::type;
};
template <>
struct Row<FrameFields> {
  using type = typename RowOfTie<decltype(FrameFields::of(std::declval<SignIn&>(), std::declval<std::uint32_t&>()))>::type;
};
template <>
struct Row<StepFields> {
  using type = typename RowOfTie<decltype(StepFields::of(std::declval<AuthStep&>(), std::declval<bool&>()))>::type;
};
template <class Fields>
using RowOf = typename Row<Fields>::type;

/// Highest value of an enum that may stand in a message.
template <class E>
constexpr std::uint8_t highest();
template <> constexpr std::uint8_t highest<bool>() { return 1; }
template <> constexpr std::uint8_t highest<Kind>() { return 6; }
template <> constexpr std::uint8_t highest<SignInCategory>() { return 3; }
template <> constexpr std::uint8_t highest<ResultClass>() { return 2; }
template <> constexpr std::uint8_t highest<FailureClass>() { return static_cast<std::uint8_t>(FailureClass::other); }
template <> constexpr std::uint8_t highest<Tristate>() { return 2; }
template <> constexpr std::uint8_t highest<UserType>() { return 2; }
template <> constexpr std::uint8_t highest<ConditionalAccess>() { return 3; }
template <> constexpr std::uint8_t highest<EntraRiskLevel>() { return 3; }
template <> constexpr std::uint8_t highest<EntraRiskState>() { return 5; }
template <> constexpr std::uint8_t highest<CommandAction>() { return 2; }
template <> constexpr std::uint8_t highest<CommandTarget>() { return 4; }
template <> constexpr std::uint8_t highest<ReportKind>() { return 1; }
template <> constexpr std::uint8_t highest<EntityType>() { return static_cast<std::uint8_t>(EntityType::agent); }
template <> constexpr std::uint8_t highest<AgentIdentityType>() { return 3; }
template <> constexpr std::uint8_t highest<RiskDetail>() { return static_cast<std::uint8_t>(RiskDetail::unknown_future_value); }
template <> constexpr std::uint8_t highest<DetectionTiming>() { return 3; }
template <> constexpr std::uint8_t highest<DirectoryOperation>() { return kDirectoryOperations - 1; }

/// The fields of a risk report in their written order, but for its address and times. One list for both directions.
template <class R>
auto report_fields(R& r) {
  return std::tie(r.kind, r.id, r.tenant_id, r.entity_type, r.entity_id, r.name, r.user_principal_name, r.app_id, r.identity_type, r.blueprint_id,
                  r.event_type, r.source, r.level, r.level_hidden, r.state, r.detail, r.timing, r.deleted, r.processing, r.enabled, r.request_id,
                  r.correlation_id, r.location.city, r.location.state, r.location.country, r.location.has_coordinates, r.location.latitude,
                  r.location.longitude, r.user_agent);
}
template <class C>
auto change_fields(C& c) {
  return std::tie(c.operation, c.id, c.tenant_id, c.target_type, c.target_id, c.target_name, c.target_principal_name, c.actor);
}

/// Differences wrap around, so that every pair of times has one.
constexpr std::int64_t difference(Time a, Time b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(to_ms(a)) - static_cast<std::uint64_t>(to_ms(b)));
}
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr Time later(Time base, std::int64_t by) { return time_from_ms(wrapping_add(to_ms(base), by)); }

/// Values that the next entry is expected to be near.
struct Previous {
  Time published{};
  Time append{};
  Time expected_append() const { return append < published ? published : append; }
};
struct PreviousOfSource {
  std::int64_t offset = 0;
  std::int32_t index = 0;
  Time timestamp{};
};

}  // namespace bartizan::journal
