#pragma once
// The project's own files, for tests that read them.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace bartizan::lint {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Files below the given top folders with one of the extensions, as paths relative to the root, sorted.
inline std::vector<std::string> files_below(const std::vector<std::string>& folders, const std::vector<std::string>& extensions) {
  const std::filesystem::path root = BARTIZAN_SOURCE_DIR;
  std::vector<std::string> out;
  for (const auto& folder : folders) {
    if (!std::filesystem::exists(root / folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      const std::string path = std::filesystem::relative(entry.path(), root).generic_string();
      if (!entry.is_regular_file() || path.find("node_modules") != std::string::npos) continue;
      if (std::find(extensions.begin(), extensions.end(), entry.path().extension()) != extensions.end()) out.push_back(path);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

/// The line without its `//` comment (strings that hold `//` are kept whole: good enough for lint).
inline std::string without_comment(const std::string& line) {
  const std::size_t at = line.find("//");
  return at == std::string::npos || line.find('"') < at ? line : line.substr(0, at);
}

inline std::string joined(const std::vector<std::string>& rows) {
  std::string out;
  for (const auto& row : rows) out += row + "\n";
  return out;
}

}  // namespace bartizan::lint
