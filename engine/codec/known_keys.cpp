#include "engine/codec/known_keys.h"

#include <cstring>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace bartizan {

/// Bit i: byte i counts and differs.
std::uint64_t KnownKeys::differences(const Key& key, const char* text) {
#if defined(__SSE2__)
  std::uint64_t equal = 0;
  for (unsigned i = 0; i < kBytes / 16; ++i) {
    const __m128i a = _mm_load_si128(reinterpret_cast<const __m128i*>(key.text.data() + 16 * i));
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + 16 * i));
    equal |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)))) << (16 * i);
  }
  return key.counts & ~equal;
#else
  std::uint64_t different = 0;
  for (std::size_t i = 0; i < kBytes; ++i) different |= static_cast<std::uint64_t>(key.text[i] != text[i]) << i;
  return key.counts & different;
#endif
}

std::optional<std::uint32_t> KnownKeys::add(std::string_view key) {
  if (key.size() >= kBytes || key.find('\\') != std::string_view::npos) return std::nullopt;
  const auto [it, added] = numbers_.try_emplace(std::string{key}, static_cast<std::uint32_t>(keys_.size()));
  if (added) {
    Key& k = keys_.emplace_back();
    std::memcpy(k.text.data(), key.data(), key.size());
    k.text[key.size()] = '"';
    k.counts = (std::uint64_t{2} << key.size()) - 1;
  }
  return it->second;
}

bool KnownKeys::all(const std::vector<Entry>& entries, const JsonIndex& json) const {
  std::uint64_t different = 0;  // no branch a key: there is nearly never a difference
  for (const Entry& e : entries) different |= differences(keys_[e.key], json.begin(e.at) + 1);
  return different == 0;
}

void KnownKeys::clear() {
  keys_.clear();
  numbers_.clear();
}

}  // namespace bartizan
