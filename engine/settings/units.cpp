#include "engine/settings/units.h"

#include <array>
#include <charconv>
#include <cmath>

namespace bartizan::settings {
namespace {

struct Unit {
  std::string_view word;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kTimes{{{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 5> kSizes{{{"B", 1}, {"KiB", 1ull << 10}, {"MiB", 1ull << 20}, {"GiB", 1ull << 30}, {"TiB", 1ull << 40}}};
constexpr std::uint64_t kLongestMs = 100ull * 365 * 86'400'000;
constexpr std::uint64_t kLargestBytes = 1ull << 62;

/// `digits unit`, where the unit is one of the table; `bare` tells whether a number without a unit is allowed.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, 5>& units, bool bare, std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty()) return (bare || number == 0) && number <= max ? std::optional(number) : std::nullopt;
  for (const Unit& u : units) {
    if (u.word == unit) return number <= max / u.factor ? std::optional(number * u.factor) : std::nullopt;
  }
  return std::nullopt;
}

std::string format_with_unit(std::uint64_t value, const std::array<Unit, 5>& units) {
  const Unit* best = &units[0];
  for (const Unit& u : units) {
    if (value != 0 && value % u.factor == 0) best = &u;
  }
  return std::to_string(value / best->factor) + std::string(best->word);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto ms = parse_with_unit(text, kTimes, false, kLongestMs);
  return ms ? std::optional(Duration{static_cast<std::int64_t>(*ms)}) : std::nullopt;
}

std::string format_duration(Duration d) { return format_with_unit(static_cast<std::uint64_t>(d.count()), kTimes); }

std::optional<ByteSize> parse_size(std::string_view text) {
  const auto bytes = parse_with_unit(text, kSizes, true, kLargestBytes);
  return bytes ? std::optional(ByteSize{*bytes}) : std::nullopt;
}

std::string format_size(ByteSize size) { return format_with_unit(size.bytes, kSizes); }

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string format_number(double value) {
  char buffer[64];
  if (std::floor(value) == value && std::abs(value) < 1e15) {
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(value)).ptr;
    return std::string(buffer, end);
  }
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

}  // namespace bartizan::settings
