#pragma once
// What a rule says it found.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/model/entity.h"
#include "engine/model/time.h"

namespace bartizan {

enum class Severity : std::uint8_t { informational, low, medium, high, critical };
std::string_view to_word(Severity s);
std::optional<Severity> severity_from(std::string_view word);

enum class CheckOp : std::uint8_t { eq, ne, lt, le, gt, ge, in, not_in, contains, starts_with, ends_with, matches };
std::string_view to_word(CheckOp op);

/// A number is written as an integer when it has no fraction, else with up to three decimals (rounded half away from zero).
using CheckScalar = std::variant<std::string, double, bool>;
using CheckValue = std::variant<std::string, double, bool, std::vector<CheckScalar>>;

/// One test that a rule made, for people: "speed 12959 km/h > 900 km/h, usual ...". At most 16 in an alert.
struct Check {
  std::string check;  // what was tested, in words
  CheckValue actual;
  CheckOp op = CheckOp::ge;
  CheckValue limit;
  std::string unit;
  std::optional<CheckValue> usual;
  bool pass = true;  // "actual op limit" holds
};

/// Place of the raw record, owning its text.
struct EvidenceSource {
  std::string input;
  std::string topic;
  std::string file;
  std::uint32_t generation = 0;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t index = -1;
  Time timestamp{};
  bool empty() const { return topic.empty() && file.empty(); }
};

struct EvidenceLocation {
  std::string city;
  std::string state;
  std::string country;
  bool has_coordinates = false;
  double latitude = 0;
  double longitude = 0;
  bool empty() const { return city.empty() && state.empty() && country.empty() && !has_coordinates; }
};

struct EvidenceDevice {
  std::string id, name, os, browser, trust_type;
  std::optional<bool> compliant, managed;
  bool empty() const {
    return id.empty() && name.empty() && os.empty() && browser.empty() && trust_type.empty() && !compliant && !managed;
  }
};

struct EvidenceResult {
  std::int32_t code = 0;
  std::string result_class;  // success, interrupted, failure
  std::string reason;
};

/// One sign-in behind a finding. Everything but id and time may be unknown: a detector keeps of older events only what it needs.
struct Evidence {
  std::string event_id;
  EvidenceSource source;
  std::string correlation_id;
  std::string session_id;
  Time time{};  // event time
  std::string ip;
  std::uint32_t asn = 0;
  EvidenceLocation location;
  Named app;
  Named resource;
  EvidenceDevice device;
  std::string client_app;
  std::string user_agent;
  std::string credential_key_id;
  std::optional<EvidenceResult> result;
  std::vector<std::pair<std::string, CheckValue>> fields;  // what else the rule looked at, at most 32
};

/// Everything of `e` that evidence holds.
Evidence evidence_of(const SignIn& e, const struct SourcePosition& source);

struct CampaignTarget {
  Entity entity;
  bool validated = false;  // its password was validated
};

/// A spray, stuffing or device-code wave; only on findings about an ip or the tenant.
struct Campaign {
  std::uint64_t targets_total = 0;
  std::uint64_t validated_total = 0;
  std::uint64_t sources_total = 1;
  std::vector<CampaignTarget> targets;  // at most 20: validated first, then by first attempt
};

/// Why a finding is not shown: the rule is still learning the entity, its alert budget is spent, or a named exception hides it.
enum class Suppression : std::uint8_t { none, learning, cap, exception };

/// What one rule found at one event (or timer). The engine turns findings into alerts (report/) and risk (risk/).
struct Finding {
  Entity entity;
  Severity severity = Severity::low;
  /// Estimated precision of this finding, 0..1: the q of algorithms.md 6.2. Written as percent.
  double confidence = 0;
  std::string title;          // one sentence
  std::vector<Check> why;     // 1..16, in display order
  std::vector<Evidence> evidence;  // [0] is the anchor; at most 20
  std::uint64_t evidence_total = 0;   // distinct events behind it; 0 means evidence.size()
  std::optional<Time> first_seen;     // default: oldest evidence
  std::optional<Time> last_seen;      // default: newest evidence
  std::optional<Campaign> campaign;
  /// The entity whose open alert of the same rule is the campaign that this finding belongs to (a victim of a spray).
  std::optional<Entity> campaign_entity;
  /// Tells campaigns of one entity that run at the same time apart, of the campaign itself and of its victims; 0: the only one.
  std::uint64_t campaign_thread = 0;
  Suppression suppression = Suppression::none;
  std::string suppressed_by;  // exception id
  /// Pinned findings keep their risk until a verdict (leaked credentials and the like).
  bool pinned = false;
};

}  // namespace bartizan
