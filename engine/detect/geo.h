#pragma once
// Distances on the globe and how sure a sign-in's place is.

#include <cstdint>

#include "engine/model/sign_in.h"

namespace bartizan {

constexpr double kEarthRadiusKm = 6371.0;

/// A place in 4 bytes: degrees in steps of 0.01 (1.1 km), enough beside the 50 km that a city's position is worth.
struct CompactPlace {
  std::int16_t latitude = 0;   // 1/100 degree
  std::int16_t longitude = 0;  // 1/100 degree
  double latitude_degrees() const { return latitude / 100.0; }
  double longitude_degrees() const { return longitude / 100.0; }
  friend bool operator==(const CompactPlace&, const CompactPlace&) = default;
};

CompactPlace compact(double latitude_degrees, double longitude_degrees);

/// Great-circle distance by the chord: 2 R asin(|a - b| / 2) of unit vectors (algorithms.md 2.1).
double distance_km(CompactPlace a, CompactPlace b);

/// Radius of the area that the location stands for, in km: 50 with a city, 150 with a region, 500 with the country only
/// (algorithms.md 2.1).
double accuracy_km(const Location& location);

/// Two letters as a number, 0 when unknown; and back.
std::uint16_t country_code(const std::array<char, 2>& country);
std::array<char, 2> country_letters(std::uint16_t code);

}  // namespace bartizan
