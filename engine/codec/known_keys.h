#pragma once
// Keys of records by number, for comparing many at once.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/codec/json_index.h"

namespace bartizan {

class KnownKeys {
 public:
  /// The key `key` stands at token `at`.
  struct Entry {
    Token at;
    std::uint32_t key;
  };

  /// Number of a key as written; nothing for one that is too long or has escapes. REQUIRES: !full(), or few more than that; 64 readable bytes.
  std::optional<std::uint32_t> add(std::string_view key);
  /// All the keys stand where they are said to.
  bool all(const std::vector<Entry>& entries, const JsonIndex& json) const;
  bool full() const { return keys_.size() >= kKeysMax; }
  void clear();

 private:
  static constexpr std::size_t kKeysMax = 4096;
  static constexpr std::size_t kBytes = 48;
  struct alignas(64) Key {
    std::array<char, kBytes> text{};  // with its quote at the end, and zeros
    std::uint64_t counts = 0;         // bit i: byte i counts
  };
  static std::uint64_t differences(const Key& key, const char* text);

  std::vector<Key> keys_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

}  // namespace bartizan
