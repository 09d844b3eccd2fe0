#pragma once
// Cuts the bytes of one input into messages: lines, or JSON documents that span lines.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/embedded/byte_stream.h"
#include "connectors/embedded/json_shape.h"
#include "engine/model/result.h"
#include "engine/model/sha256.h"

namespace bartizan::embedded {

constexpr std::size_t kBlockBytes = 256 << 10;  // small enough to be still in the second cache when it is decoded
constexpr std::size_t kMessageBytesMax = 64 << 20;

enum class Layout : std::uint8_t { unknown, lines, documents };  // numbers are stored

/// Where reading goes on: before the first byte of the next message.
struct ReadPosition {
  std::int64_t line = 1;      // 1-based
  std::uint64_t bytes = 0;    // of the unpacked text
  Layout layout = Layout::unknown;
  bool unterminated = false;  // the message before it had no newline yet
};

/// A message and the line on which it starts.
struct InputMessage {
  std::string_view bytes;      // without the newline; readable for RecordDecoder::kPadding more
  std::int64_t line = 1;
  bool too_large = false;      // over kMessageBytesMax: `bytes` are the first kDeadLetterBytesMax
  std::uint64_t size = 0;      // of the whole message
  std::string sha256;          // of the whole, where too large
};

/// Whether a file holds lines or documents is decided once, by its first two lines that are not blank (json_shape.h). Blank lines are messages
/// too: the decoder counts them. A byte order mark is skipped. Memory: a block, or the longest message up to its bound.
class MessageReader {
 public:
  explicit MessageReader(ByteStream stream);
  /// Before the first read. A packed file is unpacked up to there again. Error `input_shrunk` when it ends before.
  Status resume(const ReadPosition& position);
  /// The next message among the bytes at hand, without reading. `final`: no byte will follow, so the rest is a message. False: none.
  bool next(bool final, InputMessage& out);
  /// Reads one block; ends the life of all messages given. 0: nothing at the moment.
  Result<std::size_t> fill();
  /// Behind the message that next() has just given; in between it may stand inside one.
  const ReadPosition& position() const { return position_; }
  /// Bytes at hand that are no message yet form a whole JSON value.
  bool rest_is_closed_value() const;
  /// Frees the buffer until the next fill(). REQUIRES: !has_rest().
  void release();
  bool has_rest() const { return begin_ < end_ || large_ != nullptr; }
  const ByteStream& stream() const { return stream_; }

 private:
  struct Large {
    std::string kept;
    Sha256 sha256;
    std::uint64_t size = 0;
  };
  bool skip_mark();
  bool decide_layout(bool final);
  bool next_large(bool final, InputMessage& out);
  std::size_t find_end(std::size_t from, bool& found);
  void give(std::size_t end, std::size_t after, InputMessage& out);
  void make_room();

  ByteStream stream_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;    // first byte of the next message
  std::size_t scanned_ = 0;  // up to where its end has been looked for
  std::size_t end_ = 0;
  bool start_of_file_ = true;
  ReadPosition position_;
  JsonShape shape_;             // documents: at scanned_
  std::int64_t lines_inside_ = 0;  // documents: newlines passed in this message
  std::unique_ptr<Large> large_;  // a message over the bound, being passed over
  std::string large_given_;       // what was kept of the last one
};

}  // namespace bartizan::embedded
