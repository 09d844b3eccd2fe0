#pragma once
// The directory's audit records, of which only operations that change risk are read (entra.md 1.6 and 3.4).

#include <array>
#include <string_view>

#include "engine/codec/feed_body.h"
#include "engine/model/risk_report.h"

namespace bartizan {

enum class AuditOutcome : std::uint8_t { change, other_operation, problem };

class AuditLogReader {
 public:
  explicit AuditLogReader(TextArena& arena) : arena_(arena), body_(arena) {}
  /// Texts live as long as the record and the arena.
  AuditOutcome read(const FeedRecord& record, const DecodeOptions& options, RecordProblem& problem, DirectoryChange& out);

 private:
  bool read_target(const FieldReader& r, RecordProblem& problem, DirectoryChange& out);
  bool take_target(const FieldReader& target, DirectoryChange& out);
  void read_new_keys(const FieldReader& target, RecordProblem& problem, DirectoryChange& out);
  void note_new_keys(std::string_view before, std::string_view after, DirectoryChange& out);
  std::string_view read_actor(const FieldReader& r, RecordProblem& problem);

  TextArena& arena_;
  FeedBody body_;
  JsonIndex targets_;
  JsonIndex nested_;
  FieldPlaces target_;
  FieldPlaces entry_;
  std::array<Id, kNewKeysMax> new_keys_;
};

}  // namespace bartizan
