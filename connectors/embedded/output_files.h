#pragma once
// Output topics as files that only ever grow, and only by committed units (redo, not undo).

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/embedded/position_db.h"
#include "connectors/embedded/posix_file.h"
#include "engine/model/output.h"
#include "engine/model/result.h"

namespace bartizan::embedded {

/// Lines of one unit, by topic.
class OutputUnit {
 public:
  void add(const OutputRecord& record) {
    std::string& lines = lines_[static_cast<std::size_t>(record.topic)];
    lines.append(record.value).push_back('\n');
    bytes_ += record.value.size() + 1;
  }
  const std::string& lines(Topic t) const { return lines_[static_cast<std::size_t>(t)]; }
  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }
  void clear() {
    for (std::string& lines : lines_) lines.clear();
    bytes_ = 0;
  }

 private:
  std::array<std::string, kTopicCount> lines_;
  std::size_t bytes_ = 0;
};

/// The files of one output folder, or standard output ("-"). One thread at a time.
///
/// A unit: stage() inside the transaction that commits its positions (the bytes become redo rows, the expected lengths move), then
/// append_staged() after that transaction; the redo rows go with the next transaction. open() finishes what a crash left undone.
/// Standard output cannot be looked at, so after a crash the last unit may stand there twice (same ids).
class OutputFiles {
 public:
  OutputFiles(std::string folder, PositionDb& db);
  /// Error codes: `output_shrunk`, `output_swapped`, `output_foreign` (longer than committed, or not ours), and those of files.
  Status open();
  /// REQUIRES: a transaction is open and nothing is staged.
  Status stage(const OutputUnit& unit);
  /// The transaction did not come about.
  void unstage();
  /// Appends and syncs what is staged. On an error (a full disk) call again: it goes on where it stopped.
  Status append_staged();
  bool has_staged() const { return !staged_.empty(); }
  /// With nothing staged: drops the redo rows now (a clean stop).
  Status forget_redo();

 private:
  struct File {
    Fd fd;
    std::string path;
    FileIdentity identity;  // size: what is in it, by our own appends
    std::uint64_t expected = 0;
  };
  struct Staged {
    std::string name;
    std::uint64_t start = 0;
    std::string bytes;
    std::int64_t sequence = 0;
  };
  bool is_stream() const { return folder_ == "-"; }
  std::string path_of(const std::string& name) const { return is_stream() ? "standard output" : folder_ + "/" + name; }
  Status open_file_of(const std::string& name, const OutputLength* recorded);
  Status recover(const std::string& name, File& file, const std::vector<const RedoRow*>& rows);
  Status stage_one(const std::string& name, std::string_view bytes);
  Status append(File& file, const Staged& staged);
  Status check_still_ours(const File& file) const;

  std::string folder_;
  PositionDb& db_;
  std::map<std::string, File> files_;
  std::vector<Staged> staged_;
  std::map<std::string, std::uint64_t> before_;  // expected lengths before stage()
  std::int64_t done_sequence_ = 0;
  Status failed_ = Ok{};
};

}  // namespace bartizan::embedded
