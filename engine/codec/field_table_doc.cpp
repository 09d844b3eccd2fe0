// docs/fields.md out of the field table.

#include "engine/codec/field_table.h"

namespace bartizan {
namespace {

std::string_view kind_word(ValueKind k) {
  switch (k) {
    case ValueKind::text: return "text";
    case ValueKind::lower_text: return "text, lower-cased";
    case ValueKind::id: return "id";
    case ValueKind::time: return "time";
    case ValueKind::word: return "word";
    case ValueKind::boolean: return "boolean";
    case ValueKind::number: return "number";
    case ValueKind::count: return "count";
    case ValueKind::coordinate: return "degrees";
    case ValueKind::address: return "IP address";
    case ValueKind::country: return "country";
    case ValueKind::object: return "object";
    case ValueKind::list: return "list";
    case ValueKind::wrapper: return "records";
  }
  return "";
}

std::string_view prefix_of(SourceObject o, Dialect dialect) {
  const bool row = dialect == kLogAnalytics;
  switch (o) {
    case SourceObject::status: return row ? "Status." : "status.";
    case SourceObject::location: return row ? "LocationDetails." : "location.";
    case SourceObject::coordinates: return row ? "LocationDetails.geoCoordinates." : "location.geoCoordinates.";
    case SourceObject::device: return row ? "DeviceDetail." : "deviceDetail.";
    case SourceObject::agent: return row ? "Agent." : "agent.";
    case SourceObject::managed_identity: return row ? "ManagedServiceIdentity." : "managedServiceIdentity.";
    case SourceObject::step: return row ? "AuthenticationDetails[]." : "authenticationDetails[].";
    case SourceObject::network: return row ? "NetworkLocationDetails[]." : "networkLocationDetails[].";
    case SourceObject::initiator: return "initiatedBy.";
    case SourceObject::audit_target: return "targetResources[].";
    default: return "";
  }
}

/// Columns of Log Analytics begin with a capital letter.
std::string shown_name(const FieldRow& row, Dialect dialect) {
  std::string name{row.name};
  const bool column = dialect == kLogAnalytics && row.object == SourceObject::record;
  if (column && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - ('a' - 'A'));
  return name;
}

void table(std::string& out, Dialect dialect, std::string_view title) {
  out += "\n## ";
  out += title;
  out += "\n\n| source field | model field | read as | note |\n| --- | --- | --- | --- |\n";
  for (const FieldRow& row : field_rows()) {
    if ((row.dialects & dialect) == 0) continue;
    out += "| `";
    out += prefix_of(row.object, dialect);
    out += shown_name(row, dialect);
    out += "` | ";
    out += row.model.empty() ? std::string_view{"-"} : row.model;
    out += " | ";
    out += kind_word(row.kind);
    out += " | ";
    out += row.note;
    out += " |\n";
  }
}

constexpr std::string_view kHead = R"(# Source fields and what they become

Generated from the table in `engine/codec/field_table.cpp` (a test compares; `BARTIZAN_REWRITE=1` writes it anew). Model fields are members of
`SignIn` in `engine/model/sign_in.h`. Fields that are not listed are checked as JSON and otherwise left alone.

Names are matched in any case; of a repeated name the last one counts. A missing member, null, "", {} and [] are the same: absent. Numbers and
literals are accepted where text is expected and digits as text where a number is expected; any other type is a dead letter (`bad_field`).

- **text**: cut at its bound at a character boundary (256 bytes; user principal name 320, resource ids 512, user agent, reasons and step results 1024).
- **id**: letters in lower case; the GUID of all zeros is absent (but for `id`); over 256 bytes or with control characters: `bad_field`.
- **time**: ISO 8601 with up to 9 decimals and any offset, or `M/d/yyyy h:mm:ss AM|PM`; anything else: `bad_time`.
- **number**, **count**: digits only; a sign, a fraction or a word: `bad_field`.
- **boolean**: true, false, "True", "False"; anything else: `bad_field`.
- **word**: compared in any case; unknown words read as unknown.
- **degrees**: rounded to a millionth; beyond 90 or 180: `bad_field`.
- **IP address**: IPv4 or IPv6, also with a port; masked ones (`203.0.113.XXX`) are kept as text; anything else: `bad_field`.

A record with `category` and `properties` is Azure Monitor's. The six categories of sign-ins are read, so are the risk feeds `UserRiskEvents`,
`RiskyUsers`, `ServicePrincipalRiskEvents`, `RiskyServicePrincipals`, `AgentRiskEvents` and `RiskyAgents` (also with the `AAD` of their tables in front),
and of `AuditLogs` the operations that change risk; every other one is counted as ignored. A record without `properties` that has `TimeGenerated`,
`AADTenantId`, or `category` and `id` is a row of Log Analytics, told by `Category` or by its table (`Type`). One without a category is Graph's if it has
`signInEventTypes`, `isInteractive`, `conditionalAccessStatus`, `clientAppUsed`, `signInCount` or `firstSignInDateTime`, or `createdDateTime` together
with `ipAddress`, `status` or `resourceId`; Microsoft 365's if it has `Operation` and `CreationTime` (or the whole as text in `AuditData`); a risk record in
Graph's shape if it has `riskEventType` and a time, or `riskLevel` and `riskLastUpdatedDateTime`; an audit record if it has `activityDisplayName` and
`targetResources`. Anything else is a dead letter (`unknown_format`).

Rows of Log Analytics and Microsoft 365 records are rewritten in Azure Monitor's shape and then read by the same rules, so a dead letter's detail names
fields as Azure Monitor spells them; its bytes are those that came.

Operations read from audit records: `Reset password (self-service)`, `Reset password (by admin)`, `Reset user password`, `Add service principal
credentials`, `Update application - Certificates and secrets management`, `Disable account`, `Enable account`, `Delete user`, `Hard delete user`, `Restore
user`. A plain `Change user password` is none of them: whoever knows the password can do that.
)";

}  // namespace

std::string fields_markdown() {
  std::string out{kHead};
  table(out, kEnvelope, "Azure Monitor: the envelope");
  table(out, kProperties, "Azure Monitor: `properties`");
  table(out, kGraph, "Microsoft Graph: signIn and summarizedSignIn");
  table(out, kLogAnalytics, "Log Analytics: tables of sign-ins");
  table(out, kMicrosoft365, "Microsoft 365: audit records of sign-ins");
  table(out, kRiskFeed, "Risk feeds (RiskReport)");
  table(out, kAuditLog, "Audit records of the directory (DirectoryChange)");
  return out;
}

}  // namespace bartizan
