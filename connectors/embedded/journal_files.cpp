#include "connectors/embedded/journal_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <tuple>
#include <utility>

#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::embedded {

std::string journal_folder(const std::string& state_dir, std::int32_t partition) {
  return state_dir + "/journal/" + std::to_string(partition);
}

std::vector<std::int32_t> journal_partitions_in(const std::string& state_dir) {
  std::vector<std::int32_t> partitions;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{state_dir + "/journal", error}) {
    const std::string name = entry.path().filename().string();
    std::int32_t p = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), p);
    if (parsed.ec == std::errc{} && parsed.ptr == name.data() + name.size()) partitions.push_back(p);
  }
  std::sort(partitions.begin(), partitions.end());
  return partitions;
}

std::optional<std::int64_t> journal_start(const std::string& folder) {
  const auto segments = list_segments(folder);
  if (segments.empty()) return std::nullopt;
  return segments.front().first_offset;
}

// ---------------------------------------------------------------- reading

Status JournalCursor::seek(std::int64_t offset) {
  const auto start = journal_start(folder_);
  if (start ? *start > offset : offset > 0) {
    return Error{"journal_gone", folder_ + ": begins at offset " + (start ? std::to_string(*start) : "0 (it is empty)") + ", but offset " +
                                     std::to_string(offset) + " is needed"};
  }
  offset_ = offset;
  reader_.reset();
  return Ok{};
}

// The segment that holds offset_, if there is one; its frames before offset_ are passed over.
Status JournalCursor::open_segment() {
  const auto segments = list_segments(folder_);
  const Segment* best = nullptr;
  for (const Segment& s : segments) {
    if (s.first_offset <= offset_) best = &s;
  }
  if (best == nullptr) {
    if (segments.empty()) return Ok{};
    return Error{"journal_gone", folder_ + ": begins at offset " + std::to_string(segments.front().first_offset) + ", after " + std::to_string(offset_)};
  }
  if (reader_ && reader_->segment().first_offset == best->first_offset) {
    // The same one: it simply has no more, unless a later segment says that there should be.
    const bool more = segments.back().first_offset > offset_;
    return more ? Status{Error{"journal_damaged", best->path + ": ends at offset " + std::to_string(offset_) + ", but the next segment begins at " +
                                                      std::to_string(segments.back().first_offset)}}
                : Status{Ok{}};
  }
  auto opened = SegmentReader::open(*best);
  if (!opened) {
    const auto id = identify_path(best->path);
    if (id && id.value().size < kSegmentHeaderBytes) return Ok{};  // being created
    return opened.error();
  }
  reader_ = std::move(opened.value());
  return Ok{};
}

Result<bool> JournalCursor::next(std::int64_t limit, StoredMessage& out) {
  while (offset_ < limit) {
    std::optional<Frame> frame;
    if (reader_) {
      auto read = reader_->next();
      if (!read) return read.error();
      frame = read.value();
    }
    if (!frame) {
      const std::string before = reader_ ? reader_->segment().path : std::string{};
      if (const auto s = open_segment(); !s) return s.error();
      if (!reader_ || reader_->segment().path == before) return false;
      continue;
    }
    if (frame->offset < offset_) continue;
    if (frame->offset > offset_) {
      return Error{"journal_damaged", reader_->segment().path + ": offset " + std::to_string(offset_) + " is missing"};
    }
    if (const auto s = unpacker_.unpack(*frame, out.bytes); !s) return s.error();
    out.offset = frame->offset;
    out.append_time = frame->append_time;
    ++offset_;
    return true;
  }
  return false;
}

// ---------------------------------------------------------------- writing

JournalFiles::JournalFiles(std::string state_dir, std::int32_t partitions, JournalLimits limits)
    : limits_(limits), packer_(limits.zstd_level), tails_(static_cast<std::size_t>(partitions)) {
  for (std::int32_t p = 0; p < partitions; ++p) tails_[static_cast<std::size_t>(p)].folder = journal_folder(state_dir, p);
}

Status JournalFiles::open(const std::vector<std::int64_t>& committed_ends) {
  BARTIZAN_CHECK(committed_ends.size() == tails_.size());
  for (std::size_t p = 0; p < tails_.size(); ++p) {
    if (const auto s = open_tail(tails_[p], committed_ends[p]); !s) return s;
    last_append_time_ = std::max(last_append_time_, tails_[p].newest);
  }
  return Ok{};
}

Status JournalFiles::open_tail(Tail& tail, std::int64_t committed_end) {
  if (const auto s = make_folders(tail.folder); !s) return s;
  auto segments = list_segments(tail.folder);
  // A segment that was being created when the process ended has no whole header and held nothing.
  while (!segments.empty()) {
    const auto id = identify_path(segments.back().path);
    if (!id) return id.error();
    if (id.value().size >= kSegmentHeaderBytes || segments.back().first_offset < committed_end) break;
    if (::unlink(segments.back().path.c_str()) != 0) return errno_error("remove", segments.back().path, errno);
    segments.pop_back();
  }
  if (segments.empty() && committed_end > 0) {
    return Error{"journal_gone", tail.folder + ": the journal is empty, but offsets up to " + std::to_string(committed_end) + " were committed"};
  }
  if (!segments.empty()) {
    if (const auto s = scan(tail, segments.back(), committed_end); !s) return s;
  }
  tail.durable = tail.pending_from = tail.next_offset;
  return Ok{};
}

// Checks the newest segment frame by frame and cuts a torn tail, which nobody has read.
Status JournalFiles::scan(Tail& tail, const Segment& segment, std::int64_t committed_end) {
  auto reader = SegmentReader::open(segment);
  if (!reader) return reader.error();
  tail.next_offset = segment.first_offset;
  while (true) {
    const auto frame = reader.value().next();
    if (!frame) return frame.error();
    if (!frame.value()) break;
    if (frame.value()->offset != tail.next_offset) return Error{"journal_damaged", segment.path + ": offsets are out of order"};
    tail.newest = std::max(tail.newest, frame.value()->append_time);
    ++tail.next_offset;
  }
  if (tail.next_offset < committed_end) {
    return Error{"journal_damaged", segment.path + ": is damaged at byte " + std::to_string(reader.value().position()) + " (offset " +
                                        std::to_string(tail.next_offset) + "; " + std::to_string(committed_end) + " were committed)"};
  }
  tail.path = segment.path;
  tail.bytes = reader.value().position();
  auto fd = open_file(segment.path, O_WRONLY | O_APPEND);
  if (!fd) return fd.error();
  const auto rest = reader.value().has_rest();
  if (!rest) return rest.error();
  if (rest.value() && ::ftruncate(fd.value().get(), static_cast<off_t>(tail.bytes)) != 0) return errno_error("cut the torn end of", segment.path, errno);
  BARTIZAN_CRASH_POINT("journal_recovered");
  if (const auto s = sync_data(fd.value().get(), segment.path); !s) return s;
  tail.fd = std::move(fd.value());
  return Ok{};
}

Status JournalFiles::start_segment(Tail& tail, std::int64_t first_offset) {
  const std::string path = segment_path(tail.folder, first_offset);
  auto fd = open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_TRUNC);
  if (!fd) return fd.error();
  const auto partition = static_cast<std::int32_t>(&tail - tails_.data());
  const std::string header = encode_segment_header(partition, first_offset);
  if (const auto s = write_all(fd.value().get(), header, path); !s) {
    ::unlink(path.c_str());
    return s;
  }
  BARTIZAN_CRASH_POINT("segment_created");
  if (const auto s = sync_data(fd.value().get(), path); !s) return s;
  if (const auto s = sync_folder(tail.folder); !s) return s;
  tail.fd = std::move(fd.value());
  tail.path = path;
  tail.bytes = header.size();
  return Ok{};
}

void JournalFiles::append(std::int32_t partition, std::string_view message, Time append_time) {
  Tail& tail = tails_[static_cast<std::size_t>(partition)];
  packer_.append(tail.pending, tail.next_offset++, append_time, message);
}

Status JournalFiles::write_pending(Tail& tail) {
  if (!tail.fd || tail.bytes >= limits_.segment_bytes) {
    if (tail.unsynced) {
      if (const auto s = sync(tail); !s) return s;
    }
    if (const auto s = start_segment(tail, tail.pending_from); !s) return s;
  }
#ifdef BARTIZAN_CRASH_POINTS
  // Half a frame in the file: what a process killed inside write(2) leaves.
  const std::size_t half = tail.pending.size() / 2;
  if (const auto s = write_all(tail.fd.get(), std::string_view{tail.pending}.substr(0, half), tail.path); !s) return s;
  BARTIZAN_CRASH_POINT("journal_torn");
  if (const auto s = write_all(tail.fd.get(), std::string_view{tail.pending}.substr(half), tail.path); !s) return s;
#else
  if (const auto s = write_all(tail.fd.get(), tail.pending, tail.path); !s) {
    // Whole frames only: what was written of this one goes again. (Nobody reads above durable_end.)
    if (::ftruncate(tail.fd.get(), static_cast<off_t>(tail.bytes)) != 0) return errno_error("cut", tail.path, errno);
    return s;
  }
#endif
  tail.bytes += tail.pending.size();
  tail.pending.clear();
  tail.pending_from = tail.next_offset;
  tail.unsynced = true;
  return Ok{};
}

// After a failed sync the kernel may have dropped the bytes and forgotten that it did, so trying again would prove nothing.
Status JournalFiles::sync(Tail& tail) {
  failed_ = sync_data(tail.fd.get(), tail.path);
  if (failed_) tail.unsynced = false;
  return failed_;
}

Status JournalFiles::flush() {
  if (!failed_) return failed_;
  for (Tail& tail : tails_) {
    if (tail.pending.empty()) continue;
    if (const auto s = write_pending(tail); !s) return s;
  }
  BARTIZAN_CRASH_POINT("journal_appended");
  bool news = false;
  for (Tail& tail : tails_) {
    if (!tail.unsynced) continue;
    if (const auto s = sync(tail); !s) return s;
    const std::lock_guard lock{mutex_};
    tail.durable = tail.pending_from;
    news = true;
  }
  BARTIZAN_CRASH_POINT("journal_synced");
  if (news) {
    const std::lock_guard lock{mutex_};
    ++flushes_;
    flushed_.notify_all();
  }
  return Ok{};
}

std::int64_t JournalFiles::durable_end(std::int32_t partition) const {
  const std::lock_guard lock{mutex_};
  return tails_[static_cast<std::size_t>(partition)].durable;
}

std::uint64_t JournalFiles::flushes() const {
  const std::lock_guard lock{mutex_};
  return flushes_;
}

void JournalFiles::wait(std::uint64_t seen, Duration timeout) const {
  std::unique_lock lock{mutex_};
  flushed_.wait_for(lock, timeout, [&] { return flushes_ != seen; });
}

Status JournalFiles::trim(const std::vector<std::int64_t>& keep_from, Time now) {
  struct Old {
    std::string path;
    std::uint64_t size = 0;
    Time newest{};
  };
  std::uint64_t total = 0;
  std::vector<Old> old;
  for (std::size_t p = 0; p < tails_.size(); ++p) {
    const auto segments = list_segments(tails_[p].folder);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      struct stat s {};
      if (::stat(segments[i].path.c_str(), &s) != 0) continue;
      total += static_cast<std::uint64_t>(s.st_size);
      const bool passed = i + 1 < segments.size() && segments[i + 1].first_offset <= keep_from[p];
      if (passed) old.push_back({segments[i].path, static_cast<std::uint64_t>(s.st_size), time_from_ms(static_cast<std::int64_t>(s.st_mtime) * 1000)});
    }
  }
  std::sort(old.begin(), old.end(), [](const Old& a, const Old& b) { return std::tie(a.newest, a.path) < std::tie(b.newest, b.path); });
  for (const Old& o : old) {
    if (total <= limits_.keep_bytes && o.newest + limits_.keep_for > now) break;
    if (::unlink(o.path.c_str()) != 0) return errno_error("remove", o.path, errno);
    total -= o.size;
  }
  return Ok{};
}

}  // namespace bartizan::embedded
