#include "engine/detect/geo.h"

#include <algorithm>
#include <cmath>

#include "engine/model/detmath.h"

namespace bartizan {
namespace {

constexpr double kRadians = 3.14159265358979323846 / 180.0;

struct Unit {
  double x, y, z;
};
Unit unit_of(CompactPlace p) {
  const double lat = p.latitude_degrees() * kRadians;
  const double lon = p.longitude_degrees() * kRadians;
  const double c = detmath::cos(lat);
  return Unit{c * detmath::cos(lon), c * detmath::sin(lon), detmath::sin(lat)};
}

}  // namespace

CompactPlace compact(double latitude_degrees, double longitude_degrees) {
  const double lat = std::clamp(latitude_degrees, -90.0, 90.0);
  const double lon = std::clamp(longitude_degrees, -180.0, 180.0);
  return CompactPlace{static_cast<std::int16_t>(std::floor(lat * 100.0 + 0.5)), static_cast<std::int16_t>(std::floor(lon * 100.0 + 0.5))};
}

double distance_km(CompactPlace a, CompactPlace b) {
  if (a == b) return 0;
  const Unit u = unit_of(a);
  const Unit v = unit_of(b);
  const double dx = u.x - v.x;
  const double dy = u.y - v.y;
  const double dz = u.z - v.z;
  const double half_chord = std::sqrt(dx * dx + dy * dy + dz * dz) / 2;
  return 2 * kEarthRadiusKm * detmath::asin(std::min(1.0, half_chord));
}

double accuracy_km(const Location& location) {
  if (!location.city.empty()) return 50;
  return location.state.empty() ? 500 : 150;
}

std::uint16_t country_code(const std::array<char, 2>& country) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(country[0]) << 8 | static_cast<unsigned char>(country[1]));
}

std::array<char, 2> country_letters(std::uint16_t code) { return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}; }

}  // namespace bartizan
