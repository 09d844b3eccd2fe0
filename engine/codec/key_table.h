#pragma once
// Finding a known name among the keys of a JSON object, in any case.

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/model/id.h"

namespace bartizan {

enum class Field : std::uint8_t;

namespace keys {

constexpr std::size_t kNameWords = 5;
constexpr std::size_t kNameBytesLongest = kNameWords * 8;
constexpr std::uint64_t kFold = 0x2020202020202020ULL;

inline std::uint64_t load8(const char* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

/// As load8, at compile time; bytes past the end are 0.
constexpr std::uint64_t word_at(std::string_view s, std::size_t at) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < 8 && at + i < s.size(); ++i) v |= static_cast<std::uint64_t>(static_cast<unsigned char>(s[at + i])) << (8 * i);
  return v;
}

constexpr std::uint64_t low_bytes(std::size_t n) { return n >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * n)) - 1; }

/// Equal for names that differ only in case. `first`: the first 8 bytes, 0 past the end; `last`: the last 8, 0 when there are fewer.
constexpr std::uint32_t name_hash(std::uint64_t first, std::uint64_t last, std::size_t size) {
  const std::uint64_t folded = (first | kFold) ^ ((last | kFold) << 23 | (last | kFold) >> 41);
  return static_cast<std::uint32_t>(((folded + size) * 0x9e3779b97f4a7c15ULL) >> 44);
}

/// Per length, which bytes of a name count.
constexpr std::array<std::array<std::uint64_t, kNameWords>, kNameBytesLongest + 1> make_masks() {
  std::array<std::array<std::uint64_t, kNameWords>, kNameBytesLongest + 1> m{};
  for (std::size_t size = 0; size <= kNameBytesLongest; ++size) {
    for (std::size_t i = 0; i < kNameWords; ++i) m[size][i] = size > 8 * i ? low_bytes(size - 8 * i) : 0;
  }
  return m;
}
constexpr auto kMasks = make_masks();

}  // namespace keys

/// The names of one object: open addressing, sparse; nearly always one probe, none for most unknown keys.
class KeyTable {
 public:
  constexpr void add(std::string_view name, Field f) {
    Name& n = names_[++count_];
    for (std::size_t i = 0; i < keys::kNameWords; ++i) n.words[i] = keys::word_at(name, 8 * i);
    n.size = static_cast<std::uint32_t>(name.size());
    n.field = f;
    std::size_t i = keys::name_hash(n.words[0], name.size() < 8 ? 0 : keys::word_at(name, name.size() - 8), name.size()) % kSlots;
    while (slots_[i] != 0) i = (i + 1) % kSlots;
    slots_[i] = count_;
  }
  /// The field that `key` names; 0 for others. REQUIRES: 64 readable bytes behind the key. A key with escapes is none.
  Field find(std::string_view key) const {
    if (key.size() - 1 >= keys::kNameBytesLongest) return Field{};  // empty too
    const std::uint64_t first = keys::load8(key.data()) & keys::low_bytes(key.size());
    const std::uint64_t last = key.size() < 8 ? 0 : keys::load8(key.data() + key.size() - 8);
    for (std::size_t i = keys::name_hash(first, last, key.size()) % kSlots; slots_[i] != 0; i = (i + 1) % kSlots) {
      const Name& n = names_[slots_[i]];
      if (n.size == key.size() && (same(n, key) || same_ignoring_case(n, key))) return n.field;
    }
    return Field{};
  }

 private:
  struct Name {
    std::array<std::uint64_t, keys::kNameWords> words{};
    std::uint32_t size = 0;
    Field field = Field{};
  };
  /// Without branches on the length: which key comes next is hard to predict. Reads 40 bytes of the key.
  static bool same(const Name& n, std::string_view key) {
    const auto& mask = keys::kMasks[key.size()];
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < keys::kNameWords; ++i) difference |= (keys::load8(key.data() + 8 * i) ^ n.words[i]) & mask[i];
    return difference == 0;
  }
  static bool same_ignoring_case(const Name& n, std::string_view key) {
    if (((keys::load8(key.data()) ^ n.words[0]) & ~keys::kFold & keys::low_bytes(key.size())) != 0) return false;
    char name[keys::kNameBytesLongest];
    std::memcpy(name, n.words.data(), sizeof name);  // little-endian, as load8
    return equals_ignoring_case({name, n.size}, key);
  }

  static constexpr std::size_t kSlots = 1024;
  std::array<std::uint8_t, kSlots> slots_{};  // places in names_; 0: free
  std::array<Name, 80> names_{};
  std::uint8_t count_ = 0;
};

}  // namespace bartizan
