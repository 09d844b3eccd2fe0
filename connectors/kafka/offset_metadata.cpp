#include "connectors/kafka/offset_metadata.h"

#include <charconv>

namespace bartizan::kafka {
namespace {

constexpr std::string_view kHash = "h1:";
constexpr std::string_view kGeneration = "g1:";

template <class T>
std::optional<T> read_number(std::string_view text, std::string_view prefix, int base) {
  if (text.substr(0, prefix.size()) != prefix) return std::nullopt;
  text.remove_prefix(prefix.size());
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string hash_metadata(std::uint64_t output_hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text{kHash};
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(output_hash >> shift) & 15];
  return text;
}

std::optional<std::uint64_t> read_hash_metadata(std::string_view text) {
  if (text.size() != kHash.size() + 16) return std::nullopt;
  return read_number<std::uint64_t>(text, kHash, 16);
}

std::string generation_metadata(std::int32_t generation) { return std::string{kGeneration} + std::to_string(generation); }

std::optional<std::int32_t> read_generation_metadata(std::string_view text) {
  const auto value = read_number<std::int32_t>(text, kGeneration, 10);
  return value && *value >= 0 ? value : std::nullopt;
}

}  // namespace bartizan::kafka
