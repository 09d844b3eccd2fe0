#pragma once
// Secrets in files: passwords and OAUTHBEARER tokens.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/result.h"

namespace bartizan::kafka {

inline constexpr std::size_t kSecretBytesMax = 64 * 1024;

/// The file's text without white space at its end. Error `secret_file`: unreadable, empty or over kSecretBytesMax; never its content.
Result<std::string> read_secret(const std::string& path);

/// What a broker's client must know of a JSON Web Token (RFC 7519).
struct TokenClaims {
  std::string subject;          // `sub`
  std::int64_t expires_at = 0;  // `exp`, seconds since 1970
};

/// Reads the claims of a JWT in compact form; its signature is the broker's business. Error `secret_file`; never the token itself.
Result<TokenClaims> token_claims(std::string_view token);

}  // namespace bartizan::kafka
