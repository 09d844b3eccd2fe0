#pragma once
// Points in time and their text form.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bartizan {

using Duration = std::chrono::milliseconds;
/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds. Used for event time (when it happened) and append
/// time (when it entered the journal) alike; the name of a variable says which.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

constexpr Time time_from_ms(std::int64_t ms) { return Time{Duration{ms}}; }
constexpr std::int64_t to_ms(Time t) { return t.time_since_epoch().count(); }

/// The earliest event time that Entra can have written; earlier ones are dead letters (`bad_time`).
constexpr Time kEarliestEventTime = time_from_ms(1'262'304'000'000);  // 2010-01-01T00:00:00Z

/// Reads every time form seen in Entra records: ISO 8601 with up to 9 fraction digits (cut, not rounded, to
/// milliseconds), any offset or none (none means UTC), 'T' or a blank between date and time, one-digit hours
/// (`2022-09-09T9:54:27.739Z`), and the US form `M/d/yyyy h:mm:ss AM|PM`. Nothing else: no value on trailing text, on a
/// day that the month does not have, on years outside 0001..9999. A leap second (:60) reads as the next second.
std::optional<Time> parse_time(std::string_view text);

/// RFC 3339 UTC with exactly three decimals and `Z`; 24 characters. REQUIRES: year 0..9999.
void append_time(std::string& out, Time t);
std::string format_time(Time t);

}  // namespace bartizan
