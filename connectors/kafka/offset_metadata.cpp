#include "connectors/kafka/offset_metadata.h"

#include <charconv>

namespace bartizan::kafka {
namespace {

constexpr std::string_view kHash = "h1:";
constexpr std::string_view kGeneration = "g1:";
constexpr std::string_view kGenerationAndRecord = "g2:";

template <class T>
std::optional<T> read_number(std::string_view text, std::string_view prefix, int base) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  text.remove_prefix(prefix.size());
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string digits(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(value >> shift) & 15];
  return text;
}

}  // namespace

std::string hash_metadata(std::uint64_t output_hash) { return std::string{kHash} + digits(output_hash); }

std::optional<std::uint64_t> read_hash_metadata(std::string_view text) {
  if (text.size() != kHash.size() + 16) return std::nullopt;
  return read_number<std::uint64_t>(text, kHash, 16);
}

std::string source_metadata(const SourceMetadata& metadata) {
  const std::string generation = std::to_string(metadata.generation);
  if (metadata.record == 0) return std::string{kGeneration} + generation;
  return std::string{kGenerationAndRecord} + generation + ':' + digits(metadata.record);
}

std::optional<SourceMetadata> read_source_metadata(std::string_view text) {
  SourceMetadata out;
  std::string_view generation = text;
  std::string_view prefix = kGeneration;
  if (text.substr(0, kGenerationAndRecord.size()) == kGenerationAndRecord) {
    const std::size_t colon = text.find(':', kGenerationAndRecord.size());
    if (colon == text.npos || text.size() != colon + 17) return std::nullopt;
    const auto record = read_number<std::uint64_t>(text.substr(colon), ":", 16);
    if (!record) return std::nullopt;
    out.record = *record;
    generation = text.substr(0, colon);
    prefix = kGenerationAndRecord;
  }
  const auto value = read_number<std::int32_t>(generation, prefix, 10);
  if (!value || *value < 0) return std::nullopt;
  out.generation = *value;
  return out;
}

}  // namespace bartizan::kafka
