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

/// INGEST: `g1:` and the input's generation. An offset of an older generation says nothing about this one.
std::string generation_metadata(std::int32_t generation);
std::optional<std::int32_t> read_generation_metadata(std::string_view text);

}  // namespace bartizan::kafka
