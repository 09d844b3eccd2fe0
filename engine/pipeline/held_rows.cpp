#include "engine/pipeline/held_rows.h"

#include <iterator>
#include <utility>

#include "engine/model/bytes.h"

namespace bartizan {
namespace {

constexpr std::size_t kHeadBytes = 12;  // table, size of the key, size of the row or kErased
constexpr std::uint32_t kErased = UINT32_MAX;

}  // namespace

void HeldRows::add(StateTable table, std::string_view key, const std::string_view* bytes) {
  const std::size_t size = kHeadBytes + key.size() + (bytes == nullptr ? 0 : bytes->size());
  if (slices_.empty() || slices_.back().size() + size > slices_.back().capacity()) {
    slices_.emplace_back().reserve(size > slice_bytes_ ? size : slice_bytes_);
  }
  ByteWriter w{slices_.back()};
  w.u32(static_cast<std::uint32_t>(table));
  w.u32(static_cast<std::uint32_t>(key.size()));
  w.u32(bytes == nullptr ? kErased : static_cast<std::uint32_t>(bytes->size()));
  w.raw(key.data(), key.size());
  if (bytes != nullptr) w.raw(bytes->data(), bytes->size());
  bytes_ += size;
  ++rows_;
}

void HeldRows::append(HeldRows&& later) {
  slices_.insert(slices_.end(), std::make_move_iterator(later.slices_.begin()), std::make_move_iterator(later.slices_.end()));
  bytes_ += std::exchange(later.bytes_, 0);
  rows_ += std::exchange(later.rows_, 0);
  later.slices_.clear();
}

void HeldRows::send(std::size_t slice, CheckpointStore& store) const {
  std::string_view left = slices_[slice];
  while (!left.empty()) {
    ByteReader head{left.substr(0, kHeadBytes)};
    const std::uint32_t table = head.u32();
    const std::uint32_t key_size = head.u32();
    const std::uint32_t size = head.u32();
    left.remove_prefix(kHeadBytes);
    const std::string_view key = left.substr(0, key_size);
    left.remove_prefix(key_size);
    if (size == kErased) {
      store.erase(table, key);
      continue;
    }
    store.put(table, key, left.substr(0, size));
    left.remove_prefix(size);
  }
}

}  // namespace bartizan
