#pragma once
// How state leaves for a checkpoint and comes back: rows of bytes.

#include <cstdint>
#include <string_view>

namespace bartizan {

/// Tables of a shard's state. Numbers are part of the checkpoint format: never reused. Detectors have one table each, found by rule
/// id in the row's key prefix (pipeline/checkpoint.h).
constexpr std::size_t kStateRowBytesMax = 64 * 1024;

/// Receives rows that changed since the last checkpoint. `key` is unique within its owner (tenant and part).
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void put(std::string_view key, std::string_view bytes) = 0;
  virtual void erase(std::string_view key) = 0;
};

/// A part of the fold that has state. Encoding is const and bit-exact: saving or loading normalises, expires and reorders nothing.
/// A loaded part behaves, byte for byte, as the one that was saved.
class StatePart {
 public:
  virtual ~StatePart() = default;
  /// Writes every row changed (put) or gone (erase) since the last `saved()`; does not clear the marks. `all` writes every row.
  virtual void save(RowSink& sink, bool all) const = 0;
  /// The rows of the last `save` are durable: forget the marks. Called only after a checkpoint is known to have succeeded.
  virtual void saved() = 0;
  /// Takes one row of a checkpoint, in any order, before the first event. False: the bytes are not a row of this version.
  virtual bool load(std::string_view key, std::string_view bytes) = 0;
  /// Encoded or in-memory bytes held, for bounds and metrics; rows held.
  virtual std::size_t bytes() const = 0;
  virtual std::size_t rows() const = 0;
};

}  // namespace bartizan
