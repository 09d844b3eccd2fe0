#include "connectors/kafka/state_rows.h"

#include <array>
#include <charconv>
#include <cstring>

namespace bartizan::kafka {
namespace {

template <class T>
void append_big_end(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xff);
}

template <class T>
T read_big_end(std::string_view bytes) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>((value << 8) | static_cast<unsigned char>(bytes[i]));
  return value;
}

std::string hex(std::uint64_t value) {
  std::array<char, 16> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, 16).ptr;
  return {text.data(), end};
}

/// Takes the next word of `text`.
std::string_view word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view first = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return first;
}

template <class T>
bool read_word(std::string_view& text, T& value, int base = 10) {
  const std::string_view w = word(text);
  const auto [end, error] = std::from_chars(w.data(), w.data() + w.size(), value, base);
  return error == std::errc{} && end == w.data() + w.size() && !w.empty();
}

}  // namespace

void append_row_key(std::string& out, std::uint32_t table, std::string_view key) {
  out += 'r';
  append_big_end(out, table);
  out += key;
}

std::optional<RowKey> read_row_key(std::string_view key) {
  if (key.size() < 5 || key[0] != 'r') return std::nullopt;
  return RowKey{read_big_end<std::uint32_t>(key.substr(1, 4)), key.substr(5)};
}

std::string quarantine_key(std::int64_t offset, std::int32_t index) {
  std::string key{"q"};
  append_big_end(key, static_cast<std::uint64_t>(offset));
  append_big_end(key, static_cast<std::uint32_t>(index));
  return key;
}

std::optional<std::pair<std::int64_t, std::int32_t>> read_quarantine_key(std::string_view key) {
  if (key.size() != 13 || key[0] != 'q') return std::nullopt;
  return std::pair{static_cast<std::int64_t>(read_big_end<std::uint64_t>(key.substr(1, 8))),
                   static_cast<std::int32_t>(read_big_end<std::uint32_t>(key.substr(9, 4)))};
}

std::string write_marker(const CheckpointMarker& m) {
  return "1 " + std::to_string(m.next_offset) + ' ' + hex(m.output_hash) + ' ' + hex(m.journal_checksum) + ' ' + std::to_string(m.fold_version) + ' ' +
         (m.clean_stop ? "1 " : "0 ") + m.bundle_hash;
}

std::optional<CheckpointMarker> read_marker(std::string_view text, std::int32_t partition) {
  CheckpointMarker m;
  m.partition = partition;
  int version = 0;
  int clean = 0;
  const bool read = read_word(text, version) && version == 1 && read_word(text, m.next_offset) && read_word(text, m.output_hash, 16) &&
                    read_word(text, m.journal_checksum, 16) && read_word(text, m.fold_version) && read_word(text, clean);
  if (!read || m.next_offset < 0 || clean < 0 || clean > 1) return std::nullopt;
  m.clean_stop = clean == 1;
  m.bundle_hash = std::string{text};
  return m;
}

char* HeldCheckpoint::take(std::size_t size) {
  if (size > left_) {
    left_ = size > kBlock ? size : kBlock;
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    free_ = blocks_.back().get();
  }
  char* place = free_;
  free_ += size;
  left_ -= size;
  return place;
}

bool HeldCheckpoint::add(std::string_view key, const std::string_view* value) {
  if (key.empty()) return false;
  if (key[0] == 'q') {
    const auto entry = read_quarantine_key(key);
    if (!entry) return false;
    if (value != nullptr) quarantined_.push_back(*entry);
    return true;
  }
  if (key == kMarkerKey) {
    if (value == nullptr) {  // somebody removed the checkpoint
      marker_.reset();
      records_.clear();
      sealed_ = 0;
      return true;
    }
    marker_ = read_marker(*value, partition_);
    sealed_ = records_.size();
    return marker_.has_value();
  }
  if (!read_row_key(key)) return false;
  Record record;
  record.hash = stable_hash128(key);
  record.key_size = static_cast<std::uint32_t>(key.size());
  record.value_size = value == nullptr ? kTombstone : static_cast<std::uint32_t>(value->size());
  char* place = take(key.size() + (value == nullptr ? 0 : value->size()));
  std::memcpy(place, key.data(), key.size());
  if (value != nullptr && !value->empty()) std::memcpy(place + key.size(), value->data(), value->size());
  record.bytes = place;
  records_.push_back(record);
  return true;
}

// An open-addressed table of record numbers; keys are told apart by their hash of 128 bits, as everywhere in the engine.
std::vector<bool> HeldCheckpoint::newest() const {
  std::size_t size = 16;
  while (size < sealed_ * 2) size *= 2;
  constexpr std::uint32_t kFree = UINT32_MAX;
  std::vector<std::uint32_t> slots(size, kFree);
  std::vector<bool> is_newest(sealed_, false);
  for (std::size_t i = sealed_; i-- > 0;) {
    std::size_t at = static_cast<std::size_t>(records_[i].hash.lo) & (size - 1);
    while (slots[at] != kFree && records_[slots[at]].hash != records_[i].hash) at = (at + 1) & (size - 1);
    if (slots[at] != kFree) continue;
    slots[at] = static_cast<std::uint32_t>(i);
    is_newest[i] = true;
  }
  return is_newest;
}

bool HeldCheckpoint::visit(const std::function<bool(std::uint32_t, std::string_view, std::string_view)>& row) const {
  const std::vector<bool> is_newest = newest();
  for (std::size_t i = 0; i < sealed_; ++i) {
    const Record& r = records_[i];
    if (!is_newest[i] || r.value_size == kTombstone) continue;
    const RowKey key = *read_row_key({r.bytes, r.key_size});
    if (!row(key.table, key.key, {r.bytes + r.key_size, r.value_size})) return false;
  }
  return true;
}

}  // namespace bartizan::kafka
