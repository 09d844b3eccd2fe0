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

std::string_view prefix_of(SourceObject o) {
  switch (o) {
    case SourceObject::status: return "status.";
    case SourceObject::location: return "location.";
    case SourceObject::coordinates: return "location.geoCoordinates.";
    case SourceObject::device: return "deviceDetail.";
    case SourceObject::agent: return "agent.";
    case SourceObject::managed_identity: return "managedServiceIdentity.";
    case SourceObject::step: return "authenticationDetails[].";
    case SourceObject::network: return "networkLocationDetails[].";
    default: return "";
  }
}

void table(std::string& out, Dialect dialect, std::string_view title) {
  out += "\n## ";
  out += title;
  out += "\n\n| source field | model field | read as | note |\n| --- | --- | --- | --- |\n";
  for (const FieldRow& row : field_rows()) {
    if ((row.dialects & dialect) == 0) continue;
    out += "| `";
    out += prefix_of(row.object);
    out += row.name;
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

A record with `category` is Azure Monitor's; the six categories of sign-ins are read and every other one is counted as ignored. A record without it
is Graph's if it has `signInEventTypes`, `isInteractive`, `conditionalAccessStatus`, `clientAppUsed`, `signInCount` or `firstSignInDateTime`, or
`createdDateTime` together with `ipAddress`, `status` or `resourceId`; anything else is a dead letter (`unknown_format`).
)";

}  // namespace

std::string fields_markdown() {
  std::string out{kHead};
  table(out, kEnvelope, "Azure Monitor: the envelope");
  table(out, kProperties, "Azure Monitor: `properties`");
  table(out, kGraph, "Microsoft Graph: signIn and summarizedSignIn");
  return out;
}

}  // namespace bartizan
