#include "engine/pipeline/recent_ids.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>

namespace bartizan {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kHeaderKey = "h";
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::uint32_t kHorizonHoursMax = 160;
constexpr std::int64_t kSweepHours = 64;  // kHorizonHoursMax + kSweepHours < 256: see start_hour
constexpr std::uint64_t kIdMask = (std::uint64_t{1} << 56) - 1;
constexpr int kDigestBits = 18;

/// Order-dependent mixing of what detectors look at, in two lanes so that multiplications overlap. Differs from stable_hash in speed
/// only; values stay inside rows of 18 bits.
class Digest {
 public:
  void add(std::uint64_t v) {
    a_ = (a_ ^ v) * 0x9e3779b97f4a7c15ULL;
    a_ ^= a_ >> 29;
  }
  void add(const Id& id) {
    if (id.kind() == Id::Kind::text) return add(id.text());
    add(id.hi());
    b_ = (b_ ^ id.lo()) * 0xd1b54a32d192ed03ULL;
    b_ ^= b_ >> 32;
  }
  void add(std::string_view text) {
    const char* p = text.data();
    std::size_t left = text.size();
    add(left);
    for (; left >= 16; p += 16, left -= 16) {
      add(word(p));
      b_ = (b_ ^ word(p + 8)) * 0xd1b54a32d192ed03ULL;
      b_ ^= b_ >> 32;
    }
    if (left >= 8) add(word(p)), p += 8, left -= 8;
    std::uint64_t rest = 0;
    for (; left != 0; --left) rest = rest << 8 | static_cast<unsigned char>(p[left - 1]);
    add(rest);
  }
  std::uint32_t value() const { return static_cast<std::uint32_t>(mix64(a_ ^ mix64(b_)) >> (64 - kDigestBits)); }

 private:
  static std::uint64_t word(const char* p) {
    std::uint64_t v = 0;
    std::memcpy(&v, p, 8);
    if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap64(v);
    return v;
  }
  std::uint64_t a_ = 0x243f6a8885a308d3ULL;
  std::uint64_t b_ = 0x13198a2e03707344ULL;
};

std::uint64_t pack(const CopyFacts& c) {
  return static_cast<std::uint64_t>(c.version) << 32 | static_cast<std::uint64_t>(c.result_class) << 30 |
         static_cast<std::uint64_t>(c.failure_class) << 25 | static_cast<std::uint64_t>(c.risk) << 18 | c.digest;
}
constexpr std::uint64_t kFactsMask = 0xffffffffULL;

EarlierCopy unpack(std::uint64_t copy) {
  EarlierCopy before;
  before.result_class = static_cast<ResultClass>((copy >> 30) & 3);
  before.failure_class = static_cast<FailureClass>((copy >> 25) & 31);
  return before;
}

std::uint64_t hash_of(const Id& id) {
  const Key128 key = id.key();
  return mix64(key.hi ^ mix64(key.lo + 0x9e3779b97f4a7c15ULL)) & kIdMask;
}

}  // namespace

CopyFacts facts_of(const SignIn& e) {
  CopyFacts c;
  c.version = static_cast<std::uint32_t>(std::max<std::int64_t>(0, (e.published_time - kEarliestEventTime).count() / 1000));
  c.result_class = e.result_class;
  c.failure_class = e.failure_class;
  c.risk = static_cast<std::uint8_t>(static_cast<unsigned>(e.risk_level_during) | static_cast<unsigned>(e.risk_level_aggregated) << 2 |
                                     static_cast<unsigned>(e.risk_state) << 4);
  Digest d;
  d.add(static_cast<std::uint64_t>(static_cast<std::uint32_t>(e.result_code)) << 32 |
        static_cast<std::uint64_t>(e.password_validated) << 24 | static_cast<std::uint64_t>(e.conditional_access) << 16 |
        static_cast<std::uint64_t>(e.device.compliant) << 8 | static_cast<std::uint64_t>(e.device.managed) << 4 |
        static_cast<std::uint64_t>(e.category));
  d.add(static_cast<std::uint64_t>(e.asn) << 32 | e.flags);
  d.add(static_cast<std::uint64_t>(to_ms(e.event_time)) ^ static_cast<std::uint64_t>(e.count) << 48);
  d.add(e.user_id);
  d.add(e.service_principal_id);
  d.add(e.app_id);
  d.add(e.resource_id);
  d.add(e.credential_key_id);
  d.add(e.session_id);
  d.add(std::string_view{reinterpret_cast<const char*>(e.ip.bytes().data()), e.ip.bytes().size()});  // 16 bytes: both lanes
  d.add(e.location.country_text());
  d.add(e.location.city);
  d.add(e.device.id);
  d.add(e.user_agent);
  d.add(e.client_app);
  d.add(e.auth_requirement);
  for (const AuthStep& step : e.auth_steps) {
    d.add(step.method);
    d.add(step.result_detail);
  }
  for (const std::string_view rule : e.matched_rules) d.add(rule);
  c.digest = d.value();
  return c;
}

RecentIds::RecentIds(Duration horizon) : buckets_(1), dirty_(1, 1) { set_horizon(horizon); }

void RecentIds::set_horizon(Duration horizon) {
  const auto hours = (horizon.count() + kHourMs - 1) / kHourMs;
  horizon_hours_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(hours, 1, kHorizonHoursMax));
}

std::size_t RecentIds::bucket_of(std::uint64_t hash) const {
  const std::size_t half = std::bit_floor(buckets_.size());  // buckets [0, size - half) are already split
  const std::size_t at = hash & (half - 1);
  return at < buckets_.size() - half ? hash & (2 * half - 1) : at;
}

bool RecentIds::is_expired(const Row& row) const {
  return static_cast<std::uint8_t>(static_cast<std::uint64_t>(hour_) - row.id) > horizon_hours_;
}

// Hours are held mod 256: every kSweepHours all expired rows leave, so that none lives to look young again.
void RecentIds::start_hour(std::int64_t hour) {
  if (hour <= hour_) return;
  if (hour / kSweepHours != hour_ / kSweepHours) {
    const std::int64_t gone = hour - hour_;
    const auto lives = [&](const Row& row) {
      return static_cast<std::uint8_t>(static_cast<std::uint64_t>(hour_) - row.id) + gone <= static_cast<std::int64_t>(horizon_hours_);
    };
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
      const auto first = std::find_if(buckets_[b].begin(), buckets_[b].end(), lives);
      if (first == buckets_[b].begin()) continue;
      rows_ -= static_cast<std::size_t>(first - buckets_[b].begin());
      buckets_[b].erase(buckets_[b].begin(), first);
      touch(b);
    }
  }
  hour_ = hour;
}

void RecentIds::drop_expired(std::size_t bucket) {
  Bucket& rows = buckets_[bucket];
  std::size_t n = 0;
  while (n < rows.size() && is_expired(rows[n])) ++n;
  if (n == 0) return;
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(n));
  rows_ -= n;
  touch(bucket);
}

void RecentIds::prefetch(const Id& event_id) const {
  __builtin_prefetch(&buckets_[bucket_of(hash_of(event_id))]);
}

void RecentIds::prefetch_rows(const Id& event_id) const {
  const Bucket& rows = buckets_[bucket_of(hash_of(event_id))];
  const char* p = reinterpret_cast<const char*>(rows.data());
  for (std::size_t at = 0; at < rows.size() * sizeof(Row); at += 64) __builtin_prefetch(p + at);
}

Seen RecentIds::observe(const Id& event_id, const CopyFacts& copy, Time journal_time) {
  start_hour(to_ms(journal_time) / kHourMs);
  const std::uint64_t hash = hash_of(event_id);
  const std::size_t at = bucket_of(hash);
  drop_expired(at);
  const std::uint64_t now = pack(copy);
  for (Row& row : buckets_[at]) {
    if (row.id >> 8 != hash) continue;
    const std::uint32_t version = static_cast<std::uint32_t>(row.copy >> 32);
    if (((row.copy ^ now) & kFactsMask) == 0) {
      if (copy.version > version) {
        row.copy = now;
        touch(at);
      }
      return Seen{Sighting::repeat, {}};
    }
    if (copy.version < version) return Seen{Sighting::older, {}};
    const EarlierCopy before = unpack(row.copy);
    row.copy = now;
    touch(at);
    return Seen{Sighting::newer, before};
  }
  append(at, Row{hash << 8 | static_cast<std::uint8_t>(hour_), now});
  return Seen{};
}

void RecentIds::append(std::size_t bucket, Row row) {
  Bucket& rows = buckets_[bucket];
  if (rows.size() >= kBucketRowsMax) {
    rows.erase(rows.begin());
    --rows_;
    ++evictions_;
  }
  if (rows.size() == rows.capacity()) rows.reserve(rows.size() + std::max<std::size_t>(4, rows.size() / 8));
  rows.push_back(row);
  ++rows_;
  touch(bucket);
  if (rows_ > buckets_.size() * kTargetRows && buckets_.size() < kBucketsMax) split();
}

// Linear hashing: the next bucket in turn gives the rows whose next hash bit is set to a new bucket at the end. Both keep their order.
void RecentIds::split() {
  const std::size_t half = std::bit_floor(buckets_.size());
  const std::size_t from = buckets_.size() - half;
  Bucket low;
  Bucket high;
  const auto goes_high = [&](const Row& row) { return (row.id >> 8 & half) != 0; };
  const auto n = static_cast<std::size_t>(std::count_if(buckets_[from].begin(), buckets_[from].end(), goes_high));
  high.reserve(n + 2);
  low.reserve(buckets_[from].size() - n + 2);
  for (const Row& row : buckets_[from]) (goes_high(row) ? high : low).push_back(row);
  buckets_[from] = std::move(low);
  buckets_.push_back(std::move(high));
  dirty_.resize((buckets_.size() + kPageBuckets - 1) / kPageBuckets, 1);
  touch(from);
  touch(buckets_.size() - 1);
}

void RecentIds::save(RowSink& sink, bool all) const {
  std::string bytes;
  {
    ByteWriter w{bytes};
    w.u8(kFormat);
    w.zigzag(hour_);
    w.varint(buckets_.size());
    w.varint(evictions_);
    sink.put(kHeaderKey, bytes);
  }
  for (std::size_t page = 0; page < dirty_.size(); ++page) {
    if (!all && dirty_[page] == 0) continue;
    bytes.clear();
    ByteWriter w{bytes};
    w.u8(kFormat);
    const std::size_t end = std::min(buckets_.size(), (page + 1) * kPageBuckets);
    for (std::size_t b = page * kPageBuckets; b < end; ++b) {
      const Bucket& rows = buckets_[b];
      w.u8(static_cast<std::uint8_t>(rows.size()));
      if constexpr (std::endian::native == std::endian::little) {
        static_assert(sizeof(Row) == 16 && std::has_unique_object_representations_v<Row>);
        w.raw(rows.data(), rows.size() * sizeof(Row));  // the bytes below, in one go: with millions of ids all pages change in a minute
      } else {
        for (const Row& row : rows) {
          w.u64(row.id);
          w.u64(row.copy);
        }
      }
    }
    std::string key = "p";
    ByteWriter{key}.u32(static_cast<std::uint32_t>(page));
    sink.put(key, bytes);
  }
}

void RecentIds::saved() { std::fill(dirty_.begin(), dirty_.end(), std::uint8_t{0}); }

bool RecentIds::load(std::string_view key, std::string_view bytes) {
  ByteReader r{bytes};
  if (r.u8() != kFormat) return false;
  if (key != kHeaderKey) return load_page(key, r);
  const std::int64_t hour = r.zigzag();
  const std::uint64_t buckets = r.varint();
  evictions_ = r.varint();
  if (!r.ok() || !r.at_end() || hour < 0 || buckets == 0 || buckets > kBucketsMax || buckets < buckets_.size()) return false;
  hour_ = hour;
  buckets_.resize(buckets);
  dirty_.assign((buckets + kPageBuckets - 1) / kPageBuckets, 0);
  return true;
}

bool RecentIds::load_page(std::string_view key, ByteReader& r) {
  ByteReader k{key};
  if (k.u8() != 'p') return false;
  const std::size_t first = static_cast<std::size_t>(k.u32()) * kPageBuckets;
  if (!k.ok() || !k.at_end() || first >= kBucketsMax) return false;
  for (std::size_t b = first; b < first + kPageBuckets && !r.at_end(); ++b) {
    if (b >= buckets_.size()) buckets_.resize(b + 1);
    const std::size_t n = r.u8();
    if (n > kBucketRowsMax || r.left() < n * sizeof(Row)) return false;
    buckets_[b].clear();
    buckets_[b].reserve(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
      Row row;
      row.id = r.u64();
      row.copy = r.u64();
      buckets_[b].push_back(row);
    }
    rows_ += n;
  }
  dirty_.assign((buckets_.size() + kPageBuckets - 1) / kPageBuckets, 0);
  return r.ok() && r.at_end();
}

std::size_t RecentIds::bytes() const {
  std::size_t n = buckets_.capacity() * (sizeof(Bucket) + 16) + dirty_.capacity();  // 16: the allocator's own, about
  for (const Bucket& b : buckets_) n += b.capacity() * sizeof(Row);
  return n;
}

}  // namespace bartizan
