#include "connectors/demo/places.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/model/detmath.h"

namespace bartizan::demo {
namespace {

// Largest city of a country first.
constexpr City kCities[] = {
    {"US", "New York", "New York", 40.7128, -74.0060, -5},
    {"US", "Chicago", "Illinois", 41.8781, -87.6298, -6},
    {"US", "Seattle", "Washington", 47.6062, -122.3321, -8},
    {"US", "Austin", "Texas", 30.2672, -97.7431, -6},
    {"US", "Atlanta", "Georgia", 33.7490, -84.3880, -5},
    {"US", "San Jose", "California", 37.3382, -121.8863, -8},
    {"GB", "London", "England", 51.5074, -0.1278, 0},
    {"GB", "Manchester", "England", 53.4808, -2.2426, 0},
    {"GB", "Edinburgh", "Scotland", 55.9533, -3.1883, 0},
    {"DE", "Frankfurt", "Hessen", 50.1109, 8.6821, 1},
    {"DE", "Berlin", "Berlin", 52.5200, 13.4050, 1},
    {"DE", "Munich", "Bayern", 48.1351, 11.5820, 1},
    {"DE", "Hamburg", "Hamburg", 53.5511, 9.9937, 1},
    {"FR", "Paris", "Ile-De-France", 48.8566, 2.3522, 1},
    {"FR", "Bordeaux", "Gironde", 44.8404, -0.5805, 1},
    {"FR", "Lyon", "Rhone", 45.7640, 4.8357, 1},
    {"NL", "Amsterdam", "Noord-Holland", 52.3676, 4.9041, 1},
    {"ES", "Madrid", "Madrid", 40.4168, -3.7038, 1},
    {"ES", "Barcelona", "Barcelona", 41.3874, 2.1686, 1},
    {"PT", "Lisbon", "Lisboa", 38.7223, -9.1393, 0},
    {"IT", "Milan", "Lombardia", 45.4642, 9.1900, 1},
    {"IT", "Rome", "Lazio", 41.9028, 12.4964, 1},
    {"CH", "Zurich", "Zurich", 47.3769, 8.5417, 1},
    {"SE", "Stockholm", "Stockholms Lan", 59.3293, 18.0686, 1},
    {"PL", "Warsaw", "Mazowieckie", 52.2297, 21.0122, 1},
    {"RO", "Bucharest", "Bucuresti", 44.4268, 26.1025, 2},
    {"IN", "Bengaluru", "Karnataka", 12.9716, 77.5946, 5},
    {"IN", "Mumbai", "Maharashtra", 19.0760, 72.8777, 5},
    {"IN", "Delhi", "Delhi", 28.7041, 77.1025, 5},
    {"SG", "Singapore", "Central Singapore", 1.3521, 103.8198, 8},
    {"JP", "Tokyo", "Tokyo", 35.6762, 139.6503, 9},
    {"JP", "Osaka", "Osaka", 34.6937, 135.5023, 9},
    {"AU", "Sydney", "New South Wales", -33.8688, 151.2093, 10},
    {"AU", "Perth", "Western Australia", -31.9523, 115.8613, 8},
    {"BR", "Sao Paulo", "Sao Paulo", -23.5505, -46.6333, -3},
    {"BR", "Recife", "Pernambuco", -8.0476, -34.8770, -3},
    {"CA", "Toronto", "Ontario", 43.6532, -79.3832, -5},
    {"CA", "Vancouver", "British Columbia", 49.2827, -123.1207, -8},
    {"MX", "Mexico City", "Ciudad De Mexico", 19.4326, -99.1332, -6},
    {"ZA", "Johannesburg", "Gauteng", -26.2041, 28.0473, 2},
    {"AE", "Dubai", "Dubai", 25.2048, 55.2708, 4},
    {"NG", "Lagos", "Lagos", 6.5244, 3.3792, 1},
    {"KR", "Seoul", "Seoul-Teukbyeolsi", 37.5665, 126.9780, 9},
    {"TR", "Istanbul", "Istanbul", 41.0082, 28.9784, 3},
    {"VN", "Hanoi", "Ha Noi", 21.0278, 105.8342, 7},
    {"UA", "Kyiv", "Kyiv", 50.4501, 30.5234, 2},
    {"AR", "Buenos Aires", "Ciudad De Buenos Aires", -34.6037, -58.3816, -3},
    {"ID", "Jakarta", "Jakarta", -6.2088, 106.8456, 7},
};
constexpr std::size_t kCityCount = sizeof kCities / sizeof kCities[0];

struct Index {
  std::vector<std::string_view> names;
  std::vector<std::vector<std::uint16_t>> members;
  std::array<std::uint16_t, kCityCount> country{};
  Index() {
    for (std::size_t i = 0; i < kCityCount; ++i) {
      auto at = std::find(names.begin(), names.end(), kCities[i].country);
      if (at == names.end()) {
        names.push_back(kCities[i].country);
        members.emplace_back();
        at = names.end() - 1;
      }
      const auto c = static_cast<std::size_t>(at - names.begin());
      country[i] = static_cast<std::uint16_t>(c);
      members[c].push_back(static_cast<std::uint16_t>(i));
    }
  }
};
const Index& index() {
  static const Index built;
  return built;
}

std::uint16_t city_named(std::string_view name) {
  for (std::size_t i = 0; i < kCityCount; ++i) {
    if (kCities[i].name == name) return static_cast<std::uint16_t>(i);
  }
  return 0;
}

constexpr std::uint32_t kPrivateAsn = 4'200'000'000U;
std::uint32_t provider_asn(std::uint16_t city, std::uint32_t n) { return kPrivateAsn + 32U * country_of(city) + n; }

void append_number(std::string& out, std::uint32_t v) {
  char b[10];
  std::size_t n = 0;
  do b[n++] = static_cast<char>('0' + v % 10);
  while (v /= 10);
  while (n) out.push_back(b[--n]);
}
void append_group(std::string& out, std::uint64_t v) {
  constexpr char kHex[] = "0123456789abcdef";
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const auto digit = (v >> shift) & 15;
    if (digit || started || shift == 0) {
      out.push_back(kHex[digit]);
      started = true;
    }
  }
}

Endpoint v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d, std::uint32_t asn, std::uint16_t city, NetworkKind kind) {
  return Endpoint{.hi = 0, .lo = (a << 24) | (b << 16) | (c << 8) | d, .asn = asn, .city = city, .kind = kind};
}

}  // namespace

std::span<const City> cities() { return kCities; }
std::span<const std::string_view> countries() { return index().names; }
std::uint16_t country_of(std::uint16_t city) { return index().country[city]; }
std::span<const std::uint16_t> cities_of(std::uint16_t country) { return index().members[country]; }

double distance_km(std::uint16_t city_a, std::uint16_t city_b) {
  constexpr double kDegree = 0.017453292519943295;
  const auto vector = [](const City& c) {
    const double lat = c.latitude * kDegree, lon = c.longitude * kDegree;
    return std::array<double, 3>{detmath::cos(lat) * detmath::cos(lon), detmath::cos(lat) * detmath::sin(lon), detmath::sin(lat)};
  };
  const auto a = vector(kCities[city_a]), b = vector(kCities[city_b]);
  const double dx = a[0] - b[0], dy = a[1] - b[1], dz = a[2] - b[2];
  return 2 * 6371.0 * detmath::asin(std::min(1.0, std::sqrt(dx * dx + dy * dy + dz * dz) / 2));
}

void Endpoint::append_ip(std::string& out) const {
  if (!v6()) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      append_number(out, static_cast<std::uint32_t>(lo >> shift) & 255);
      if (shift) out.push_back('.');
    }
    return;
  }
  for (int i = 0; i < 8; ++i) {  // no group is zero (AddressPlan), so RFC 5952 compresses nothing
    if (i) out.push_back(':');
    append_group(out, (i < 4 ? hi >> (48 - 16 * i) : lo >> (48 - 16 * (i - 4))) & 0xffff);
  }
}

Endpoint AddressPlan::home_v4(std::uint64_t n, std::uint16_t city, std::uint32_t provider, std::uint32_t block) const {
  const std::uint64_t h = mix64(seed_ ^ mix64(n * 131 + city + (std::uint64_t{block} << 40) + (std::uint64_t{provider} << 50)));
  const auto host = static_cast<std::uint32_t>(h >> 48) % 254 + 1;
  if (wide_) {
    return v4(240 + static_cast<std::uint32_t>((h >> 16) % 12), static_cast<std::uint32_t>(h >> 8) & 255, static_cast<std::uint32_t>(h) & 255, host,
              provider_asn(city, provider), city, NetworkKind::home);
  }
  return v4(198, 18, static_cast<std::uint32_t>((n * 2 + block) % 128), host, provider_asn(city, provider), city, NetworkKind::home);
}

Endpoint AddressPlan::home_v6(std::uint64_t n, std::uint16_t city, std::uint32_t provider, std::uint64_t interface) const {
  const std::uint64_t net = (mix64(seed_ ^ (n * 977 + 5)) | 0x0001000100010001ULL) & 0xffffff00ULL;
  Endpoint e{.asn = provider_asn(city, provider), .city = city, .kind = NetworkKind::home};
  e.hi = 0x20010db800000000ULL | net | 0x00010001ULL;
  e.lo = mix64(interface) | 0x1000100010001000ULL;
  return e;
}

Endpoint AddressPlan::hotel(std::uint64_t n, std::uint16_t city) const {
  Endpoint e = home_v4(n + 7'000'003, city, static_cast<std::uint32_t>(n % 8), 3);
  e.kind = NetworkKind::hotel;
  return e;
}

Endpoint AddressPlan::carrier(std::uint16_t country, std::uint32_t carrier, std::uint32_t n) const {
  const auto hubs = cities_of(country);
  const std::uint32_t slot = (country * 3U + carrier) % 128;
  const std::uint32_t address = n % 400;
  // A NAT gateway serves a wide area and is located at its own hub, mostly the largest city.
  const auto pick = mix64(seed_ ^ (std::uint64_t{slot} << 20 | address)) % 10;
  const std::uint16_t hub = hubs[pick < 6 ? 0 : pick % hubs.size()];
  return v4(198, 19, slot * 2 + address / 200, address % 200 + 20, provider_asn(hub, 8 + carrier), hub, NetworkKind::carrier);
}

Endpoint AddressPlan::corporate(std::uint32_t site, std::uint32_t n, std::uint16_t city) const {
  Endpoint e = v4(192, 0, 2, 16 * (site % 8) + 1 + n % 6, 64496, city, NetworkKind::corporate);
  e.named_location = true;
  return e;
}
Endpoint AddressPlan::kiosk(std::uint16_t city) const { return v4(192, 0, 2, 200, provider_asn(city, 3), city, NetworkKind::kiosk); }

std::uint16_t AddressPlan::cloud_proxy_city(std::uint32_t site) const {
  static const std::array<std::uint16_t, kProxySites> kSites{city_named("Frankfurt"), city_named("London"), city_named("Amsterdam"),
                                                             city_named("New York"),  city_named("Singapore"), city_named("Paris")};
  return kSites[site % kProxySites];
}
Endpoint AddressPlan::cloud_proxy(std::uint32_t site, std::uint32_t n) const {
  return v4(198, 51, 100, 16 * (site % kProxySites) + n % 8, 64500, cloud_proxy_city(site), NetworkKind::cloud_proxy);
}

std::uint16_t AddressPlan::vpn_city(std::uint32_t exit) const {
  static const std::array<std::uint16_t, kVpnExits> kExits{city_named("Amsterdam"), city_named("Zurich"),  city_named("London"),    city_named("Frankfurt"),
                                                           city_named("New York"),  city_named("Toronto"), city_named("Stockholm"), city_named("Singapore")};
  return kExits[exit % kVpnExits];
}
Endpoint AddressPlan::consumer_vpn(std::uint32_t exit, std::uint32_t n) const {
  return v4(198, 51, 100, 128 + 16 * (exit % kVpnExits) + n % 16, 64501, vpn_city(exit), NetworkKind::consumer_vpn);
}

std::uint16_t AddressPlan::region_city(std::uint32_t region) const {
  static const std::array<std::uint16_t, 8> kHome{city_named("Amsterdam"), city_named("Frankfurt"), city_named("New York"), city_named("Chicago"),
                                                  city_named("London"),    city_named("Singapore"), city_named("Paris"),    city_named("Seattle")};
  return kHome[region % kHome.size()];
}
Endpoint AddressPlan::cloud(std::uint32_t region, std::uint32_t n) const {
  const std::uint32_t r = region % kRegions;
  return v4(198, 18, 128 + r * 8 + (n / 250) % 8, n % 250 + 2, 64506 + r / 4, region_city(r), NetworkKind::cloud);
}

Endpoint AddressPlan::hosting(std::uint64_t n, std::uint16_t city) const {
  const std::uint64_t h = mix64(seed_ ^ (n + 0x5eedULL));
  const auto asn = 64502 + static_cast<std::uint32_t>(h >> 32) % 4;
  if (!wide_) return v4(203, 0, 113, static_cast<std::uint32_t>(n % 250) + 2, asn, city, NetworkKind::hosting);
  return v4(252 + static_cast<std::uint32_t>(h >> 60) % 2, static_cast<std::uint32_t>(h) & 255, static_cast<std::uint32_t>(h >> 8) & 255,
            static_cast<std::uint32_t>(h >> 16) % 254 + 1, asn, city, NetworkKind::hosting);
}
Endpoint AddressPlan::residential(std::uint64_t n, std::uint16_t city) const {
  const std::uint64_t h = mix64(seed_ ^ (n + 0xb075ULL));
  const auto provider = static_cast<std::uint32_t>(h >> 40) % 8;
  if (!wide_) return home_v6(n + 0x1000000, city, provider, h);
  return v4(254, static_cast<std::uint32_t>(h) & 255, static_cast<std::uint32_t>(h >> 8) & 255, static_cast<std::uint32_t>(h >> 16) % 254 + 1,
            provider_asn(city, provider), city, NetworkKind::home);
}

}  // namespace bartizan::demo
