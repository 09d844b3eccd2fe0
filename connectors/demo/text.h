#pragma once
// Putting texts together.

#include <initializer_list>
#include <string>
#include <string_view>

namespace bartizan::demo {

/// One string of all parts. (`"literal" + std::string` makes g++ 12 warn of overlapping copies, wrongly.)
inline std::string join(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view p : parts) size += p.size();
  std::string out;
  out.reserve(size);
  for (const std::string_view p : parts) out.append(p);
  return out;
}

}  // namespace bartizan::demo
