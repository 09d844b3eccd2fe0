#include "engine/model/time.h"

#include <algorithm>

namespace bartizan {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads 1..`most` digits at `i`.
bool digits(std::string_view s, std::size_t& i, std::size_t least, std::size_t most, int& out) {
  const std::size_t start = i;
  int v = 0;
  while (i < s.size() && i - start < most && is_digit(s[i])) v = v * 10 + (s[i++] - '0');
  out = v;
  return i - start >= least;
}

bool take(std::string_view s, std::size_t& i, char c) {
  if (i >= s.size() || s[i] != c) return false;
  ++i;
  return true;
}

/// Days from 1970-01-01 of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
std::int64_t days_from_civil(int y, int m, int d) {
  y -= m <= 2 ? 1 : 0;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int yoe = y - era * 400;
  const int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return static_cast<std::int64_t>(era) * 146097 + doe - 719468;
}

int days_in_month(int y, int m) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
  return m == 2 && leap ? 29 : kDays[m - 1];
}

struct Civil {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0, offset_minutes = 0;
};

std::optional<Time> to_time(const Civil& c) {
  if (c.year < 1 || c.year > 9999 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in_month(c.year, c.month) ||
      c.hour > 23 || c.minute > 59 || c.second > 60) {
    return std::nullopt;
  }
  const std::int64_t seconds = days_from_civil(c.year, c.month, c.day) * 86400 + c.hour * 3600 + c.minute * 60 + c.second -
                               static_cast<std::int64_t>(c.offset_minutes) * 60;
  return time_from_ms(seconds * 1000 + c.milli);
}

/// Fraction of a second after the point: 1..9 digits, cut to milliseconds.
bool fraction(std::string_view s, std::size_t& i, int& milli) {
  if (s.size() - i > 7 && is_digit(s[i]) && is_digit(s[i + 1]) && is_digit(s[i + 2]) && is_digit(s[i + 3]) && is_digit(s[i + 4]) &&
      is_digit(s[i + 5]) && is_digit(s[i + 6]) && !is_digit(s[i + 7])) {  // as .NET writes it
    milli = (s[i] - '0') * 100 + (s[i + 1] - '0') * 10 + (s[i + 2] - '0');
    i += 7;
    return true;
  }
  int count = 0;
  int v = 0;
  while (i < s.size() && is_digit(s[i]) && count < 9) {
    if (count < 3) v = v * 10 + (s[i] - '0');
    ++i;
    ++count;
  }
  if (count == 0) return false;
  for (; count < 3; ++count) v *= 10;
  milli = v;
  return true;
}

bool zone(std::string_view s, std::size_t& i, int& minutes) {
  if (i == s.size()) return true;  // none: UTC
  if (s[i] == 'Z' || s[i] == 'z') {
    ++i;
    return true;
  }
  if (s[i] != '+' && s[i] != '-') return false;
  const int sign = s[i++] == '-' ? -1 : 1;
  int h = 0;
  int m = 0;
  if (!digits(s, i, 2, 2, h)) return false;
  take(s, i, ':');
  if (i < s.size() && !digits(s, i, 2, 2, m)) return false;
  if (h > 23 || m > 59) return false;
  minutes = sign * (h * 60 + m);
  return true;
}

/// From behind the seconds.
std::optional<Time> parse_rest(std::string_view s, std::size_t i, Civil& c) {
  if (take(s, i, '.') && !fraction(s, i, c.milli)) return std::nullopt;
  if (!zone(s, i, c.offset_minutes) || i != s.size()) return std::nullopt;
  return to_time(c);
}

/// "2026-03-02T00:01:06" as Entra writes it: everything in its place. False: read it digit by digit.
bool whole_seconds(std::string_view s, Civil& c) {
  if (s.size() < 19) return false;
  unsigned beyond = 0;  // the largest distance from '0'
  const auto two = [&](std::size_t at) {
    const auto a = static_cast<unsigned>(static_cast<unsigned char>(s[at])) - '0';
    const auto b = static_cast<unsigned>(static_cast<unsigned char>(s[at + 1])) - '0';
    beyond = std::max({beyond, a, b});
    return static_cast<int>(10 * a + b);
  };
  c.year = 100 * two(0) + two(2);
  c.month = two(5);
  c.day = two(8);
  c.hour = two(11);
  c.minute = two(14);
  c.second = two(17);
  return beyond <= 9 && s[4] == '-' && s[7] == '-' && s[10] == 'T' && s[13] == ':' && s[16] == ':';
}

std::optional<Time> parse_iso(std::string_view s) {
  Civil c;
  std::size_t i = 19;
  if (whole_seconds(s, c)) return parse_rest(s, i, c);
  c = Civil{};
  i = 0;
  if (!digits(s, i, 4, 4, c.year) || !take(s, i, '-') || !digits(s, i, 2, 2, c.month) || !take(s, i, '-') ||
      !digits(s, i, 2, 2, c.day)) {
    return std::nullopt;
  }
  if (!take(s, i, 'T') && !take(s, i, 't') && !take(s, i, ' ')) return std::nullopt;
  if (!digits(s, i, 1, 2, c.hour) || !take(s, i, ':') || !digits(s, i, 2, 2, c.minute) || !take(s, i, ':') ||
      !digits(s, i, 2, 2, c.second)) {
    return std::nullopt;
  }
  return parse_rest(s, i, c);
}

std::optional<Time> parse_us(std::string_view s) {
  Civil c;
  std::size_t i = 0;
  if (!digits(s, i, 1, 2, c.month) || !take(s, i, '/') || !digits(s, i, 1, 2, c.day) || !take(s, i, '/') ||
      !digits(s, i, 4, 4, c.year) || !take(s, i, ' ') || !digits(s, i, 1, 2, c.hour) || !take(s, i, ':') ||
      !digits(s, i, 2, 2, c.minute) || !take(s, i, ':') || !digits(s, i, 2, 2, c.second) || !take(s, i, ' ')) {
    return std::nullopt;
  }
  const std::string_view half = s.substr(i);
  const bool pm = half == "PM" || half == "pm";
  if ((!pm && half != "AM" && half != "am") || c.hour < 1 || c.hour > 12) return std::nullopt;
  c.hour = c.hour % 12 + (pm ? 12 : 0);
  return to_time(c);
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  if (text.size() < 15 || text.size() > 40) return std::nullopt;
  return text[4] == '-' ? parse_iso(text) : parse_us(text);
}

void append_time(std::string& out, Time t) {
  const std::int64_t ms = to_ms(t);
  std::int64_t days = ms / 86'400'000;
  std::int64_t rest = ms % 86'400'000;
  if (rest < 0) {
    rest += 86'400'000;
    --days;
  }
  // The inverse of days_from_civil.
  const std::int64_t z = days + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<int>(z - era * 146097);
  const int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int mp = (5 * doy + 2) / 153;
  const int d = doy - (153 * mp + 2) / 5 + 1;
  const int m = mp + (mp < 10 ? 3 : -9);
  const int y = static_cast<int>(era * 400) + yoe + (m <= 2 ? 1 : 0);
  const auto r = static_cast<int>(rest);
  char b[24] = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  const auto put = [&b](int at, int width, int v) {
    for (int k = at + width - 1; k >= at; --k, v /= 10) b[k] = static_cast<char>('0' + v % 10);
  };
  put(0, 4, y);
  put(5, 2, m);
  put(8, 2, d);
  put(11, 2, r / 3'600'000);
  put(14, 2, r / 60'000 % 60);
  put(17, 2, r / 1000 % 60);
  put(20, 3, r % 1000);
  out.append(b, sizeof b);
}

std::string format_time(Time t) {
  std::string out;
  append_time(out, t);
  return out;
}

}  // namespace bartizan
