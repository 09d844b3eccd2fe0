#pragma once
// A count per hour against its own past: small rises that last are found, single peaks are not.

#include <array>
#include <cstdint>

#include "engine/model/bytes.h"
#include "engine/model/time.h"

namespace bartizan {

/// A cumulative sum (CUSUM) of how far each hour lies above what is usual at that hour of the day, for workdays and weekends apart
/// (algorithms.md 3.3):
///
///   z = (x - mean) / max(1.4826 * mean deviation, sqrt(max(mean, 1)));  S = max(0, S + min(z - 1, hour_max))
///
/// Usual is an exponential mean over about eight days of the same kind; with fewer than three such days the other kind of day stands in,
/// and without that either the hour changes nothing. After an alarm nothing is learned until six quiet hours have passed. Event time;
/// late counts fall into the present hour.
class HourlyTide {
 public:
  struct Limits {
    double alarm = 12;     // of S
    double hour_max = 10;  // the most that one hour adds to S
  };
  /// Closes the hours before the one of `t`, at most four weeks of them.
  void advance(Time t, const Limits& limits);
  /// One more in the present hour.
  void count() { ++count_; }
  /// S as it would be if the present hour ended now.
  double level(const Limits& limits) const;
  /// What is usual for the present hour, negative where too little is known.
  double usual() const;
  std::uint32_t present() const { return count_; }
  /// Number of the present hour.
  std::uint32_t hour() const { return hour_; }
  /// Since when S has been above zero, as an hour; Time::min() when it is zero and the present hour would not lift it.
  Time rising_since(const Limits& limits) const;

  void encode(ByteWriter& w) const;
  bool decode(ByteReader& r);

 private:
  struct Bin {
    float mean = 0;
    float deviation = 0;
    std::uint8_t days = 0;  // saturates
  };
  static constexpr std::uint8_t kDaysMin = 3;
  static constexpr std::uint8_t kQuietHours = 6;

  static std::size_t bin_of(std::uint32_t hour);
  /// Null where too little is known.
  const Bin* usual_bin(std::uint32_t hour) const;
  static double excess(const Bin& bin, double x, const Limits& limits);
  static void learn(Bin& bin, double x);
  void close_hour(const Limits& limits);

  std::array<Bin, 48> bins_{};  // 24 hours of a workday, 24 of a weekend day, UTC
  std::uint32_t hour_ = 0;      // hours since 2010-01-01, from 1; 0: never used
  std::uint32_t count_ = 0;
  std::uint32_t rising_ = 0;    // the first hour of the present rise, 0: none
  double sum_ = 0;
  bool frozen_ = false;
  std::uint8_t quiet_ = 0;
};

}  // namespace bartizan
