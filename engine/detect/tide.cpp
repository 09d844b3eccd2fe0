#include "engine/detect/tide.h"

#include <algorithm>
#include <cmath>

namespace bartizan {
namespace {

constexpr std::uint32_t kHoursMax = 24 * 28;
constexpr double kMeanDeviationToSigma = 1.4826;
constexpr double kMemoryDays = 8;

std::uint32_t hour_of(Time t) {
  if (t < kEarliestEventTime) return 1;
  return static_cast<std::uint32_t>((to_ms(t) - to_ms(kEarliestEventTime)) / 3'600'000 + 1);
}

}  // namespace

/// 2010-01-01 was a Friday.
std::size_t HourlyTide::bin_of(std::uint32_t hour) {
  const std::uint32_t day = (hour - 1) / 24;
  const bool weekend = (day + 4) % 7 >= 5;
  return (hour - 1) % 24 + (weekend ? 24 : 0);
}

const HourlyTide::Bin* HourlyTide::usual_bin(std::uint32_t hour) const {
  const std::size_t own = bin_of(hour);
  if (bins_[own].days >= kDaysMin) return &bins_[own];
  const Bin& other = bins_[(own + 24) % 48];
  return other.days >= kDaysMin ? &other : nullptr;
}

double HourlyTide::excess(const Bin& bin, double x, const Limits& limits) {
  const double spread = std::max(kMeanDeviationToSigma * static_cast<double>(bin.deviation), std::sqrt(std::max(static_cast<double>(bin.mean), 1.0)));
  return std::min((x - static_cast<double>(bin.mean)) / spread - 1, limits.hour_max);
}

void HourlyTide::learn(Bin& bin, double x) {
  if (bin.days < 255) ++bin.days;
  const double weight = 1.0 / std::min(static_cast<double>(bin.days), kMemoryDays);
  const double off = std::abs(x - static_cast<double>(bin.mean));
  if (bin.days > 1) bin.deviation = static_cast<float>(static_cast<double>(bin.deviation) + weight * (off - static_cast<double>(bin.deviation)));
  bin.mean = static_cast<float>(static_cast<double>(bin.mean) + weight * (x - static_cast<double>(bin.mean)));
}

void HourlyTide::close_hour(const Limits& limits) {
  const double x = count_;
  if (const Bin* usual = usual_bin(hour_)) {
    const double e = excess(*usual, x, limits);
    sum_ = std::max(0.0, sum_ + e);
    if (sum_ > 0 && rising_ == 0) rising_ = hour_;
    if (sum_ >= limits.alarm) frozen_ = true;
    quiet_ = e <= 0 ? static_cast<std::uint8_t>(quiet_ + 1) : std::uint8_t{0};
    if (quiet_ >= kQuietHours) {
      quiet_ = 0;
      if (frozen_) sum_ = 0;
      frozen_ = false;
    }
    if (sum_ == 0) rising_ = 0;
  }
  if (!frozen_) learn(bins_[bin_of(hour_)], x);
  count_ = 0;
  ++hour_;
}

void HourlyTide::advance(Time t, const Limits& limits) {
  const std::uint32_t hour = hour_of(t);
  if (hour_ == 0) hour_ = hour;
  if (hour > hour_ + kHoursMax) {  // silent for weeks: what was usual then says nothing now
    *this = HourlyTide{};
    hour_ = hour;
  }
  while (hour_ < hour) close_hour(limits);
}

double HourlyTide::level(const Limits& limits) const {
  const Bin* bin = usual_bin(std::max<std::uint32_t>(hour_, 1));
  return bin == nullptr ? sum_ : std::max(0.0, sum_ + excess(*bin, count_, limits));
}

double HourlyTide::usual() const {
  const Bin* bin = usual_bin(std::max<std::uint32_t>(hour_, 1));
  return bin == nullptr ? -1 : static_cast<double>(bin->mean);
}

Time HourlyTide::rising_since(const Limits& limits) const {
  const std::uint32_t hour = rising_ != 0 ? rising_ : level(limits) > 0 ? hour_ : 0;
  return hour == 0 ? Time::min() : kEarliestEventTime + std::chrono::hours{static_cast<std::int64_t>(hour) - 1};
}

void HourlyTide::encode(ByteWriter& w) const {
  w.varint(hour_);
  w.varint(count_);
  w.varint(rising_);
  w.f64(sum_);
  w.u8(static_cast<std::uint8_t>((frozen_ ? 1 : 0) | quiet_ << 1));
  for (const Bin& b : bins_) {
    w.f32(b.mean);
    w.f32(b.deviation);
    w.u8(b.days);
  }
}

bool HourlyTide::decode(ByteReader& r) {
  hour_ = static_cast<std::uint32_t>(r.varint());
  count_ = static_cast<std::uint32_t>(r.varint());
  rising_ = static_cast<std::uint32_t>(r.varint());
  sum_ = r.f64();
  const std::uint8_t marks = r.u8();
  frozen_ = (marks & 1) != 0;
  quiet_ = static_cast<std::uint8_t>(marks >> 1);
  for (Bin& b : bins_) {
    b.mean = r.f32();
    b.deviation = r.f32();
    b.days = r.u8();
  }
  return r.ok() && quiet_ < kQuietHours;
}

}  // namespace bartizan
