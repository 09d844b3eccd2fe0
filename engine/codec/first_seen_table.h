#pragma once
// Numbers distinct values in the order in which they first came.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/model/id.h"

namespace bartizan::journal {

// Equality of fields and of rows of fields, without calls: rows are compared with their predecessors for every entry.

template <class T>
bool same(const T& a, const T& b) {
  return a == b;
}
inline bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const char* p = a.data();
  const char* q = b.data();
  std::size_t left = a.size();
  const auto differ = [&](auto word, std::size_t at) {
    auto other = word;
    std::memcpy(&word, p + at, sizeof word);
    std::memcpy(&other, q + at, sizeof other);
    return word != other;
  };
  if (left >= 8) {
    for (; left > 8; p += 8, q += 8, left -= 8) {
      if (differ(std::uint64_t{}, 0)) return false;
    }
    p -= 8 - left;  // the last eight bytes, some of them again
    q -= 8 - left;
    return !differ(std::uint64_t{}, 0);
  }
  if (left >= 4) return !differ(std::uint32_t{}, 0) && !differ(std::uint32_t{}, left - 4);
  for (std::size_t i = 0; i < left; ++i) {
    if (p[i] != q[i]) return false;
  }
  return true;
}
inline bool same(const Id& a, const Id& b) {
  return a.kind() == b.kind() && a.hi() == b.hi() && a.lo() == b.lo() && (a.kind() != Id::Kind::text || same(a.text(), b.text()));
}
template <class... A, class... B>
bool same(const std::tuple<A...>& a, const std::tuple<B...>& b) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return (same(std::get<I>(a), std::get<I>(b)) && ...); }(std::index_sequence_for<A...>{});
}

/// Open addressing with linear probing, at most half full. Hashes choose slots only: numbers depend on the order of `add` alone. Clearing
/// costs as much as the rows held, not as the slots; capacity stays.
template <class Row>
class FirstSeenTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffu;

  /// Number of the row that equals `key`, or kNone.
  template <class Key>
  std::uint32_t find(const Key& key, std::uint64_t hash) const {
    if (slots_.empty()) return kNone;
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.number == kNone) return kNone;
      if (slot.tag == tag && same(rows_[slot.number].row, key)) return slot.number;
    }
  }
  /// REQUIRES: no equal row is held.
  template <class Value>
  void add(const Value& row, std::uint64_t hash) {
    if ((rows_.size() + 1) * 2 > slots_.size()) grow();
    const auto number = static_cast<std::uint32_t>(rows_.size());
    rows_.push_back(Held{Row{row}, hash, 0});
    place(number);
  }
  /// Gives a row the next number without making it one to find.
  template <class Value>
  void add_hidden(const Value& row) {
    rows_.push_back(Held{Row{row}, 0, kHidden});
  }
  std::size_t size() const { return rows_.size(); }
  const Row& operator[](std::size_t number) const { return rows_[number].row; }
  void clear() {
    for (const Held& held : rows_) {
      if (held.slot != kHidden) slots_[held.slot].number = kNone;
    }
    rows_.clear();
  }

 private:
  static constexpr std::size_t kHidden = ~std::size_t{0};
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t number = kNone;
  };
  struct Held {
    Row row;
    std::uint64_t hash;
    std::size_t slot;
  };
  std::size_t mask() const { return slots_.size() - 1; }
  void place(std::uint32_t number) {
    const std::uint64_t hash = rows_[number].hash;
    std::size_t at = hash & mask();
    while (slots_[at].number != kNone) at = (at + 1) & mask();
    slots_[at] = Slot{static_cast<std::uint32_t>(hash >> 32), number};
    rows_[number].slot = at;
  }
  void grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, Slot{});
    for (std::uint32_t number = 0; number < rows_.size(); ++number) {
      if (rows_[number].slot != kHidden) place(number);
    }
  }
  std::vector<Slot> slots_;
  std::vector<Held> rows_;
};

}  // namespace bartizan::journal
