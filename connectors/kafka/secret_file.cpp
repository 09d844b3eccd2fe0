#include "connectors/kafka/secret_file.h"

#include <fcntl.h>
#include <rapidjson/document.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace bartizan::kafka {
namespace {

constexpr double kLatestExpiry = 253402300800.0;  // the year 10000

Error unreadable(const std::string& path, const std::string& why) { return {"secret_file", path + ": " + why}; }

int url_safe_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  return c == '_' ? 63 : -1;
}

/// RFC 4648 section 5, without padding.
std::optional<std::string> from_base64_url(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = url_safe_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return out;
}

}  // namespace

Result<std::string> read_secret(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return unreadable(path, std::strerror(errno));
  std::string text;
  std::array<char, 4096> buffer{};
  ssize_t n = 0;
  while (text.size() <= kSecretBytesMax) {
    n = ::read(file, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  const int reason = errno;
  ::close(file);
  if (n < 0) return unreadable(path, std::strerror(reason));
  if (text.size() > kSecretBytesMax) return unreadable(path, "larger than 64 KiB");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ' || text.back() == '\t')) text.pop_back();
  if (text.empty()) return unreadable(path, "empty");
  if (text.find('\0') != std::string::npos) return unreadable(path, "holds a NUL byte");
  return text;
}

Result<TokenClaims> token_claims(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return Error{"secret_file", "not a JSON Web Token (three parts with dots between)"};
  const auto payload = from_base64_url(token.substr(first + 1, second - first - 1));
  if (!payload) return Error{"secret_file", "not a JSON Web Token (its middle part is not base64url)"};
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(payload->data(), payload->size());
  if (json.HasParseError() || !json.IsObject()) return Error{"secret_file", "not a JSON Web Token (its middle part is not a JSON object)"};
  const auto exp = json.FindMember("exp");
  if (exp == json.MemberEnd() || !exp->value.IsNumber() || !(exp->value.GetDouble() > 0 && exp->value.GetDouble() < kLatestExpiry)) {
    return Error{"secret_file", "the token has no expiry time (`exp`)"};
  }
  TokenClaims claims;
  claims.expires_at = static_cast<std::int64_t>(exp->value.GetDouble());
  const auto sub = json.FindMember("sub");
  if (sub != json.MemberEnd() && sub->value.IsString()) claims.subject.assign(sub->value.GetString(), sub->value.GetStringLength());
  if (claims.subject.empty()) return Error{"secret_file", "the token has no subject (`sub`)"};
  return claims;
}

}  // namespace bartizan::kafka
