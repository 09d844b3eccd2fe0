#include "tests/support/line/fold.h"

#include "engine/model/check.h"

namespace bartizan::test {

std::vector<std::string> Fold::step(const MemoryWorld::Message& message, std::int64_t offset) {
  CollectedOutputs out;
  const Status done = shard.step_message(message.bytes, message.append_time, offset, out);
  BARTIZAN_CHECK(done.ok());
  return lines(out.records);
}

Image Fold::image(bool all) const {
  Image image;
  shard.save(image, all);
  return image;
}

void Fold::load(const CheckpointMarker& marker, const Rows& rows) {
  BARTIZAN_CHECK(shard.begin_load(marker).ok());
  for (const auto& [key, bytes] : rows) BARTIZAN_CHECK(shard.load_row(key.first, key.second, bytes));
  BARTIZAN_CHECK(shard.end_load().ok());
}

std::string difference(const Rows& a, const Rows& b) {
  const auto name = [](const Rows::key_type& key) {
    std::string text = "table " + std::to_string(key.first) + " key ";
    for (const char c : key.second) text += c >= ' ' && c <= '~' ? c : '.';
    return text;
  };
  for (const auto& [key, bytes] : a) {
    const auto other = b.find(key);
    if (other == b.end()) return name(key) + " is missing in the second";
    if (other->second != bytes) return name(key) + " differs";
  }
  for (const auto& [key, bytes] : b) {
    if (!a.contains(key)) return name(key) + " is missing in the first";
  }
  return {};
}

std::vector<std::string> without_positions(std::vector<std::string> lines) {
  constexpr std::string_view kId = "\"id\":\"";
  for (std::string& line : lines) {
    if (line.rfind("audit ", 0) != 0) continue;
    const std::size_t at = line.find(kId);
    if (at == std::string::npos) continue;
    line.erase(at, line.find('"', at + kId.size()) + 1 - at);
  }
  return lines;
}

}  // namespace bartizan::test
