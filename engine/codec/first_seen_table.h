#pragma once
// Numbers distinct values in the order in which they first came.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bartizan::journal {

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
      if (slot.tag == tag && rows_[slot.number].row == key) return slot.number;
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
