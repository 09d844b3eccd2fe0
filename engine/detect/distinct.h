#pragma once
// How many different things, and whether this one was among them: exact while few, a bitmap when many.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/detect/window.h"
#include "engine/model/bytes.h"

namespace bartizan {

/// A set of 64-bit hashes of which 32 bits are kept: exact up to kExact members (4 bytes each), after that a bitmap of kBits bits (1 KiB)
/// counted linearly, within 3 % up to about 20,000.
class DistinctSet {
 public:
  static constexpr std::size_t kExact = 256;
  static constexpr std::size_t kBits = 8192;

  bool contains(std::uint64_t hash) const {
    const std::uint32_t h = short_of(hash);
    if (words_.empty()) return std::binary_search(exact_.begin(), exact_.end(), h);
    return (words_[h % kBits / 64] >> (h % 64) & 1) != 0;
  }
  /// True when it was not there.
  bool insert(std::uint64_t hash) {
    const std::uint32_t h = short_of(hash);
    if (words_.empty()) {
      const auto at = std::lower_bound(exact_.begin(), exact_.end(), h);
      if (at != exact_.end() && *at == h) return false;
      if (exact_.size() < kExact) {
        exact_.insert(at, h);
        return true;
      }
      words_.assign(kBits / 64, 0);
      for (const std::uint32_t member : exact_) set_bit(member);
      exact_ = {};
    }
    return set_bit(h);
  }
  std::uint64_t count() const {
    if (words_.empty()) return exact_.size();
    unsigned set = 0;
    for (const std::uint64_t w : words_) set += static_cast<unsigned>(std::popcount(w));
    return static_cast<std::uint64_t>(linear_count(set, kBits) + 0.5);
  }
  void clear() {
    exact_ = {};
    words_ = {};
  }
  std::size_t heap_bytes() const { return exact_.capacity() * 4 + words_.capacity() * 8; }
  void encode(ByteWriter& w) const {
    w.u8(words_.empty() ? 0 : 1);
    for (const std::uint64_t word : words_) w.u64(word);
    if (!words_.empty()) return;
    w.varint(exact_.size());
    for (const std::uint32_t h : exact_) w.u32(h);
  }
  bool decode(ByteReader& r) {
    clear();
    const std::uint8_t form = r.u8();
    if (form > 1) return false;
    if (form == 1) {
      words_.resize(kBits / 64);
      for (std::uint64_t& word : words_) word = r.u64();
      return r.ok();
    }
    const std::uint64_t n = r.varint();
    if (n > kExact) return false;
    exact_.resize(static_cast<std::size_t>(n));
    for (std::uint32_t& h : exact_) h = r.u32();
    return r.ok() && std::is_sorted(exact_.begin(), exact_.end());
  }

 private:
  static std::uint32_t short_of(std::uint64_t hash) { return static_cast<std::uint32_t>(mix64(hash) >> 32); }
  bool set_bit(std::uint32_t h) {
    std::uint64_t& word = words_[h % kBits / 64];
    const std::uint64_t bit = std::uint64_t{1} << (h % 64);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }
  std::vector<std::uint32_t> exact_;   // sorted
  std::vector<std::uint64_t> words_;   // empty while exact
};

}  // namespace bartizan
