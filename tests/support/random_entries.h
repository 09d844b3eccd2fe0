#pragma once
// Journal entries whose every field is random, extremes included, and their comparison.

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/journal_entry.h"

namespace bartizan::test {

/// splitmix64: the same numbers everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t word();
  std::uint64_t below(std::uint64_t n) { return word() % n; }
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// Owns the text of the entries it makes.
class RandomEntries {
 public:
  explicit RandomEntries(std::uint64_t seed) : random_(seed) {}
  const JournalEntry& next();

 private:
  std::string_view text(std::size_t max);
  Id id();
  Time time();
  IpAddress ip();
  double degrees();
  SignIn sign_in();
  Command command();
  RiskReport risk_report();
  DirectoryChange directory_change();
  Random random_;
  std::deque<std::string> texts_;
  std::deque<std::vector<AuthStep>> steps_;
  std::deque<std::vector<std::string_view>> words_;
  std::deque<std::vector<Id>> keys_;
  std::deque<JournalEntry> entries_;
};

/// Empty when equal; else the first field that differs.
std::string difference(const JournalEntry& a, const JournalEntry& b);

}  // namespace bartizan::test
