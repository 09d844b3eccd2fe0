#include "connectors/embedded/file_input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/model/hash.h"

namespace bartizan::embedded {
namespace {

std::int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Result<Fd> open_input(const std::string& path) {
  if (path == kStandardInput) {
    const int fd = ::dup(STDIN_FILENO);
    if (fd < 0) return errno_error("open", "standard input", errno);
    return Fd{fd};
  }
  return open_file(path, O_RDONLY);
}

std::uint64_t hash_head(int fd, std::uint32_t size) {
  char head[kHeadBytes];
  const auto n = read_at(fd, head, std::min(size, kHeadBytes), 0, "");
  return stable_hash64({head, n ? n.value() : 0});
}

}  // namespace

FileInput::FileInput(std::string path, FileInputOptions options)
    : path_(std::move(path)), name_(base_name(path_)), options_(std::move(options)) {}

FileInput::State FileInput::fail(Error error) {
  error_ = std::move(error);
  reader_.reset();
  return state_ = State::failed;
}

Source FileInput::source() const {
  Source s;
  s.input = path_;
  s.file = name_;
  s.generation = popped_.generation;
  return s;
}

Status FileInput::check_identity(const InputPosition& from, const FileIdentity& now, int fd) const {
  if (now.size < from.file.size) {
    return Error{"input_shrunk", path_ + ": " + std::to_string(now.size) + " bytes, but " + std::to_string(from.file.size) +
                                     " had been there; this input stops (move the file away, or give the new one another name)"};
  }
  if (from.head_size > 0 && hash_head(fd, from.head_size) != from.head_hash) {
    return Error{"input_swapped", path_ + ": begins with other bytes than when it was read; this input stops"};
  }
  return Ok{};
}

// A file that was renamed within its folder, by its identity.
std::optional<std::string> FileInput::find_renamed(const InputPosition& from) const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder_of(path_), error}) {
    const auto id = identify_path(entry.path().string());
    if (!id || !id.value().regular || !id.value().same_file(from.file) || id.value().size < from.file.size) continue;
    const auto fd = open_file(entry.path().string(), O_RDONLY);
    if (fd && check_identity(from, id.value(), fd.value().get())) return entry.path().string();
  }
  return std::nullopt;
}

FileInput::State FileInput::open(const std::optional<InputPosition>& from) {
  if (!from || path_ == kStandardInput) {
    if (from) popped_.generation = from->generation + 1;
    return open_at(path_, std::nullopt);
  }
  popped_ = *from;
  merge_time = from->merge_time;
  const auto now = identify_path(path_);
  if (now && now.value().regular && now.value().same_file(from->file) && from->read_whole && now.value().size == from->file.size) {
    dormant_ = true;
    return state_ = options_.follow ? State::waiting : State::finished;
  }
  if (now && (!now.value().regular || now.value().same_file(from->file))) return open_at(path_, from);
  if (const auto renamed = find_renamed(*from)) {
    renamed_ = true;
    return open_at(*renamed, from);
  }
  if (!now) return fail(now.error());
  if (from->packed ? !from->read_whole : from->read.bytes < from->file.size) {
    return fail(Error{"input_swapped", path_ + ": another file than the one that was being read (" + std::to_string(from->read.bytes) + " of " +
                                           std::to_string(from->file.size) + " bytes were), and that one is gone; this input stops"});
  }
  popped_.generation = from->generation + 1;
  return open_at(path_, std::nullopt);
}

FileInput::State FileInput::open_at(const std::string& path, const std::optional<InputPosition>& from) {
  auto fd = open_input(path);
  if (!fd) return fail(fd.error());
  const auto id = identify(fd.value().get(), path_);
  if (!id) return fail(id.error());
  if (id.value().directory) return fail(Error{"not_a_file", path_ + " is a folder, not a file"});
  resumable_ = id.value().regular;
  std::optional<InputPosition> start = from;
  if (!resumable_ && from) {
    popped_.generation = from->generation + 1;
    start.reset();
  }
  if (start) {
    if (const auto same = check_identity(*start, id.value(), fd.value().get()); !same) return fail(same.error());
  } else {
    const std::uint32_t generation = popped_.generation;
    popped_ = InputPosition{};
    popped_.generation = generation;
    popped_.merge_time = merge_time;
  }
  popped_.file = id.value();
  reader_ = std::make_unique<MessageReader>(ByteStream{std::move(fd.value()), path_});
  if (start) {
    if (const auto there = reader_->resume(start->read); !there) return fail(there.error());
  }
  opened_ = true;
  return state_ = State::unread;
}

void FileInput::suspend() {
  reader_.reset();
  opened_ = false;
  front_ = InputMessage{};
  state_ = State::unread;
}

FileInput::State FileInput::take_next(bool final) {
  if (!reader_->next(final, front_)) return state_ = State::unread;
  front_end_ = reader_->position();
  return state_ = State::message;
}

FileInput::State FileInput::pop() {
  popped_.read = front_end_;
  popped_.read_whole = false;
  return take_next(false);
}

FileInput::State FileInput::fall_asleep() {
  note_head();
  const auto at = ::lseek(reader_->stream().fd(), 0, SEEK_CUR);
  if (at >= 0) popped_.file.size = static_cast<std::uint64_t>(at);  // what was added since makes it wake up
  popped_.read_whole = true;
  reader_.reset();
  dormant_ = true;
  return state_ = State::waiting;
}

FileInput::State FileInput::wake_if_changed() {
  const auto now = identify_path(path_);
  if (!now || (now.value().same_file(popped_.file) && now.value().size == popped_.file.size)) return state_;
  dormant_ = false;
  InputPosition from = popped_;
  from.merge_time = merge_time;
  return open(from);
}

FileInput::State FileInput::fill() {
  if (dormant_) return wake_if_changed();
  if (!opened_ && open_at(path_, std::nullopt) == State::failed) return state_;
  if (state_ == State::finished || state_ == State::failed || state_ == State::message) return state_;
  if (state_ == State::waiting && unchanged()) return at_end();
  const auto n = reader_->fill();
  if (!n) {
    // What stood before the damage is given, an unfinished line too.
    if (take_next(true) == State::message) return state_;
    return fail(n.error());
  }
  if (n.value() == 0) return at_end();
  quiet_since_ms_ = 0;
  return take_next(false);
}

// Nothing has been added since everything was read. (The descriptor's own offset says what was read.)
bool FileInput::unchanged() const {
  const auto held = identify(reader_->stream().fd(), path_);
  const auto at = ::lseek(reader_->stream().fd(), 0, SEEK_CUR);
  return resumable_ && held && at >= 0 && static_cast<std::uint64_t>(at) == held.value().size;
}

bool FileInput::readable_now() const {
  if (resumable_ || reader_ == nullptr) return true;
  struct pollfd p {reader_->stream().fd(), POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

FileInput::State FileInput::at_end() {
  if (!reader_->has_rest()) reader_->release();
  const bool waits = options_.follow && !reader_->stream().closed();
  const Status whole = reader_->stream().complete();
  if (!waits || renamed_) {
    if (take_next(true) == State::message) return state_;
    if (!whole) return fail(whole.error());
    if (renamed_) return look_for_successor();
    note_head();
    popped_.read_whole = true;
    reader_.reset();
    return state_ = State::finished;
  }
  if (options_.close_at_end && whole && !reader_->has_rest()) return fall_asleep();
  const std::int64_t now = monotonic_ms();
  if (quiet_since_ms_ == 0) quiet_since_ms_ = now;
  if (now - quiet_since_ms_ >= options_.settle.count() && reader_->rest_is_closed_value() && take_next(true) == State::message) {
    return state_;
  }
  return look_for_successor();
}

// Follow mode, at the end of what there is: has the file been cut, or has another one taken its name?
FileInput::State FileInput::look_for_successor() {
  state_ = State::waiting;
  popped_.read_whole = !reader_->has_rest();
  const auto held = identify(reader_->stream().fd(), path_);
  if (!held) return fail(held.error());
  if (!held.value().regular) return state_;
  if (held.value().size < popped_.file.size) {
    return fail(check_identity(popped_, held.value(), reader_->stream().fd()).error());
  }
  const bool grown = held.value().size > popped_.file.size;
  popped_.file = held.value();
  const auto named = identify_path(path_);
  if (named && named.value().same_file(held.value())) return state_;
  if (!renamed_) {
    // The writer may still hold the renamed file: one more look at its end, then its successor.
    renamed_ = true;
    return state_;
  }
  if (grown || !named) return state_;
  renamed_ = false;
  ++popped_.generation;
  const std::uint32_t generation = popped_.generation;
  popped_ = InputPosition{};
  popped_.generation = generation;
  return open_at(path_, std::nullopt);
}

void FileInput::note_head() {
  if (!resumable_ || reader_ == nullptr) return;
  popped_.packed = reader_->stream().packing() == Packing::gzip || reader_->stream().packing() == Packing::zstd;
  if (popped_.head_size >= kHeadBytes) return;
  const auto id = identify(reader_->stream().fd(), path_);
  if (!id) return;
  popped_.file.size = std::max(popped_.file.size, id.value().size);
  popped_.head_size = static_cast<std::uint32_t>(std::min<std::uint64_t>(popped_.file.size, kHeadBytes));
  popped_.head_hash = hash_head(reader_->stream().fd(), popped_.head_size);
}

InputPosition FileInput::position() {
  note_head();
  if (!popped_.packed) popped_.file.size = std::max(popped_.file.size, popped_.read.bytes);
  popped_.merge_time = merge_time;
  if (!popped_.packed && resumable_) popped_.read_whole = popped_.read.bytes >= popped_.file.size;
  return popped_;
}

std::uint64_t FileInput::bytes_left() const {
  if (!resumable_ || state_ == State::finished || state_ == State::failed) return 0;
  if (reader_ == nullptr) return dormant_ ? 0 : popped_.file.size;
  const auto at = ::lseek(reader_->stream().fd(), 0, SEEK_CUR);
  const auto size = popped_.file.size;
  return at < 0 || static_cast<std::uint64_t>(at) >= size ? 0 : size - static_cast<std::uint64_t>(at);
}

}  // namespace bartizan::embedded
