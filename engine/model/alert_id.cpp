#include <array>
#include <string>
#include <string_view>

#include "engine/model/alert.h"
#include "engine/model/sha256.h"

namespace bartizan {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kIdDigits = 26;

/// 128 bits, most significant first, in 26 digits of 5 bits (the ULID layout: the first digit holds the top 3 bits).
std::string base32(const std::uint8_t* bytes) {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  for (int i = 0; i < 8; ++i) {
    hi = hi << 8 | bytes[i];
    lo = lo << 8 | bytes[8 + i];
  }
  std::string text(kIdDigits, '0');
  for (std::size_t i = kIdDigits; i-- > 0;) {
    text[i] = kCrockford[lo & 31];
    lo = lo >> 5 | hi << 59;
    hi >>= 5;
  }
  return text;
}

}  // namespace

std::string alert_id(std::string_view tenant_id, std::string_view rule_id, EntityType type, std::string_view entity_id,
                     std::string_view anchor_event_id) {
  std::string input = "v1";
  const auto part = [&input](std::string_view text) {
    input.push_back('\0');
    input.append(text);
    return input.size() - text.size();
  };
  const auto lower_part = [&](std::string_view text) {
    const std::size_t start = part(text);
    lower_ascii(input.data() + start, text.size());
  };
  lower_part(tenant_id);
  part(rule_id);
  part(to_word(type));
  lower_part(entity_id);
  lower_part(anchor_event_id);
  return base32(sha256(input).data());
}

}  // namespace bartizan
