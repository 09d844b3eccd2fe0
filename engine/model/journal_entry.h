#pragma once
// What the journal holds.

#include <cstdint>
#include <string_view>
#include <variant>

#include "engine/model/command.h"
#include "engine/model/risk_report.h"
#include "engine/model/sign_in.h"
#include "engine/model/source_position.h"

namespace bartizan {

/// Advances journal time while nothing else arrives. Changes nothing but time.
struct Tick {};

/// From here on the rules and settings of the bundle with this hash hold. Goes to every journal partition.
struct BundleActivation {
  std::string_view hash;      // 64 lower-case hexadecimal digits
  std::string_view previous;  // empty for the first
  std::uint32_t rule_count = 0;
  std::string_view by;        // who activated it; empty: the engine
};

/// A position that was fatal on three starts in a row and is passed over by every later fold.
struct Quarantine {
  std::int64_t offset = 0;  // journal offset in this partition
  std::int32_t index = 0;
};

/// One entry of the journal. Views point into the decoded message and live for one step.
struct JournalEntry {
  SourcePosition source;       // empty input: the engine's own entries (ticks, activations)
  Time append_time{};          // when it entered the journal
  std::variant<SignIn, Command, Tick, BundleActivation, Quarantine, RiskReport, DirectoryChange> body;
};

/// Place of an entry in the journal.
struct JournalPosition {
  std::int32_t partition = 0;
  std::int64_t offset = 0;  // of the message
  std::int32_t index = 0;   // of the entry in the message
  friend auto operator<=>(const JournalPosition&, const JournalPosition&) = default;
};

}  // namespace bartizan
