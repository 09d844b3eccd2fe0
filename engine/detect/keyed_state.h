#pragma once
// One table of state: a small row per key, with expiry, a bound and checkpoint marks.

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/model/bytes.h"
#include "engine/model/hash.h"
#include "engine/model/state_rows.h"
#include "engine/model/time.h"

namespace bartizan {

/// Rows that one table may hold where nobody says otherwise (EngineSettings::rows_max_per_table).
constexpr std::uint32_t kRowsMaxDefault = 4'000'000;

/// How a key is written and hashed. Keys are Key128, or a 64-bit value that is the key itself (an address prefix).
template <class Key>
struct StateKeyTraits;

template <>
struct StateKeyTraits<Key128> {
  using Hash = Key128Hash;
  static void write(ByteWriter& w, const Key128& k) { w.key(k); }
  static Key128 read(ByteReader& r) { return r.key(); }
};

template <>
struct StateKeyTraits<std::uint64_t> {
  struct Hash {
    std::size_t operator()(std::uint64_t k) const { return static_cast<std::size_t>(mix64(k + 0x9e3779b97f4a7c15ULL)); }
  };
  static void write(ByteWriter& w, std::uint64_t k) { w.u64(k); }
  static std::uint64_t read(ByteReader& r) { return r.u64(); }
};

/// A bounded table of rows by key.
///
/// A row whose keep_until lies before the watermark is absent to every access (touching it starts afresh); it is taken out only by
/// expire(), which the engine calls at fixed watermark steps. At the bound, expired rows go first, then those with the smallest
/// (keep_until, key), down to 15/16 of the bound; these are counted as evictions. So what a table answers depends on the calls alone, never
/// on hash order, and a table that was saved and loaded in between behaves the same.
///
/// Policy, an object: `Time keep_until(const State&) const`, `void encode(const State&, ByteWriter&) const`, `bool decode(ByteReader&, State&)
/// const`, and optionally `std::size_t heap_bytes(const State&) const` and `void dropped(const State&)` (a row expired or was evicted).
///
/// Rows lie in chunks beside the index, so that the index's slack costs 24 bytes a slot and not a row. References live until the next
/// touch() or expire().
template <class State, class Policy, class Key = Key128>
class KeyedState {
  using Traits = StateKeyTraits<Key>;

 public:
  explicit KeyedState(Policy policy, std::uint32_t rows_max = kRowsMaxDefault, std::string key_prefix = {})
      : policy_(std::move(policy)), rows_max_(std::max<std::uint32_t>(rows_max, 16)), key_prefix_(std::move(key_prefix)) {}

  KeyedState(const KeyedState&) = delete;
  KeyedState& operator=(const KeyedState&) = delete;

  void set_rows_max(std::uint32_t rows_max) { rows_max_ = std::max<std::uint32_t>(rows_max, 16); }

  /// Null when absent or expired.
  const State* find(const Key& key, Time watermark) const {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    const State& state = row(it->second).state;
    return policy_.keep_until(state) < watermark ? nullptr : &state;
  }

  /// Asks memory for the index entry; prefetch_row(), some hundred instructions later, for the row itself.
  void prefetch(const Key& key) const { index_.prefetch(key); }
  /// The row, expired or not, null when absent. Does not wait for the row's memory but asks for it.
  const State* prefetch_row(const Key& key) const {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    const Row& r = row(it->second);
    ask_for(r);
    return &r.state;
  }

  /// For changing: as find, and marks the row.
  State* change(const Key& key, Time watermark) {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    Row& r = row(it->second);
    if (policy_.keep_until(r.state) < watermark) return nullptr;
    mark(key, it->second, r);
    return &r.state;
  }

  /// For changing: the row, made where it is absent or expired. `fresh` (optional) tells that it was.
  State& touch(const Key& key, Time watermark, bool* fresh = nullptr) {
    const auto it = index_.find(key);
    if (it != index_.end()) {
      Row& r = row(it->second);
      const bool expired = policy_.keep_until(r.state) < watermark;
      if (expired) {
        drop_note(r.state);
        r.state = State{};
      }
      if (fresh != nullptr) *fresh = expired;
      mark(key, it->second, r);
      return r.state;
    }
    if (index_.size() >= rows_max_) evict(watermark);
    const std::uint32_t slot = take_slot();
    index_.emplace(key, slot);
    Row& r = row(slot);
    mark(key, slot, r);
    if (fresh != nullptr) *fresh = true;
    return r.state;
  }

  /// Takes out every expired row.
  void expire(Time watermark) {
    for (auto it = index_.begin(); it != index_.end();) {
      const auto next = std::next(it);
      if (policy_.keep_until(row(it->second).state) < watermark) remove(it);
      it = next;
    }
  }

  /// Changed rows leave in the order of their first change, or, where most of the table changed or changed rows went away, in that of keys.
  void save(RowSink& sink, bool all) const {
    std::string key_bytes = key_prefix_;
    std::string bytes;
    const auto put = [&](const Key& key, std::uint32_t slot) {
      bytes.clear();
      ByteWriter w(bytes);
      policy_.encode(row(slot).state, w);
      write_key(key, key_bytes);
      sink.put(key_bytes, bytes);
    };
    if (all || scan_ || holes_) {
      for (const Key& key : all ? every_key() : dirty_keys()) put(key, index_.find(key)->second);
    } else {
      constexpr std::size_t kAhead = 8;  // rows lie all over a large table: most of the time here is waiting for them
      for (std::size_t i = 0; i < changed_.size(); ++i) {
        if (i + kAhead < changed_.size()) ask_for(row(changed_[i + kAhead].slot));
        put(changed_[i].key, changed_[i].slot);
      }
    }
    if (all) return;
    // A key that came back since it was erased is a put above.
    std::vector<Key> keys = erased_;
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const Key& key : keys) {
      if (index_.contains(key)) continue;
      write_key(key, key_bytes);
      sink.erase(key_bytes);
    }
  }

  void saved() {
    if (scan_) {
      for (const auto& [key, slot] : index_) row(slot).marks = kDurable;
    } else if (holes_) {
      for (const Key& key : dirty_keys()) row(index_.find(key)->second).marks = kDurable;
    } else {
      for (const Changed& c : changed_) row(c.slot).marks = kDurable;
    }
    changed_.clear();
    scan_ = holes_ = false;
    erased_.clear();
  }

  /// `key` with the prefix. Null when the bytes are not a whole row; else the row's state.
  const State* load(std::string_view key, std::string_view bytes) {
    if (key.substr(0, key_prefix_.size()) != key_prefix_) return nullptr;
    ByteReader kr(key.substr(key_prefix_.size()));
    const Key k = Traits::read(kr);
    State state{};
    ByteReader r(bytes);
    if (!kr.ok() || !kr.at_end() || !policy_.decode(r, state) || !r.ok() || !r.at_end()) return nullptr;
    const auto [it, inserted] = index_.try_emplace(k, 0);
    if (inserted) it->second = take_slot();
    Row& target = row(it->second);
    target.state = std::move(state);
    target.marks = kDurable;
    return &target.state;
  }

  std::size_t size() const { return index_.size(); }
  std::uint64_t evictions() const { return evictions_; }
  const Policy& policy() const { return policy_; }

  /// Memory held: index slots, chunks, and what states hold on the heap.
  std::size_t bytes() const {
    std::size_t n = index_.capacity() * (sizeof(std::pair<Key, std::uint32_t>) + 1) + chunks_.size() * kChunkRows * sizeof(Row) +
                    erased_.capacity() * sizeof(Key) + changed_.capacity() * sizeof(Changed);
    if constexpr (requires(const Policy& p, const State& s) { p.heap_bytes(s); }) {
      for (const auto& [key, slot] : index_) n += policy_.heap_bytes(row(slot).state);
    }
    return n;
  }

  /// Visits (key, state) in key order. For tests and for rebuilding what hangs on rows after a load.
  template <class Visitor>
  void visit(Visitor visitor) const {
    for (const Key& key : every_key()) visitor(key, row(index_.find(key)->second).state);
  }

 private:
  static constexpr std::uint8_t kDirty = 1;    // changed since the last saved()
  static constexpr std::uint8_t kDurable = 2;  // in a checkpoint: its end must be told
  static constexpr std::uint32_t kChunkRows = 64;

  struct Row {
    State state{};
    std::uint8_t marks = 0;
  };
  using Index = absl::flat_hash_map<Key, std::uint32_t, typename Traits::Hash>;

  static void ask_for(const Row& r) {
    for (std::size_t i = 0; i < sizeof(Row); i += 64) __builtin_prefetch(reinterpret_cast<const char*>(&r) + i);
  }

  struct Changed {
    Key key;
    std::uint32_t slot;
  };
  /// Beyond this many changed rows a look at every row costs less than the list.
  std::size_t changed_max() const { return std::max<std::size_t>(1024, index_.size() / 8); }

  void mark(const Key& key, std::uint32_t slot, Row& r) {
    if ((r.marks & kDirty) != 0) return;
    r.marks |= kDirty;
    if (scan_) return;
    if (changed_.size() < changed_max()) return changed_.push_back({key, slot});
    scan_ = true;
    changed_ = {};
  }

  std::vector<Key> every_key() const {
    std::vector<Key> keys;
    keys.reserve(index_.size());
    for (const auto& [key, slot] : index_) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  std::vector<Key> dirty_keys() const {
    std::vector<Key> keys;
    if (scan_) {
      for (const auto& [key, slot] : index_) {
        if ((row(slot).marks & kDirty) != 0) keys.push_back(key);
      }
    } else {
      for (const Changed& c : changed_) {
        if (index_.contains(c.key)) keys.push_back(c.key);
      }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }

  Row& row(std::uint32_t slot) { return chunks_[slot / kChunkRows][slot % kChunkRows]; }
  const Row& row(std::uint32_t slot) const { return chunks_[slot / kChunkRows][slot % kChunkRows]; }

  std::uint32_t take_slot() {
    if (free_.empty()) {
      const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunkRows);
      chunks_.push_back(std::make_unique<Row[]>(kChunkRows));
      for (std::uint32_t i = kChunkRows; i > 0; --i) free_.push_back(first + i - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void drop_note(const State& state) {
    if constexpr (requires(Policy& p, const State& s) { p.dropped(s); }) {
      policy_.dropped(state);
    } else {
      static_cast<void>(state);
    }
  }

  void remove(typename Index::iterator it) {
    Row& r = row(it->second);
    drop_note(r.state);
    if ((r.marks & kDurable) != 0) erased_.push_back(it->first);
    if ((r.marks & kDirty) != 0) holes_ = true;
    r = Row{};
    free_.push_back(it->second);
    index_.erase(it);
  }

  void evict(Time watermark) {
    expire(watermark);
    const std::size_t target = rows_max_ - rows_max_ / 16;
    if (index_.size() <= target) return;
    std::vector<std::pair<Time, Key>> order;
    order.reserve(index_.size());
    for (const auto& [key, slot] : index_) order.emplace_back(policy_.keep_until(row(slot).state), key);
    const std::size_t n = index_.size() - target;
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n - 1), order.end());
    for (std::size_t i = 0; i < n; ++i) remove(index_.find(order[i].second));
    evictions_ += n;
  }

  /// Behind the prefix, which `bytes` begins with.
  void write_key(const Key& key, std::string& bytes) const {
    bytes.resize(key_prefix_.size());
    ByteWriter w(bytes);
    Traits::write(w, key);
  }

  Policy policy_;
  std::uint32_t rows_max_;
  std::string key_prefix_;
  Index index_;
  std::vector<std::unique_ptr<Row[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::vector<Changed> changed_;  // rows marked kDirty, unless scan_
  bool scan_ = false;             // too many to list
  bool holes_ = false;            // some of them are gone, and their slots may be others' rows
  std::vector<Key> erased_;       // durable rows that are gone, since the last saved()
  std::uint64_t evictions_ = 0;
};

}  // namespace bartizan
