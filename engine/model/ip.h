#pragma once
// IP addresses and the prefixes by which they are compared.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/hash.h"

namespace bartizan {

/// An IPv4 or IPv6 address, 16 bytes in network order. IPv4-mapped IPv6 text reads as IPv4. No zone ids.
class IpAddress {
 public:
  enum class Family : std::uint8_t { none, v4, v6 };

  constexpr IpAddress() = default;
  static IpAddress v4(std::uint32_t host_order);
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes);
  /// Strict: dotted quad without leading zeros, or RFC 4291 text; also `a.b.c.d:port` and `[v6]:port`, which Entra's exports
  /// carry in places (the port is dropped). No value on anything else.
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr Family family() const { return family_; }
  constexpr bool empty() const { return family_ == Family::none; }
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  // v4: the first four
  std::uint32_t v4_value() const;  // REQUIRES: family v4
  /// RFC 5952 for v6, dotted quad for v4.
  std::string str() const;
  /// The address with all bits after the first `bits` cleared.
  IpAddress prefix(int bits) const;
  /// The unit in which one machine or household is seen: the address itself for v4, the /64 for v6.
  IpAddress host_unit() const { return family_ == Family::v6 ? prefix(64) : *this; }
  /// The near neighbourhood: /24 for v4, /48 for v6.
  IpAddress neighbourhood() const { return family_ == Family::v6 ? prefix(48) : prefix(24); }
  /// Loopback, link-local, private (RFC 1918, 4193), shared carrier space (RFC 6598): says nothing about place.
  bool is_special() const;
  Key128 key() const;
  friend constexpr bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  Family family_ = Family::none;
};

}  // namespace bartizan
