#include "connectors/embedded/published_time.h"

#include <cstddef>
#include <cstring>

namespace bartizan::embedded {
namespace {

constexpr std::size_t kScanMax = 64 * 1024;
constexpr std::size_t kCandidatesMax = 4;
constexpr std::string_view kSpace = " \t\r\n";

// The text value that follows a quoted name ending at `at`; no value when what follows is not `: "time"`.
std::optional<Time> time_after(std::string_view text, std::size_t at) {
  at = text.find_first_not_of(kSpace, at);
  if (at == std::string_view::npos || text[at] != ':') return std::nullopt;
  at = text.find_first_not_of(kSpace, at + 1);
  if (at == std::string_view::npos || text[at] != '"') return std::nullopt;
  const auto end = text.find('"', at + 1);
  if (end == std::string_view::npos || end - at > 64) return std::nullopt;
  return parse_time(text.substr(at + 1, end - at - 1));
}

std::optional<Time> first_of(std::string_view text, std::string_view quoted_name) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < kCandidatesMax; ++i) {
    const void* found = ::memmem(text.data() + from, text.size() - from, quoted_name.data(), quoted_name.size());
    if (found == nullptr) return std::nullopt;
    from = static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + quoted_name.size();
    if (const auto t = time_after(text, from)) return t;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Time> published_time(std::string_view message) {
  const std::string_view text = message.substr(0, kScanMax);
  for (const std::string_view name : {R"("time")", R"("createdDateTime")", R"("CreationTime")", R"("TimeGenerated")"}) {
    if (const auto t = first_of(text, name)) return t;
  }
  return std::nullopt;
}

std::optional<Time> command_time(std::string_view message) { return first_of(message.substr(0, kScanMax), R"("at")"); }

}  // namespace bartizan::embedded
