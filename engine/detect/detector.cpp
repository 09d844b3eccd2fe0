#include "engine/detect/detector.h"

#include "engine/model/check.h"

namespace bartizan {
namespace {

/// Milliseconds of one unit of a duration parameter.
double unit_ms(std::string_view unit) {
  if (unit == "s") return 1'000;
  if (unit == "min") return 60'000;
  if (unit == "h") return 3'600'000;
  BARTIZAN_CHECK(unit == "days");
  return 86'400'000;
}

}  // namespace

Parameters::Parameters(std::span<const ParameterSpec> specs) : specs_(specs) {
  values_.reserve(specs.size());
  for (const ParameterSpec& s : specs) values_.push_back(s.fallback);
}

double Parameters::number(std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name == name) return values_[i];
  }
  constexpr bool kDeclared = false;  // a detector asks for a parameter that it does not declare
  BARTIZAN_CHECK(kDeclared);
  return 0;
}

Duration Parameters::duration(std::string_view name) const {
  for (const ParameterSpec& s : specs_) {
    if (s.name == name) return Duration{static_cast<Duration::rep>(number(name) * unit_ms(s.unit))};
  }
  return Duration{static_cast<Duration::rep>(number(name))};  // does not return: the name is unknown
}

bool Parameters::set(std::string_view name, double value) {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name != name) continue;
    values_[i] = value;
    return true;
  }
  return false;
}

}  // namespace bartizan
