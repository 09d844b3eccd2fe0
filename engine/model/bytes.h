#pragma once
// Little-endian byte writer and reader: the alphabet of every binary form of ours (journal, state rows).

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/model/hash.h"
#include "engine/model/time.h"

namespace bartizan {

/// Appends to a string. Integers: `u8 u16 u32 u64` little-endian; `varint` LEB128, 1-10 bytes; `zigzag` for signed values.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}
  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u16(std::uint16_t v) { fixed(v); }
  void u32(std::uint32_t v) { fixed(v); }
  void u64(std::uint64_t v) { fixed(v); }
  void f32(float v) { fixed(std::bit_cast<std::uint32_t>(v)); }
  void f64(double v) { fixed(std::bit_cast<std::uint64_t>(v)); }
  void varint(std::uint64_t v) {
    char buffer[10];
    std::size_t n = 0;
    while (v >= 0x80) {
      buffer[n++] = static_cast<char>(static_cast<std::uint8_t>(v) | 0x80);
      v >>= 7;
    }
    buffer[n++] = static_cast<char>(v);
    out_.append(buffer, n);
  }
  void zigzag(std::int64_t v) {
    varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  void time(Time t) { zigzag(to_ms(t)); }
  void key(const Key128& k) {
    u64(k.hi);
    u64(k.lo);
  }
  void text(std::string_view s) {
    varint(s.size());
    out_.append(s);
  }
  void raw(const void* data, std::size_t size) { out_.append(static_cast<const char*>(data), size); }
  std::size_t size() const { return out_.size(); }

 private:
  template <class T>
  void fixed(T v) {
    char b[sizeof v];
    for (std::size_t i = 0; i < sizeof v; ++i) b[i] = static_cast<char>(static_cast<std::uint64_t>(v) >> (8 * i));
    out_.append(b, sizeof v);
  }
  std::string& out_;
};

/// Reads what ByteWriter wrote, from hostile bytes too: past the end or on an overlong varint every further read gives 0 or
/// "", and `ok()` is false. Texts are views into the source.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  bool ok() const { return ok_; }
  bool at_end() const { return p_ == end_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }
  void fail() {
    ok_ = false;
    p_ = end_;
  }
  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  float f32() { return std::bit_cast<float>(fixed<std::uint32_t>()); }
  double f64() { return std::bit_cast<double>(fixed<std::uint64_t>()); }
  std::uint64_t varint() {
    if (p_ != end_ && static_cast<std::uint8_t>(*p_) < 0x80) return static_cast<std::uint8_t>(*p_++);
    return varint_slow();
  }
  std::int64_t zigzag() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
  }
  Time time() { return time_from_ms(zigzag()); }
  Key128 key() {
    Key128 k;
    k.hi = u64();
    k.lo = u64();
    return k;
  }
  std::string_view text() { return raw(varint()); }
  std::string_view raw(std::uint64_t size) {
    if (size > left()) {
      fail();
      return {};
    }
    const std::string_view s{p_, static_cast<std::size_t>(size)};
    p_ += size;
    return s;
  }

 private:
  std::uint64_t varint_slow() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (p_ == end_) break;
      const auto b = static_cast<std::uint8_t>(*p_++);
      if (shift == 63 && b > 1) break;
      v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return v;
    }
    fail();
    return 0;
  }
  template <class T>
  T fixed() {
    if (left() < sizeof(T)) {
      fail();
      return 0;
    }
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      v |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(p_[i])) << (8 * i);
    }
    p_ += sizeof(T);
    return static_cast<T>(v);
  }
  const char* p_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace bartizan
