#pragma once
// Entra's sign-in error codes: one table, looked up by number. Source: reference "error codes" (Microsoft's published list and the
// community list; both may change at any time, so an unknown code is `other`, a failure).

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/sign_in.h"

namespace bartizan {

struct ErrorCode {
  std::int32_t code;
  FailureClass failure_class;
  ResultClass result_class;
  /// The primary credential was accepted, as far as the code alone tells. 50057 (disabled) proves nothing.
  Tristate password_validated;
  std::string_view meaning;
};

/// The row of `code`, or the `other` row for unknown non-zero codes. Never fails.
const ErrorCode& error_code(std::int32_t code);
/// 50053 has two meanings; the failure reason tells them apart (smart lockout, or an address that Microsoft blocks).
bool is_malicious_ip_block(std::int32_t code, std::string_view failure_reason);
/// All rows, by code: for documentation and tests.
std::span<const ErrorCode> error_codes();

}  // namespace bartizan
