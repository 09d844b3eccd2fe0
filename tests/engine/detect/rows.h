#pragma once
// Checkpoint rows in memory, and a small random source, for tests of state.

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/model/hash.h"
#include "engine/model/state_rows.h"

namespace bartizan::test {

/// Rows as a checkpoint store holds them after put and erase.
class Rows : public RowSink {
 public:
  void put(std::string_view key, std::string_view bytes) override { rows[std::string(key)] = std::string(bytes); }
  void erase(std::string_view key) override { rows.erase(std::string(key)); }
  std::map<std::string, std::string> rows;
};

inline Rows all_rows(const StatePart& part) {
  Rows r;
  part.save(r, true);
  return r;
}

inline void load_all(StatePart& part, const Rows& from) {
  for (const auto& [key, bytes] : from.rows) REQUIRE(part.load(key, bytes));
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mix64(state_ += 0x9e3779b97f4a7c15ULL); }
  /// 0 .. n-1
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }

 private:
  std::uint64_t state_;
};

constexpr std::uint64_t kSeeds[] = {1, 2, 3, 20261123};

}  // namespace bartizan::test
