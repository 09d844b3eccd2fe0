#pragma once
// Rules that every dialect's reader shares: words, plausible times, tenants.

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "engine/model/id.h"
#include "engine/model/sign_in.h"
#include "engine/model/time.h"

namespace bartizan {

constexpr Time kLatestEventTime = time_from_ms(4'102'444'800'000);  // 2100-01-01T00:00:00Z
constexpr Duration kAheadMax = std::chrono::hours{24};
constexpr Duration kAheadTolerated = std::chrono::minutes{5};

inline bool is_plausible(Time t) { return t >= kEarliestEventTime && t < kLatestEventTime; }

/// `text` is `word` in any case. REQUIRES: a word.
inline bool is_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() && ((text[0] ^ word[0]) & ~0x20) == 0 && equals_ignoring_case(text, word);
}

/// `/tenants/<id>/...`: the id.
inline std::string_view tenant_of_resource(std::string_view resource) {
  constexpr std::string_view kPrefix = "/tenants/";
  if (resource.size() <= kPrefix.size() || !is_word(resource.substr(0, kPrefix.size()), kPrefix)) return {};
  resource.remove_prefix(kPrefix.size());
  return resource.substr(0, resource.find('/'));
}

/// What the public records require of a tenant id: [0-9a-z][0-9a-z._-]*, at most 128 bytes.
inline bool is_tenant_id(const Id& id) {
  if (id.kind() == Id::Kind::guid) return true;
  const std::string_view s = id.text();
  const auto plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  return !s.empty() && s.size() <= 128 && plain(s[0]) &&
         std::all_of(s.begin(), s.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '-'; });
}

/// `hidden` (no P2 licence) and unknown words read as none.
inline EntraRiskLevel entra_level_of(std::string_view word) {
  if (is_word(word, "low")) return EntraRiskLevel::low;
  if (is_word(word, "medium")) return EntraRiskLevel::medium;
  if (is_word(word, "high")) return EntraRiskLevel::high;
  return EntraRiskLevel::none;
}

inline EntraRiskState entra_state_of(std::string_view word) {
  if (is_word(word, "atRisk")) return EntraRiskState::at_risk;
  if (is_word(word, "confirmedCompromised")) return EntraRiskState::confirmed_compromised;
  if (is_word(word, "confirmedSafe")) return EntraRiskState::confirmed_safe;
  if (is_word(word, "remediated")) return EntraRiskState::remediated;
  if (is_word(word, "dismissed")) return EntraRiskState::dismissed;
  return EntraRiskState::none;
}

/// Two letters in upper case; {0,0} for anything else.
inline std::array<char, 2> country_of(std::string_view s) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; };
  if (s.size() != 2) return {};
  const std::array<char, 2> code{upper(s[0]), upper(s[1])};
  const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
  return is_letter(code[0]) && is_letter(code[1]) ? code : std::array<char, 2>{};
}

}  // namespace bartizan
