#pragma once
// The generator's world: cities, networks and the synthetic address plan.
//
// Addresses. Nothing here belongs to anybody: documentation prefixes for the few well-known networks of the story, the benchmarking
// range 198.18.0.0/15 for carriers, clouds and homes, 2001:db8::/32 for IPv6 homes. In the wide plan, which evaluation and
// benchmarks use, homes, hotels and attackers come from 240.0.0.0/4 instead (reserved since RFC 1112, never routed), because a million homes
// need more /24 neighbourhoods than the narrow plan has.
//
//   192.0.2.0/24      corporate egress (site s: .16s + 1..6), kiosk branch (.200)
//   198.51.100.0/24   cloud proxy points of presence (p: .16p + 0..7), consumer VPN exits (e: 128 + .16e + 0..15)
//   203.0.113.0/24    hosting (attackers of the narrow plan)
//   198.18.0.0/17     homes and hotels of the narrow plan
//   198.18.128.0/17   cloud regions (r: eight /24 each)
//   198.19.0.0/16     carrier NAT (two /24 a carrier)
// Autonomous systems: 64496 corporate, 64500 cloud proxy, 64501 consumer VPN, 64502-64505 hosting, 64506-64509 cloud, private
// 4200000000 + 32 x country + n for internet providers (n < 8) and carriers (n >= 8).

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "connectors/demo/random.h"

namespace bartizan::demo {

struct City {
  std::string_view country;  // ISO 3166-1
  std::string_view name;
  std::string_view state;
  double latitude;
  double longitude;
  int utc_offset_hours;
};
std::span<const City> cities();
std::span<const std::string_view> countries();
std::uint16_t country_of(std::uint16_t city);                             // index in countries()
std::span<const std::uint16_t> cities_of(std::uint16_t country);          // indexes in cities(), largest first
double distance_km(std::uint16_t city_a, std::uint16_t city_b);

enum class NetworkKind : std::uint8_t { none, home, hotel, carrier, corporate, kiosk, cloud_proxy, consumer_vpn, hosting, cloud };

/// Where a sign-in comes from, as Entra would log it. A value of 32 bytes.
struct Endpoint {
  std::uint64_t hi = 0;    // IPv6: upper half; IPv4: 0
  std::uint64_t lo = 0;    // IPv6: lower half; IPv4: the address
  std::uint32_t asn = 0;
  std::uint16_t city = 0;  // where the address is *said* to be
  NetworkKind kind = NetworkKind::none;
  bool named_location = false;  // a trusted location of the tenant

  bool v6() const { return hi != 0; }
  bool empty() const { return kind == NetworkKind::none; }
  void append_ip(std::string& out) const;
};

/// Makes endpoints of each kind. Pure: the same arguments give the same endpoint.
class AddressPlan {
 public:
  AddressPlan(std::uint64_t seed, bool wide) : seed_(seed), wide_(wide) {}
  /// Home `n` (any number) of an internet provider (0-7) in a city. `block` is the provider's numbering; another block, other /24s.
  Endpoint home_v4(std::uint64_t n, std::uint16_t city, std::uint32_t provider, std::uint32_t block = 0) const;
  Endpoint home_v6(std::uint64_t n, std::uint16_t city, std::uint32_t provider, std::uint64_t interface) const;
  Endpoint hotel(std::uint64_t n, std::uint16_t city) const;
  /// One of about 400 NAT addresses of a carrier (0-2) of a country; located at one of the country's hubs, whatever the phone's place.
  Endpoint carrier(std::uint16_t country, std::uint32_t carrier, std::uint32_t n) const;
  Endpoint corporate(std::uint32_t site, std::uint32_t n, std::uint16_t city) const;
  Endpoint kiosk(std::uint16_t city) const;
  static constexpr std::uint32_t kProxySites = 6;
  Endpoint cloud_proxy(std::uint32_t site, std::uint32_t n) const;
  std::uint16_t cloud_proxy_city(std::uint32_t site) const;
  static constexpr std::uint32_t kVpnExits = 8;
  Endpoint consumer_vpn(std::uint32_t exit, std::uint32_t n) const;
  std::uint16_t vpn_city(std::uint32_t exit) const;
  static constexpr std::uint32_t kRegions = 16;
  Endpoint cloud(std::uint32_t region, std::uint32_t n) const;
  std::uint16_t region_city(std::uint32_t region) const;
  /// An attacker's rented machine.
  Endpoint hosting(std::uint64_t n, std::uint16_t city) const;
  /// A residential proxy or a bot: somebody's home that no user of the tenant has.
  Endpoint residential(std::uint64_t n, std::uint16_t city) const;

 private:
  std::uint64_t seed_;
  bool wide_;
};

}  // namespace bartizan::demo
