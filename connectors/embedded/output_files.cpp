#include "connectors/embedded/output_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/model/check.h"
#include "engine/pipeline/crash_point.h"

namespace bartizan::embedded {
namespace {

// Present from the start, so that readers can open them before anything was found.
constexpr Topic kFromTheStart[] = {Topic::alerts, Topic::alerts_shadow, Topic::risky_users, Topic::risky_workload_identities,
                                   Topic::risky_agents, Topic::risky_sign_ins, Topic::audit, Topic::dead_letter};

}  // namespace

OutputFiles::OutputFiles(std::string folder, PositionDb& db) : folder_(std::move(folder)), db_(db) {}

Status OutputFiles::open_file_of(const std::string& name, const OutputLength* recorded) {
  File& file = files_[name];
  file.path = path_of(name);
  if (is_stream()) {
    file.fd.reset(::dup(STDOUT_FILENO));
    if (!file.fd) return errno_error("open", file.path, EBADF);
    return Ok{};
  }
  auto fd = open_file(file.path, O_RDWR | O_APPEND | (recorded != nullptr ? 0 : O_CREAT));
  if (!fd && fd.error().code == "not_found" && recorded != nullptr) {
    return Error{"output_swapped", file.path + ": is gone, but " + std::to_string(recorded->file.size) + " bytes had been written to it"};
  }
  if (!fd) return fd.error();
  const auto id = identify(fd.value().get(), file.path);
  if (!id) return id.error();
  if (!id.value().regular) return Error{"not_a_file", file.path + " is no regular file"};
  file.fd = std::move(fd.value());
  file.identity = id.value();
  if (recorded == nullptr) {
    if (id.value().size == 0) return Ok{};
    return Error{"output_foreign", file.path + ": holds " + std::to_string(id.value().size) +
                                       " bytes that this state folder knows nothing of; move the file away, or use the state folder that wrote it"};
  }
  file.expected = recorded->file.size;
  if (!id.value().same_file(recorded->file)) {
    return Error{"output_swapped", file.path + ": is another file than the one that was written"};
  }
  return Ok{};
}

// Brings a file to its committed length: its unit may be missing, or be there in part.
Status OutputFiles::recover(const std::string& name, File& file, const std::vector<const RedoRow*>& rows) {
  for (const RedoRow* row : rows) {
    if (!is_stream() && file.identity.size >= row->start + row->bytes.size()) continue;
    if (!is_stream() && file.identity.size < row->start) break;
    std::string_view missing = row->bytes;
    if (!is_stream() && file.identity.size > row->start) {
      std::string there(static_cast<std::size_t>(file.identity.size - row->start), '\0');
      const auto n = read_at(file.fd.get(), there.data(), there.size(), row->start, file.path);
      if (!n) return n.error();
      if (missing.substr(0, there.size()) != there) {
        return Error{"output_foreign", file.path + ": bytes behind the committed ones are not ours"};
      }
      missing.remove_prefix(there.size());
    }
    BARTIZAN_CRASH_POINT("recover_append");
    if (const auto s = write_all(file.fd.get(), missing, file.path); !s) return s;
    file.identity.size += missing.size();
    if (is_stream()) file.expected = 0;
  }
  if (is_stream()) return Ok{};
  if (file.identity.size < file.expected) {
    return Error{"output_shrunk", file.path + ": " + std::to_string(file.identity.size) + " bytes, but " + std::to_string(file.expected) +
                                      " were committed; it was cut or replaced (" + name + ")"};
  }
  if (file.identity.size > file.expected) {
    return Error{"output_foreign", file.path + ": " + std::to_string(file.identity.size) + " bytes, but only " + std::to_string(file.expected) +
                                       " were committed; something else wrote to it"};
  }
  if (rows.empty()) return Ok{};
  return sync_data(file.fd.get(), file.path);
}

Status OutputFiles::open() {
  if (!is_stream()) {
    if (const auto s = make_folders(folder_); !s) return s;
  }
  const auto recorded = db_.outputs();
  if (!recorded) return recorded.error();
  const auto redo = db_.redo();
  if (!redo) return redo.error();
  for (const auto& [name, length] : recorded.value()) {
    if (is_stream() != (name == "-")) continue;  // the other kind of output was configured then
    if (const auto s = open_file_of(name, &length); !s) return s;
  }
  if (!is_stream()) {
    for (const Topic t : kFromTheStart) {
      const std::string name{file_name(t)};
      if (files_.count(name) != 0) continue;
      if (const auto s = open_file_of(name, nullptr); !s) return s;
    }
    if (const auto s = sync_folder(folder_); !s) return s;
  }
  for (auto& [name, file] : files_) {
    std::vector<const RedoRow*> rows;
    for (const RedoRow& row : redo.value()) {
      if (row.name == name) rows.push_back(&row);
      done_sequence_ = std::max(done_sequence_, row.sequence);
    }
    if (const auto s = recover(name, file, rows); !s) return s;
  }
  BARTIZAN_CRASH_POINT("recovered");
  return Ok{};
}

Status OutputFiles::stage_one(const std::string& name, std::string_view bytes) {
  if (files_.count(name) == 0) {
    if (const auto s = open_file_of(name, nullptr); !s) {
      files_.erase(name);
      return s;
    }
    if (!is_stream()) {
      if (const auto s = sync_folder(folder_); !s) return s;
    }
  }
  File& file = files_[name];
  const auto sequence = db_.add_redo(name, file.expected, bytes);
  if (!sequence) return sequence.error();
  staged_.push_back({name, file.expected, std::string{bytes}, sequence.value()});
  before_.emplace(name, file.expected);
  if (!is_stream()) file.expected += bytes.size();
  OutputLength length;
  length.file = file.identity;
  length.file.size = file.expected;
  return db_.put_output(name, length);
}

Status OutputFiles::stage(const OutputUnit& unit) {
  BARTIZAN_CHECK(staged_.empty());
  before_.clear();
  if (done_sequence_ > 0) {
    if (const auto s = db_.drop_redo(done_sequence_); !s) return s;
  }
  if (is_stream()) {
    std::string all;
    for (std::size_t t = 0; t < kTopicCount; ++t) all += unit.lines(static_cast<Topic>(t));
    return all.empty() ? Status{Ok{}} : stage_one("-", all);
  }
  for (std::size_t t = 0; t < kTopicCount; ++t) {
    const std::string& lines = unit.lines(static_cast<Topic>(t));
    if (lines.empty()) continue;
    if (const auto s = stage_one(std::string{file_name(static_cast<Topic>(t))}, lines); !s) return s;
  }
  return Ok{};
}

void OutputFiles::unstage() {
  for (const auto& [name, length] : before_) files_[name].expected = length;
  before_.clear();
  staged_.clear();
}

Status OutputFiles::check_still_ours(const File& file) const {
  if (is_stream()) return Ok{};
  const auto held = identify(file.fd.get(), file.path);
  if (!held) return held.error();
  if (held.value().size != file.identity.size) {
    return Error{held.value().size < file.identity.size ? "output_shrunk" : "output_foreign",
                 file.path + ": " + std::to_string(held.value().size) + " bytes, but " + std::to_string(file.identity.size) +
                     " were written; something else changed it"};
  }
  const auto named = identify_path(file.path);
  if (!named || !named.value().same_file(file.identity)) {
    return Error{"output_swapped", file.path + ": was moved or replaced while it was being written"};
  }
  return Ok{};
}

Status OutputFiles::append(File& file, const Staged& staged) {
  if (const auto s = check_still_ours(file); !s) {
    failed_ = s;
    return s;
  }
  const std::uint64_t there = is_stream() ? 0 : file.identity.size - staged.start;
  const std::string_view missing = std::string_view{staged.bytes}.substr(static_cast<std::size_t>(there));
#ifdef BARTIZAN_CRASH_POINTS
  const std::size_t half = missing.size() / 2;
  if (const auto s = write_all(file.fd.get(), missing.substr(0, half), file.path); !s) return s;
  BARTIZAN_CRASH_POINT("output_torn");
  const Status written = write_all(file.fd.get(), missing.substr(half), file.path);
#else
  const Status written = write_all(file.fd.get(), missing, file.path);
#endif
  if (is_stream()) return written;
  // After a full disk a part of it stands there; the next call goes on behind it.
  const auto held = identify(file.fd.get(), file.path);
  if (!held) return held.error();
  file.identity.size = held.value().size;
  return written;
}

Status OutputFiles::append_staged() {
  if (!failed_) return failed_;
  for (const Staged& staged : staged_) {
    File& file = files_[staged.name];
    if (!is_stream() && file.identity.size >= staged.start + staged.bytes.size()) continue;  // done by an earlier call
    if (const auto s = append(file, staged); !s) return s;
    BARTIZAN_CRASH_POINT("output_appended");
  }
  for (const Staged& staged : staged_) {
    if (is_stream()) break;
    failed_ = sync_data(files_[staged.name].fd.get(), files_[staged.name].path);
    if (!failed_) return failed_;
  }
  for (const Staged& staged : staged_) done_sequence_ = std::max(done_sequence_, staged.sequence);
  staged_.clear();
  before_.clear();
  BARTIZAN_CRASH_POINT("outputs_synced");
  return Ok{};
}

Status OutputFiles::forget_redo() {
  BARTIZAN_CHECK(staged_.empty());
  if (done_sequence_ == 0) return Ok{};
  return db_.drop_redo(done_sequence_);
}

}  // namespace bartizan::embedded
