#pragma once
// From the places of a record's fields to a sign-in: dialects, fallbacks, bounds, dead-letter reasons.

#include <array>
#include <memory>
#include <string_view>

#include "engine/codec/field_reader.h"
#include "engine/codec/record_decoder.h"
#include "engine/codec/record_fields.h"
#include "engine/model/sign_in.h"

namespace bartizan {

/// `other_shape`: no sign-in in Azure Monitor's or Graph's own shape (other_records.h).
enum class RecordOutcome : std::uint8_t { sign_in, other_shape, problem };

/// One of the six categories of sign-ins, in any case.
bool is_sign_in_category(std::string_view word);

/// Reads one record at a time. The sign-in and its texts live until the next read or until the arena is reset.
class SignInReader {
 public:
  explicit SignInReader(TextArena& arena) : arena_(arena) {}

  /// REQUIRES: `places` of a record of `json` that has been walked over.
  RecordOutcome read(JsonIndex& json, const RecordPlaces& places, const DecodeOptions& options);
  const SignIn& sign_in() const { return e_; }
  const RecordProblem& problem() const { return problem_; }

 private:
  /// The two objects that fields come from: the same one in Graph's shape.
  struct Sources {
    FieldReader envelope;
    FieldReader record;
    bool graph;
  };

  RecordOutcome read_dialect(JsonIndex& json, const RecordPlaces& places, const DecodeOptions& options);
  bool open_properties_text(const FieldReader& own);
  bool read_category(const FieldReader& envelope);
  void read_graph_category(const FieldReader& r);
  void read_identity(const Sources& s, const DecodeOptions& options);
  void read_times(const Sources& s, const DecodeOptions& options);
  void read_who(const Sources& s);
  void read_agent(const FieldReader& r);
  void read_how(const Sources& s);
  void read_address(const Sources& s);
  void read_location(const Sources& s);
  void read_device(const FieldReader& r);
  void read_what(const Sources& s);
  void read_steps(const FieldReader& r);
  void read_step(JsonIndex& json, std::size_t i);
  void order_steps(std::size_t count);
  Tristate proof_of_password() const;
  void read_networks(const FieldReader& r);
  void read_risk(const FieldReader& r);
  void read_risk_event_types(const FieldReader& r, Field f);
  void fail(DeadLetterReason reason, std::string_view detail) { problem_.set(reason, detail); }

  TextArena& arena_;
  JsonIndex properties_text_;  // `properties` written as text
  JsonIndex list_text_;        // a list written as text
  FieldPlaces text_places_;
  FieldPlaces entry_places_;
  SignIn e_;
  RecordProblem problem_;
  struct Step {
    AuthStep step;
    std::int64_t status_sequence = 0;
    std::int64_t request_sequence = 0;
  };
  std::array<Step, kAuthStepsMax> steps_;
  std::array<AuthStep, kAuthStepsMax> ordered_steps_;
  std::array<std::string_view, kRiskEventTypesMax> risk_event_types_;
};

}  // namespace bartizan
