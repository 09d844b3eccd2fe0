#include "tests/support/line/checkpoint_file.h"

#include "engine/model/bytes.h"
#include "engine/model/check.h"

namespace bartizan::test {

std::string write_checkpoint(const CheckpointMarker& marker, const Rows& rows) {
  std::string bytes;
  ByteWriter w{bytes};
  w.zigzag(marker.next_offset);
  w.u64(marker.output_hash);
  w.u64(marker.journal_checksum);
  w.text(marker.bundle_hash);
  for (const auto& [key, value] : rows) {
    w.u32(key.first);
    w.text(key.second);
    w.text(value);
  }
  return bytes;
}

std::pair<CheckpointMarker, Rows> read_checkpoint(std::string_view bytes) {
  ByteReader r{bytes};
  CheckpointMarker marker;
  marker.next_offset = r.zigzag();
  marker.output_hash = r.u64();
  marker.journal_checksum = r.u64();
  marker.bundle_hash = r.text();
  Rows rows;
  while (r.ok() && !r.at_end()) {
    const std::uint32_t table = r.u32();
    std::string key{r.text()};
    rows[{table, std::move(key)}] = r.text();
  }
  BARTIZAN_CHECK(r.ok());
  return {marker, rows};
}

std::uint64_t state_hash(const Rows& rows) { return stable_hash64(write_checkpoint({}, rows)); }

}  // namespace bartizan::test
