#pragma once
// One file of the embedded journal: a header, then frames of one message each (docs/formats/embedded.md).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/embedded/posix_file.h"
#include "engine/model/result.h"
#include "engine/model/time.h"

namespace bartizan::embedded {

constexpr std::uint64_t kSegmentBytesMax = 128ULL << 20;
constexpr std::size_t kSegmentHeaderBytes = 24;
constexpr std::size_t kFrameHeaderBytes = 28;
constexpr std::uint32_t kFrameBytesMax = 256U << 20;  // unpacked

struct Segment {
  std::int64_t first_offset = 0;
  std::string path;
};
/// By first offset. A folder that is not there has none.
std::vector<Segment> list_segments(const std::string& folder);
std::string segment_path(const std::string& folder, std::int64_t first_offset);
std::string encode_segment_header(std::int32_t partition, std::int64_t first_offset);

/// Packs messages into frames. One per thread.
class FrameWriter {
 public:
  explicit FrameWriter(int zstd_level);
  void append(std::string& out, std::int64_t offset, Time append_time, std::string_view message);

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
  int level_;
};

struct Frame {
  std::int64_t offset = 0;
  Time append_time{};
  std::string_view packed;
  std::uint32_t raw_size = 0;
  bool is_packed = false;
};

/// Reads frames of one segment in order.
class SegmentReader {
 public:
  /// Error codes: as open_file, and `journal_damaged` for a header that is none.
  static Result<SegmentReader> open(const Segment& segment);
  /// No value: the file ends here, or what follows is no whole frame (yet). `frame.packed` lives until the next call.
  Result<std::optional<Frame>> next();
  /// Byte at which the next frame begins.
  std::uint64_t position() const { return position_; }
  /// Bytes follow, but no whole frame: a torn tail, unless a writer is at work.
  Result<bool> has_rest() const;
  const Segment& segment() const { return segment_; }

 private:
  Result<bool> have(std::size_t size);
  Segment segment_;
  Fd fd_;
  std::uint64_t position_ = 0;
  std::string block_;            // bytes of the file from block_at_
  std::uint64_t block_at_ = 0;
};

/// Unpacks frames. One per thread.
class FrameReader {
 public:
  FrameReader();
  Status unpack(const Frame& frame, std::string& out);

 private:
  struct Free {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Free> context_;
};

}  // namespace bartizan::embedded
