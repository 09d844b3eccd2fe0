#pragma once
// Microsoft 365 audit records of sign-ins (entra.md 1.8): rewritten as a record of Azure Monitor, so that one reader judges both.

#include <string_view>

#include "engine/codec/field_reader.h"
#include "engine/codec/record_text.h"

namespace bartizan {

enum class M365Outcome : std::uint8_t { rewritten, not_a_sign_in, not_this_shape, problem };

class M365AuditReader {
 public:
  explicit M365AuditReader(TextArena& arena) : arena_(arena) {}
  /// REQUIRES: an object at `record` that has been walked over.
  M365Outcome rewrite(JsonIndex& json, Token record, RecordProblem& problem, RecordText& out);

 private:
  M365Outcome rewrite_record(JsonIndex& json, Token record, RecordProblem& problem, RecordText& out);
  void write_who(const FieldReader& r, RecordProblem& problem, RecordText& out);
  void write_result(const FieldReader& r, bool failed, RecordProblem& problem, RecordText& out);
  void write_extended(const FieldReader& r, RecordProblem& problem, RecordText& out);
  void write_device(const FieldReader& r, RecordProblem& problem, RecordText& out);
  /// Calls `visit(pair)` for each object of the list at `f`.
  template <class Visit>
  void each_pair(const FieldReader& r, Field f, RecordProblem& problem, Visit&& visit);

  TextArena& arena_;
  JsonIndex exported_;  // the record inside AuditData
  JsonIndex list_;
  FieldPlaces places_;
  FieldPlaces pair_;
};

}  // namespace bartizan
