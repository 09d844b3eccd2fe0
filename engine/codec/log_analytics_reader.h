#pragma once
// Rows of Log Analytics' sign-in tables: columns to a record of Azure Monitor, so that one reader judges both (entra.md 1.7).

#include <string_view>

#include "engine/codec/field_reader.h"
#include "engine/codec/record_text.h"

namespace bartizan {

/// The category of a table's sign-ins ("SigninLogs": "SignInLogs"); empty for other tables.
std::string_view category_of_table(std::string_view table);

/// Rewrites rows. `own`: the row walked over as any record; `columns`: walked over as SourceObject::log_analytics.
class LogAnalyticsReader {
 public:
  explicit LogAnalyticsReader(TextArena& arena) : arena_(arena) {}
  /// False: `problem` says why. REQUIRES: `category` is one of the six.
  bool rewrite(JsonIndex& json, const FieldPlaces& own, const FieldPlaces& columns, std::string_view category, RecordProblem& problem,
               RecordText& out);

 private:
  TextArena& arena_;
  JsonIndex nested_;
};

}  // namespace bartizan
