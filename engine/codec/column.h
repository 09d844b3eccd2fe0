#pragma once
// Growing bytes with room made ahead: writing a field is a store, without a test for room.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace bartizan::journal {

/// REQUIRES, for everything but `raw`: `room` was asked for at least the bytes written since.
class Column {
 public:
  void room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
  }
  void u8(std::uint8_t v) { bytes_[size_++] = static_cast<char>(v); }
  /// LEB128, 1 to 10 bytes.
  void varint(std::uint64_t v) {
    char* p = bytes_.get() + size_;
    while (v >= 0x80) {
      *p++ = static_cast<char>(static_cast<std::uint8_t>(v) | 0x80);
      v >>= 7;
    }
    *p++ = static_cast<char>(v);
    size_ = static_cast<std::size_t>(p - bytes_.get());
  }
  void zigzag(std::int64_t v) { varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63)); }
  void u64_big_endian(std::uint64_t v) {
    char* const p = bytes_.get() + size_;
    for (int i = 0; i < 8; ++i) p[i] = static_cast<char>(static_cast<unsigned char>(v >> (56 - 8 * i)));
    size_ += 8;
  }
  /// Makes its own room.
  void raw(const void* data, std::size_t size) {
    room(size);
    if (size > 0) std::memcpy(bytes_.get() + size_, data, size);
    size_ += size;
  }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }

 private:
  void grow(std::size_t bytes) {
    capacity_ = (capacity_ + bytes) * 2;
    std::unique_ptr<char[]> bigger(new char[capacity_]);
    if (size_ > 0) std::memcpy(bigger.get(), bytes_.get(), size_);
    bytes_ = std::move(bigger);
  }
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace bartizan::journal
