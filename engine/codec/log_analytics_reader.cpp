#include "engine/codec/log_analytics_reader.h"

#include <array>

#include "engine/codec/record_rules.h"

namespace bartizan {
namespace {

using F = Field;

struct TableWord {
  std::string_view table, category;
};
constexpr TableWord kTables[] = {
    {"SigninLogs", "SignInLogs"},
    {"AADNonInteractiveUserSignInLogs", "NonInteractiveUserSignInLogs"},
    {"AADServicePrincipalSignInLogs", "ServicePrincipalSignInLogs"},
    {"AADManagedIdentitySignInLogs", "ManagedIdentitySignInLogs"},
    {"ADFSSignInLogs", "ADFSSignInLogs"},
    {"AADFirstPartyToFirstPartySignInLogs", "MicrosoftServicePrincipalSignInLogs"},
};

struct EnvelopeColumn {
  Field field;
  std::string_view name;
};
/// What goes into the envelope; every other column into `properties`.
constexpr EnvelopeColumn kEnvelopeColumns[] = {
    {F::time_generated, "time"},       {F::aad_tenant_id, "tenantId"}, {F::resource_path, "resourceId"},
    {F::location_word, "location"},    {F::result_type, "resultType"}, {F::result_description, "resultDescription"},
    {F::identity, "identity"},
};

bool is_object_field(Field f) {
  return f == F::status || f == F::location || f == F::device || f == F::agent || f == F::managed_identity;
}

/// ResourceIdentity and LocationDetails stand for members of other names.
bool is_property_column(const FieldRow& r) {
  return r.object == SourceObject::record && (r.dialects & kProperties) != 0 &&
         ((r.dialects & kLogAnalytics) != 0 || r.field == F::resource_id || r.field == F::location);
}

}  // namespace

std::string_view category_of_table(std::string_view table) {
  for (const TableWord& t : kTables) {
    if (is_word(table, t.table)) return t.category;
  }
  return {};
}

bool LogAnalyticsReader::rewrite(JsonIndex& json, const FieldPlaces& own, const FieldPlaces& columns, std::string_view category,
                                 RecordProblem& problem, RecordText& out) {
  FieldPlaces all = own;
  for (const Field f : {F::time_generated, F::aad_tenant_id, F::resource_path, F::resource_id, F::location_word, F::location}) {
    all[f] = columns[f];
  }
  const FieldReader row{json, all, arena_, problem};
  if (!row.has(F::created)) all[F::created] = all[F::time_generated];
  out.begin();
  out.string("category", category);
  for (const EnvelopeColumn& c : kEnvelopeColumns) {
    if (row.has(c.field)) out.raw(c.name, written(json, all[c.field]));
  }
  out.open("properties");
  for (const FieldRow& r : field_rows()) {
    if (!is_property_column(r) || !row.has(r.field)) continue;
    if (is_object_field(r.field) && row.shape(r.field) == FieldReader::Shape::string) {
      const std::string_view text = json.string(all[r.field], arena_);
      if (!open_nested(nested_, text, arena_) || nested_.first(0) != '{') {
        row.bad(r.field, "an object, or one as JSON text");
        return false;
      }
      out.raw(r.name, text);
    } else {
      out.raw(r.name, written(json, all[r.field]));
    }
  }
  out.close();
  return !problem.found;
}

}  // namespace bartizan
