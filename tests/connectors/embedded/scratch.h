#pragma once
// Temporary folders and files for the tests of this folder.

#include <string>
#include <string_view>
#include <vector>

namespace bartizan::testing {

/// A fresh folder that goes with everything in it.
class Scratch {
 public:
  /// In memory where the machine has a folder for that: kill -9 needs no disk, and thousands of commits are done in seconds.
  enum class Place { disk, memory };
  explicit Scratch(Place place = Place::disk);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string{name}; }

 private:
  std::string path_;
};

void write_file(const std::string& path, std::string_view bytes);
void append_file(const std::string& path, std::string_view bytes);
/// Empty when there is none.
std::string read_file(const std::string& path);
std::string gzip(std::string_view bytes);
std::string zstd(std::string_view bytes);
std::vector<std::string> split_lines(std::string_view bytes);

/// The same numbers on every machine.
class SplitMix {
 public:
  explicit SplitMix(unsigned long long seed) : state_(seed) {}
  unsigned long long next();
  /// 0 ... bound-1.
  unsigned long long below(unsigned long long bound) { return next() % bound; }

 private:
  unsigned long long state_;
};

}  // namespace bartizan::testing
