#pragma once
// One input file (or standard input, or a named pipe) as a source partition: messages in order, a durable position, and a watch on the
// file's identity.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "connectors/embedded/message_reader.h"
#include "connectors/embedded/posix_file.h"
#include "engine/model/result.h"
#include "engine/model/source_position.h"
#include "engine/model/time.h"

namespace bartizan::embedded {

constexpr std::string_view kStandardInput = "-";

/// What is committed of an input: where reading goes on, and of which file.
struct InputPosition {
  std::uint32_t generation = 0;
  FileIdentity file;               // size: as of the commit, at least what had been read
  std::uint32_t head_size = 0;     // the file's first bytes (at most kHeadBytes) ...
  std::uint64_t head_hash = 0;     // ... and their stable_hash64: inode numbers are used again
  ReadPosition read;
  bool packed = false;             // gzip or zstd
  bool read_whole = false;         // everything there was had been read
  Time merge_time{};               // running maximum of published times handed out
};
constexpr std::uint32_t kHeadBytes = 1024;

struct FileInputOptions {
  bool follow = false;   // wait for growth and for a successor under the same name; otherwise the end is the end
  bool close_at_end = false;  // follow: keep no descriptor while nothing happens (many files)
  bool is_command = false;
  std::string tenant;    // of records that carry none
  /// Follow: a last line without newline is taken after this long without growth when it is a whole JSON value.
  Duration settle{5000};
};

/// Rules for a file that is not what it was (docs/formats/embedded.md): shorter than what was read, or other bytes at its start: error,
/// and this input stops. Another file under the path (rotation by rename): when the old one was read to its end, which is checked where it
/// still lies in the same folder under another name (what was added to it is read first), the new one is the next generation, from
/// line 1; otherwise error, and this input stops.
class FileInput {
 public:
  enum class State : std::uint8_t {
    message,   // front() is there
    unread,    // fill() may bring more
    waiting,   // follow: nothing at the moment
    finished,  // read to its end
    failed,    // error() says why; what was read before stays
  };
  FileInput(std::string path, FileInputOptions options);

  /// `from`: the committed position; none: from the start. Standard input and pipes start a new generation instead.
  State open(const std::optional<InputPosition>& from);
  State state() const { return state_; }
  const InputMessage& front() const { return front_; }
  /// Takes the front away; the next one is there if it was among the bytes at hand.
  State pop();
  /// Reads a block. Ends the life of every message of this input.
  State fill();
  /// Closes the file until fill(). REQUIRES: a regular file of which nothing has been popped.
  void suspend();

  const Error& error() const { return error_; }
  /// Behind the last message popped.
  InputPosition position();
  Source source() const;
  const std::string& path() const { return path_; }
  const FileInputOptions& options() const { return options_; }
  bool resumable() const { return resumable_; }
  bool packed() const { return reader_ != nullptr ? reader_->stream().packing() > Packing::plain : popped_.packed; }
  /// Waiting without a descriptor; the next fill() looks whether the file is still as it was.
  bool dormant() const { return dormant_; }
  /// A pipe with bytes (or its end) waiting; true for files. fill() blocks otherwise.
  bool readable_now() const;
  /// File bytes not read yet, as far as known: for progress and lag.
  std::uint64_t bytes_left() const;

  /// Kept by the merge; committed with the position.
  Time merge_time{};

 private:
  State fail(Error error);
  State open_at(const std::string& path, const std::optional<InputPosition>& from);
  State take_next(bool final);
  State at_end();
  State look_for_successor();
  State fall_asleep();
  State wake_if_changed();
  Status check_identity(const InputPosition& from, const FileIdentity& now, int fd) const;
  std::optional<std::string> find_renamed(const InputPosition& from) const;
  bool unchanged() const;
  void note_head();

  std::string path_;
  std::string name_;
  FileInputOptions options_;
  State state_ = State::unread;
  Error error_;
  bool resumable_ = true;
  bool opened_ = false;
  bool dormant_ = false;
  bool renamed_ = false;  // what is being read no longer lies under path_
  std::unique_ptr<MessageReader> reader_;
  InputMessage front_;
  InputPosition popped_;
  ReadPosition front_end_;
  std::int64_t quiet_since_ms_ = 0;  // monotonic; 0: bytes came at the last look
};

}  // namespace bartizan::embedded
