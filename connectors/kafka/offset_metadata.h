#pragma once
// The text that travels with a committed offset.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bartizan::kafka {

/// DETECT: `h1:` and the rolling hash of the partition's output bytes in 16 hexadecimal digits.
std::string hash_metadata(std::uint64_t output_hash);
/// No value for any other text.
std::optional<std::uint64_t> read_hash_metadata(std::string_view text);

/// What travels with a source offset.
struct SourceMetadata {
  std::int32_t generation = 0;  // the input's; an offset of an older one says nothing about this one
  std::uint64_t record = 0;     // record_hash (source_mark.h) of the record before the offset; 0: none was read
};
/// INGEST: `g1:` and the generation, or `g2:`, the generation, a colon and the record's hash in 16 hexadecimal digits.
std::string source_metadata(const SourceMetadata& metadata);
/// No value for any other text.
std::optional<SourceMetadata> read_source_metadata(std::string_view text);

}  // namespace bartizan::kafka
