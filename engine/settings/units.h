#pragma once
// Values as people write them: durations, sizes, numbers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/time.h"

namespace bartizan::settings {

/// `100ms`, `60s`, `15m`, `6h`, `7d`; `0` needs no unit. Not negative, at most 100 years.
std::optional<Duration> parse_duration(std::string_view text);
/// In the largest unit that divides it.
std::string format_duration(Duration d);

/// A number of bytes.
struct ByteSize {
  std::uint64_t bytes = 0;
  friend bool operator==(const ByteSize&, const ByteSize&) = default;
};
/// `512B`, `64KiB`, `64MiB`, `4GiB`, `1TiB`, or a bare number of bytes; at most 2^62.
std::optional<ByteSize> parse_size(std::string_view text);
std::string format_size(ByteSize size);

/// Decimal integers and decimal numbers, locale-free; no hexadecimal, no infinities.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_number(std::string_view text);
/// The shortest text that reads back as the same number; integers without a fraction.
std::string format_number(double value);

}  // namespace bartizan::settings
