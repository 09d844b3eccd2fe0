#include "engine/codec/json_patterns.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace bartizan {

const JsonPattern* JsonPatterns::find(const std::uint8_t* classes, Token count, std::uint64_t hash) {
  texts_since_ = std::min(texts_since_ + 1, kTextsPerPattern);
  for (const std::size_t place : places(hash)) {
    JsonPattern& p = held_[place];
    if (p.hash != hash || p.classes.size() != count || std::memcmp(p.classes.data(), classes, count) != 0) continue;
    p.used = true;
    return &p;
  }
  return nullptr;
}

const JsonPattern* JsonPatterns::note(const JsonStructure& structure, Token count, std::uint64_t hash) {
  std::uint64_t& met = met_[hash % met_.size()];
  if (count > kTokensMax || met != hash) {
    met = hash;
    return nullptr;
  }
  if (texts_since_ < kTextsPerPattern) return nullptr;
  texts_since_ = 0;
  const auto [one, other] = places(hash);
  const std::size_t place = held_[one].number <= held_[other].number ? one : other;  // the older one goes, unless it is of use
  JsonPattern& p = held_[place];
  if (std::exchange(p.used, false)) return nullptr;
  p.number = ++numbers_;
  p.place = place;
  p.hash = hash;
  p.classes.assign(structure.classes, structure.classes + count);
  p.closes.assign(count, 0);
  p.scalars.clear();
  p.deepest = structure.deepest;
  for (Token t = 0; t < count; ++t) {
    if (opens_container(structure.classes[t])) p.closes[t] = structure.closes[t];
    if (is_scalar(structure.classes[t])) p.scalars.push_back(t);
  }
  return &p;
}

}  // namespace bartizan
