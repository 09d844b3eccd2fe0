#include "rules/testing/cities.h"

#include <string>

namespace bartizan::rule_testing {
namespace {

constexpr City kCities[] = {
    {"Amsterdam", "NL", 52.37, 4.90},      {"Athens", "GR", 37.98, 23.73},        {"Bangalore", "IN", 12.97, 77.59},
    {"Barcelona", "ES", 41.39, 2.17},      {"Berlin", "DE", 52.52, 13.40},        {"Brussels", "BE", 50.85, 4.35},
    {"Chicago", "US", 41.88, -87.63},      {"Cologne", "DE", 50.94, 6.96},        {"Dublin", "IE", 53.35, -6.26},
    {"Frankfurt", "DE", 50.11, 8.68},      {"Hong Kong", "HK", 22.32, 114.17},    {"Istanbul", "TR", 41.01, 28.98},
    {"Johannesburg", "ZA", -26.20, 28.05}, {"Lagos", "NG", 6.52, 3.38},           {"Lisbon", "PT", 38.72, -9.14},
    {"London", "GB", 51.51, -0.13},        {"Los Angeles", "US", 34.05, -118.24}, {"Lyon", "FR", 45.76, 4.84},
    {"Madrid", "ES", 40.42, -3.70},        {"Mexico City", "MX", 19.43, -99.13},  {"Munich", "DE", 48.14, 11.58},
    {"New York", "US", 40.71, -74.01},     {"Oslo", "NO", 59.91, 10.75},          {"Paris", "FR", 48.86, 2.35},
    {"Porto", "PT", 41.16, -8.63},         {"Prague", "CZ", 50.08, 14.44},        {"Rome", "IT", 41.90, 12.50},
    {"Sao Paulo", "BR", -23.55, -46.63},   {"Seattle", "US", 47.61, -122.33},     {"Singapore", "SG", 1.35, 103.82},
    {"Stockholm", "SE", 59.33, 18.07},     {"Sydney", "AU", -33.87, 151.21},      {"Tokyo", "JP", 35.68, 139.69},
    {"Vienna", "AT", 48.21, 16.37},        {"Warsaw", "PL", 52.23, 21.01},        {"Zurich", "CH", 47.38, 8.54},
};

}  // namespace

const City* find_city(std::string_view name) {
  for (const City& c : kCities) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

std::string_view city_names() {
  static const std::string all = [] {
    std::string out;
    for (const City& c : kCities) out.append(out.empty() ? "" : ", ").append(c.name);
    return out;
  }();
  return all;
}

}  // namespace bartizan::rule_testing
