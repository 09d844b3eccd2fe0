#pragma once
// The decoder's oracle: the same rules in the plainest form, over a tree that RapidJSON parsed.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/record_decoder.h"
#include "tests/support/sign_in_fields.h"

namespace bartizan::test {

/// What one record must become.
struct ExpectedRecord {
  enum class Kind { sign_in, risk_report, directory_change, dead_letter, ignored };
  Kind kind = Kind::sign_in;
  std::int32_t index = -1;
  SignInFields fields;                  // sign_in, risk_report, directory_change
  std::set<DeadLetterReason> reasons;   // dead_letter: any of them is right (a record may be wrong in several ways)
  IgnoredReason ignored = IgnoredReason::blank;
};

/// What a message must become. Records over 1 MiB are not looked for.
std::vector<ExpectedRecord> expected_records(std::string_view message, const DecodeOptions& options);

}  // namespace bartizan::test
