#pragma once
// Keys and the marker of the state topic (docs/formats/kafka.md), and a checkpoint held in memory while it is read.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/hash.h"
#include "engine/pipeline/checkpoint.h"

namespace bartizan::kafka {

inline constexpr std::string_view kMarkerKey = "m";

/// `r`, the table as four bytes (big end first), the row's key.
void append_row_key(std::string& out, std::uint32_t table, std::string_view key);
struct RowKey {
  std::uint32_t table = 0;
  std::string_view key;
};
std::optional<RowKey> read_row_key(std::string_view key);

/// `q`, journal offset (eight bytes), entry index (four bytes).
std::string quarantine_key(std::int64_t offset, std::int32_t index);
std::optional<std::pair<std::int64_t, std::int32_t>> read_quarantine_key(std::string_view key);

/// Space-separated text: version 1, next offset, output hash, journal checksum (both hexadecimal), fold version, clean stop (0 or 1), bundle hash.
std::string write_marker(const CheckpointMarker& marker);
std::optional<CheckpointMarker> read_marker(std::string_view text, std::int32_t partition);

/// Gathers the committed records of one state partition in order. Rows count only once a marker follows them; of each key the last one counts.
/// Copies bytes into large blocks: no allocation per row.
class HeldCheckpoint {
 public:
  explicit HeldCheckpoint(std::int32_t partition) : partition_(partition) {}
  /// One record; `value` absent: tombstone. False: a form that this version does not know.
  bool add(std::string_view key, const std::string_view* value);
  const std::optional<CheckpointMarker>& marker() const { return marker_; }
  const std::vector<std::pair<std::int64_t, std::int32_t>>& quarantined() const { return quarantined_; }
  /// Rows below the last marker, newest version of each key, in the order of the topic. False: `row` said no.
  bool visit(const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) const;
  std::size_t records() const { return records_.size(); }

 private:
  struct Record {
    Key128 hash;
    const char* bytes = nullptr;   // key, value
    std::uint32_t key_size = 0;
    std::uint32_t value_size = 0;  // kTombstone
  };
  static constexpr std::uint32_t kTombstone = UINT32_MAX;
  static constexpr std::size_t kBlock = 4 << 20;

  char* take(std::size_t size);
  std::vector<bool> newest() const;

  std::int32_t partition_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  std::size_t left_ = 0;
  std::vector<Record> records_;
  std::size_t sealed_ = 0;  // records below the last marker
  std::optional<CheckpointMarker> marker_;
  std::vector<std::pair<std::int64_t, std::int32_t>> quarantined_;
};

}  // namespace bartizan::kafka
