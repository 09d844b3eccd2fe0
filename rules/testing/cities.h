#pragma once
// A few places for tests, so that a case can say `city: Lisbon`.

#include <string_view>

namespace bartizan::rule_testing {

struct City {
  std::string_view name;
  std::string_view country;
  double latitude;
  double longitude;
};

/// Null when unknown.
const City* find_city(std::string_view name);
/// Names, joined by ", ".
std::string_view city_names();

}  // namespace bartizan::rule_testing
