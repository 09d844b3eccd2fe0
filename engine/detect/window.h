#pragma once
// Small windows over event time: rings of counters, short sets of recent hashes, compact stamps. All fixed in size and plain data.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/model/bytes.h"
#include "engine/model/check.h"
#include "engine/model/time.h"

namespace bartizan {

/// Seconds since 2010-01-01 in 32 bits (until 2146): how rows keep times that need no milliseconds. 0 is "never".
using Stamp = std::uint32_t;
constexpr Stamp stamp_of(Time t) {
  if (t < kEarliestEventTime) return 0;
  const std::int64_t s = (to_ms(t) - to_ms(kEarliestEventTime)) / 1000 + 1;
  return s > 0xffffffffLL ? 0xffffffffU : static_cast<Stamp>(s);
}
/// The second that the stamp stands for; Time::min() for "never".
constexpr Time time_of(Stamp s) {
  return s == 0 ? Time::min() : kEarliestEventTime + std::chrono::seconds{static_cast<std::int64_t>(s) - 1};
}

/// Days since 2010-01-01 UTC, from 1; 0 is "never".
using Day = std::uint16_t;
constexpr Day day_of(Time t) {
  if (t < kEarliestEventTime) return 0;
  const std::int64_t d = (to_ms(t) - to_ms(kEarliestEventTime)) / 86'400'000 + 1;
  return d > 0xffff ? 0xffff : static_cast<Day>(d);
}
/// The end of that day.
constexpr Time end_of(Day d) { return kEarliestEventTime + std::chrono::hours{24 * static_cast<std::int64_t>(d)}; }

template <class T>
constexpr T saturating_add(T value, T more) {
  const T sum = static_cast<T>(value + more);
  return sum < value ? static_cast<T>(~T{0}) : sum;
}

/// Counts per bucket of event time, over the newest N buckets. Late events fall into their own bucket while that is still held.
template <std::size_t N>
class CountRing {
 public:
  /// Adds at `t`. False: older than the ring, not counted.
  bool add(Time t, Duration bucket, std::uint16_t n = 1) {
    const std::uint32_t b = bucket_of(t, bucket);
    if (!advance(b)) return false;
    counts_[b % N] = saturating_add(counts_[b % N], n);
    return true;
  }
  /// Takes back what add() counted; never below zero.
  void subtract(Time t, Duration bucket, std::uint16_t n = 1) {
    const std::uint32_t b = bucket_of(t, bucket);
    if (b > newest_ || b + N <= newest_) return;
    std::uint16_t& c = counts_[b % N];
    c = c > n ? static_cast<std::uint16_t>(c - n) : std::uint16_t{0};
  }
  /// Sum over the `buckets` buckets that end with the one of `t` (at most N, and none newer than `t`).
  std::uint32_t sum(Time t, Duration bucket, std::size_t buckets = N) const {
    const std::uint32_t last = bucket_of(t, bucket);
    std::uint32_t total = 0;
    for (std::uint32_t i = 0; i < buckets && i < N && i <= last; ++i) {
      const std::uint32_t b = last - i;
      if (b <= newest_ && b + N > newest_) total += counts_[b % N];
    }
    return total;
  }
  /// End of the newest bucket plus the ring's length: nothing counted is visible after it. Time::min() when never used.
  Time keep_until(Duration bucket) const {
    return newest_ == 0 ? Time::min() : kEarliestEventTime + bucket * (static_cast<std::int64_t>(newest_) + static_cast<std::int64_t>(N));
  }
  void encode(ByteWriter& w) const {
    w.varint(newest_);
    for (const std::uint16_t c : counts_) w.varint(c);
  }
  bool decode(ByteReader& r) {
    const std::uint64_t newest = r.varint();
    if (newest > 0xffffffffULL) return false;
    newest_ = static_cast<std::uint32_t>(newest);
    for (std::uint16_t& c : counts_) {
      const std::uint64_t v = r.varint();
      if (v > 0xffff) return false;
      c = static_cast<std::uint16_t>(v);
    }
    return r.ok();
  }

 private:
  static std::uint32_t bucket_of(Time t, Duration bucket) {
    BARTIZAN_CHECK(bucket.count() > 0);
    if (t < kEarliestEventTime) return 0;
    return static_cast<std::uint32_t>((to_ms(t) - to_ms(kEarliestEventTime)) / bucket.count() + 1);
  }
  /// Makes `b` part of the ring; false when it lies behind it.
  bool advance(std::uint32_t b) {
    if (b + N <= newest_) return false;
    if (b > newest_) {
      const std::uint32_t steps = b - newest_;
      for (std::uint32_t i = 1; i <= steps && i <= N; ++i) counts_[(newest_ + i) % N] = 0;
      if (steps > N) counts_.fill(0);
      newest_ = b;
    }
    return true;
  }
  std::uint32_t newest_ = 0;  // number of the newest bucket; 0: never used
  std::array<std::uint16_t, N> counts_{};
};

/// N of some 32-bit hashes, with the day of the last sight: the newest, and those that come back. When full, the one goes whose last
/// sight, put off by a day for each day it was seen on (30 at most), is the longest ago (ties: the smaller hash), so that five networks
/// met in passing do not take the place of one used every other day. The content follows from the calls alone. Hash 0 is "unknown" and
/// never stored.
template <std::size_t N>
class RecentSet {
 public:
  struct Item {
    std::uint32_t hash = 0;
    Day last = 0;
    std::uint16_t days = 0;  // distinct days seen
  };
  const Item* find(std::uint32_t hash) const {
    for (const Item& i : items_) {
      if (i.hash == hash && i.last != 0) return &i;
    }
    return nullptr;
  }
  bool seen_since(std::uint32_t hash, Day first) const {
    const Item* i = find(hash);
    return i != nullptr && i->last >= first;
  }
  /// Returns the hash that had to go, 0 when none. Late sights do not move `last` back.
  std::uint32_t see(std::uint32_t hash, Day day) {
    if (hash == 0 || day == 0) return 0;
    Item* first = &items_[0];  // to go
    for (Item& i : items_) {
      if (i.last != 0 && i.hash == hash) {
        if (day > i.last) {
          i.last = day;
          i.days = saturating_add(i.days, std::uint16_t{1});
        }
        return 0;
      }
      if (kept_to(i) < kept_to(*first) || (kept_to(i) == kept_to(*first) && i.hash < first->hash)) first = &i;
    }
    const std::uint32_t gone = first->last != 0 ? first->hash : 0;
    *first = Item{hash, day, 1};
    return gone;
  }
  const std::array<Item, N>& items() const { return items_; }
  std::size_t size() const {
    std::size_t n = 0;
    for (const Item& i : items_) n += i.last != 0 ? 1 : 0;
    return n;
  }
  void encode(ByteWriter& w) const {
    for (const Item& i : items_) {
      w.varint(i.last);
      if (i.last == 0) continue;
      w.u32(i.hash);
      w.varint(i.days);
    }
  }
  bool decode(ByteReader& r) {
    for (Item& i : items_) {
      const std::uint64_t last = r.varint();
      if (last > 0xffff) return false;
      i = Item{};
      if (last == 0) continue;
      i.last = static_cast<Day>(last);
      i.hash = r.u32();
      const std::uint64_t days = r.varint();
      if (days > 0xffff) return false;
      i.days = static_cast<std::uint16_t>(days);
    }
    return r.ok();
  }

 private:
  /// 0 for unused items.
  static std::uint32_t kept_to(const Item& i) { return i.last == 0 ? 0 : i.last + std::min<std::uint32_t>(i.days, 30); }
  std::array<Item, N> items_{};  // in no order; unused ones have last 0
};

/// About how many distinct things, by linear counting: `set_bits` of `bits` are set. Exact to +-1 up to bits / 4.
double linear_count(unsigned set_bits, unsigned bits);

/// Distinct things over the newest one to two periods: two bitmaps that rotate.
class DistinctWindow {
 public:
  static constexpr unsigned kBits = 32;
  void see(std::uint64_t hash, std::uint32_t period) {
    turn_to(period);
    const std::uint32_t bit = std::uint32_t{1} << (hash % kBits);
    if (period == period_) {
      now_ |= bit;
    } else if (period + 1 == period_) {
      before_ |= bit;
    }
  }
  /// As of `period`: things seen in it and in the one before.
  double count(std::uint32_t period) const { return linear_count(static_cast<unsigned>(std::popcount(bits(period))), kBits); }
  /// The whole period before `period` only.
  double count_before(std::uint32_t period) const {
    const std::uint32_t b = period == period_ ? before_ : period == period_ + 1u ? now_ : 0;
    return linear_count(static_cast<unsigned>(std::popcount(b)), kBits);
  }
  /// Bits set: a lower bound of the count, without a logarithm.
  unsigned at_least(std::uint32_t period) const { return static_cast<unsigned>(std::popcount(bits(period))); }
  /// True when `hash` may have been seen; false is certain.
  bool maybe_seen(std::uint64_t hash, std::uint32_t period) const { return (bits(period) >> (hash % kBits) & 1) != 0; }
  std::uint32_t period() const { return period_; }
  /// Makes `period` the newest; older ones change nothing.
  void turn_to(std::uint32_t period) {
    if (period <= period_) return;
    before_ = period == period_ + 1u ? now_ : 0;
    now_ = 0;
    period_ = static_cast<std::uint16_t>(period);
  }
  void encode(ByteWriter& w) const {
    w.varint(period_);
    w.u32(now_);
    w.u32(before_);
  }
  bool decode(ByteReader& r) {
    const std::uint64_t p = r.varint();
    period_ = static_cast<std::uint16_t>(p);
    now_ = r.u32();
    before_ = r.u32();
    return r.ok() && p <= 0xffff;
  }

 private:
  std::uint32_t bits(std::uint32_t period) const {
    if (period <= period_) return now_ | before_;
    return period == period_ + 1u ? now_ : 0;
  }
  std::uint32_t now_ = 0;
  std::uint32_t before_ = 0;
  std::uint16_t period_ = 0;
};

}  // namespace bartizan
