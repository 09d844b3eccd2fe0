#pragma once
// The state folder: one owner at a time; rule bundles by hash; the commands input.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/embedded/posix_file.h"
#include "engine/model/result.h"

namespace bartizan::embedded {

/// Holds state.dir/lock (flock) until it goes. Error `locked` names the process that has it.
class StateLock {
 public:
  static Result<StateLock> take(const std::string& state_dir);

 private:
  explicit StateLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// Blobs under state.dir/bundles, each under the hash of the bundle it stands for; written once, whole or not at all.
class BundleFolder {
 public:
  explicit BundleFolder(std::string state_dir) : folder_(std::move(state_dir) + "/bundles") {}
  /// An existing blob of that name is left as it is. REQUIRES: `hash` is lower-case hexadecimal.
  Status store(std::string_view hash, std::string_view blob) const;
  /// Error `not_found` for an unknown hash.
  Result<std::string> load(std::string_view hash) const;
  std::vector<std::string> hashes() const;

 private:
  std::string folder_;
};

/// Appends one line (a command.v1 record) to the commands input, durably; safe beside a running engine and other writers.
/// REQUIRES: no newline in `line`.
Status append_command(const std::string& path, std::string_view line);
std::string commands_path(const std::string& state_dir);

/// Writes beside, syncs, renames: readers see the old file or the new one.
Status replace_file(const std::string& path, std::string_view bytes);

}  // namespace bartizan::embedded
