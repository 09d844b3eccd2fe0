#pragma once
// Rows of a checkpoint, encoded at the cut and held until they are known to be durable.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/pipeline/checkpoint.h"
#include "engine/pipeline/tenant_state.h"

namespace bartizan {

/// In the order in which they came, in slices of about `slice_bytes`.
class HeldRows final : public TableSink {
 public:
  explicit HeldRows(std::size_t slice_bytes) : slice_bytes_(slice_bytes) {}
  void put(StateTable table, std::string_view key, std::string_view bytes) override { add(table, key, &bytes); }
  void erase(StateTable table, std::string_view key) override { add(table, key, nullptr); }
  /// Everything `later` holds, behind what is here.
  void append(HeldRows&& later);
  void send(std::size_t slice, CheckpointStore& store) const;
  std::size_t slices() const { return slices_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t rows() const { return rows_; }
  bool empty() const { return slices_.empty(); }

 private:
  void add(StateTable table, std::string_view key, const std::string_view* bytes);

  std::size_t slice_bytes_;
  std::vector<std::string> slices_;
  std::size_t bytes_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace bartizan
