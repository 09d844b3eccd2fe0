#pragma once
// Patterns of tokens met before: texts of one source resemble each other, so most need no check of their grammar.

#include <array>
#include <cstdint>
#include <vector>

#include "engine/codec/json_structure.h"

namespace bartizan {

/// The classes of a text's tokens in their order, and what follows from them alone.
struct JsonPattern {
  std::uint64_t number = 0;  // never given to another pattern
  std::size_t place = 0;     // below JsonPatterns::kPatternsMax; taken over by another pattern at times
  std::uint64_t hash = 0;
  std::vector<std::uint8_t> classes;
  std::vector<Token> closes;  // as JsonStructure
  std::vector<Token> scalars;
  std::uint32_t deepest = 0;
  bool used = false;  // found since it was last about to be replaced
};

/// A cache of bounded size. What it finds is what check_structure() would say; it changes only the time taken.
class JsonPatterns {
 public:
  static constexpr std::size_t kPatternsMax = 512;

  JsonPatterns() : held_(kPatternsMax), met_(kPatternsMax * 4) {}
  /// Null: not held. `hash`: of the classes (classify_tokens).
  const JsonPattern* find(const std::uint8_t* classes, Token count, std::uint64_t hash);
  /// A text that has been checked and was not found. Keeps it when it comes again: null otherwise. Keeping costs as much as several texts, so
  /// it is done for one in kTextsPerPattern at most: a source of ever new patterns costs little more than without this.
  const JsonPattern* note(const JsonStructure& structure, Token count, std::uint64_t hash);

 private:
  static std::array<std::size_t, 2> places(std::uint64_t hash) { return {hash % kPatternsMax, hash / kPatternsMax % kPatternsMax}; }
  static constexpr std::uint32_t kTextsPerPattern = 16;
  static constexpr Token kTokensMax = 4096;  // longer texts are not kept
  std::vector<JsonPattern> held_;             // each at one of two places
  std::vector<std::uint64_t> met_;           // hashes of texts that came once
  std::uint64_t numbers_ = 0;
  std::uint32_t texts_since_ = kTextsPerPattern;  // the last pattern was kept
};

}  // namespace bartizan
