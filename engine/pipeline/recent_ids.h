#pragma once
// Which events of the last day were seen, in which copy: tells repeats, corrections and outdated copies from news.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/detect/detector.h"
#include "engine/model/bytes.h"
#include "engine/model/sign_in.h"
#include "engine/model/state_rows.h"

namespace bartizan {

/// What a copy of an event says, as far as copies are compared.
struct CopyFacts {
  std::uint32_t version = 0;  // seconds since 2010-01-01: published time of this copy
  ResultClass result_class = ResultClass::success;
  FailureClass failure_class = FailureClass::ok;
  std::uint8_t risk = 0;      // 7 bits: Entra's levels and state on the record
  std::uint32_t digest = 0;   // 18 bits of a hash of the fields that detectors look at
};
CopyFacts facts_of(const SignIn& e);

enum class Sighting : std::uint8_t {
  fresh,   // not remembered
  repeat,  // equal to the copy remembered
  newer,   // differs, and is not older: a correction
  older    // differs, and is older than the copy remembered
};

struct Seen {
  Sighting sighting = Sighting::fresh;
  EarlierCopy before;  // of the remembered copy, for `newer`
};

/// Ids of one tenant's events, remembered for `horizon` of journal time since first sight (in whole hours: up to one hour longer).
///
/// A row is 16 bytes: 56 bits of the id's hash, hour of first sight, version, outcome, risk bits and digest. Two ids are mixed up
/// with a probability of n / 2^56 an event at n remembered ids (1e-10 at ten million); a changed copy passes for a repeat with 2^-18.
/// Rows lie in arrival order in buckets that split one at a time (linear hashing), so nothing ever stops to grow. An expired row is
/// absent; it leaves memory when its bucket is next visited. At most 127 rows a bucket: beyond, the oldest goes (counted), which
/// needs more than 100 million ids a day or hostile hashing.
class RecentIds : public StatePart {
 public:
  explicit RecentIds(Duration horizon = std::chrono::hours{24});
  void set_horizon(Duration horizon);

  /// Looks the event up and remembers this copy unless it is older.
  Seen observe(const Id& event_id, const CopyFacts& copy, Time journal_time);

  /// Hints that observe() comes soon: first the bucket's place, then, a little later, its rows. A table of a large tenant does not fit the
  /// cache, and the two waits are most of the cost of a look.
  void prefetch(const Id& event_id) const;
  void prefetch_rows(const Id& event_id) const;

  std::uint64_t evictions() const { return evictions_; }

  void save(RowSink& sink, bool all) const override;
  void saved() override;
  bool load(std::string_view key, std::string_view bytes) override;
  std::size_t bytes() const override;
  std::size_t rows() const override { return rows_; }  // expired ones that were not visited included

 private:
  struct Row {
    std::uint64_t id = 0;    // hash bits << 8 | hour of first sight mod 256
    std::uint64_t copy = 0;  // version << 32 | facts
  };
  using Bucket = std::vector<Row>;
  static constexpr std::size_t kBucketRowsMax = 127;
  static constexpr std::size_t kPageBuckets = 32;  // 32 * 127 * 16 bytes + sizes stay below kStateRowBytesMax
  static constexpr std::size_t kTargetRows = 24;   // a bucket, on average
  static constexpr std::size_t kBucketsMax = 1u << 20;

  std::size_t bucket_of(std::uint64_t hash) const;
  bool is_expired(const Row& row) const;
  void drop_expired(std::size_t bucket);
  void start_hour(std::int64_t hour);
  void split();
  void append(std::size_t bucket, Row row);
  void touch(std::size_t bucket) { dirty_[bucket / kPageBuckets] = 1; }
  bool load_page(std::string_view key, ByteReader& r);

  std::uint32_t horizon_hours_ = 24;
  std::int64_t hour_ = 0;  // journal hour of the last visit
  std::size_t rows_ = 0;
  std::uint64_t evictions_ = 0;
  std::vector<Bucket> buckets_;
  std::vector<std::uint8_t> dirty_;  // by page
};

}  // namespace bartizan
