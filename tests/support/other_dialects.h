#pragma once
// The oracle's half for records that are no sign-ins in Azure Monitor's or Graph's own shape.

#include <set>

#include "engine/codec/record_decoder.h"
#include "tests/support/json_tree.h"
#include "tests/support/sign_in_fields.h"

namespace bartizan::test {

struct OtherRecord {
  enum class Kind { rewritten, risk_report, directory_change, ignored, dead_letter };
  Kind kind = Kind::dead_letter;
  JsonTree rewritten;                  // a sign-in in Azure Monitor's shape
  SignInFields fields;                 // risk_report, directory_change
  std::set<DeadLetterReason> reasons;  // dead_letter: any of them is right
};

OtherRecord read_other(const JsonTree& record, const DecodeOptions& options);

}  // namespace bartizan::test
