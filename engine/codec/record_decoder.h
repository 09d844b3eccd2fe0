#pragma once
// Raw bytes from an input to sign-ins, risk reports, commands and dead letters.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/command.h"
#include "engine/model/risk_report.h"
#include "engine/model/sign_in.h"
#include "engine/model/source_position.h"

namespace bartizan {

enum class IgnoredReason : std::uint8_t { other_category, blank, null_value };
std::string_view to_word(IgnoredReason r);

struct DecodeOptions {
  /// Tenant of records that carry none (Graph v1.0); empty: such records are dead letters (`missing_tenant`). Lower case.
  std::string tenant;
  /// When the message arrived. Absent (replay): each record's own published time stands for its arrival.
  std::optional<Time> arrival;
  std::string engine_version;
};

/// Receives what a message held, in record order. Views live until the call returns.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void sign_in(const SignIn& e, const SourcePosition& position) = 0;
  virtual void risk_report(const RiskReport& r, const SourcePosition& position) = 0;
  virtual void directory_change(const DirectoryChange& c, const SourcePosition& position) = 0;
  virtual void command(const Command& c, const SourcePosition& position) = 0;
  virtual void dead_letter(DeadLetter&& letter) = 0;
  virtual void ignored(IgnoredReason reason) = 0;
};

/// Decodes Azure Monitor records (one, a `records` array, newline-joined, an outer array), Microsoft Graph signIn (v1.0, beta, object or
/// `value` array) and summarised rows, sign-ins as rows of Log Analytics and as Microsoft 365 audit records, Entra's risk feeds and the audit
/// operations that change risk, recognised per record; and command.v1. Owns its parser and arena; one per thread.
/// Never throws, never stops: what cannot be read becomes a dead letter with a reason of the closed set.
class RecordDecoder {
 public:
  RecordDecoder();
  ~RecordDecoder();
  /// Bytes that must be readable behind a message (their value does not matter).
  static constexpr std::size_t kPadding = 64;
  /// REQUIRES: message.data() is readable for message.size() + kPadding bytes.
  void decode(std::string_view message, const SourcePosition& position, const DecodeOptions& options, RecordSink& sink);
  /// Same for a message of the commands input.
  void decode_command(std::string_view message, const SourcePosition& position, const DecodeOptions& options, RecordSink& sink);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bartizan
