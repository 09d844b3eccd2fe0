#pragma once
// Files by descriptor, with errors as values that name the path and what the system said.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/result.h"

namespace bartizan::embedded {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Fd() { reset(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1);
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_ = -1;
};

/// What tells one file from another under the same path.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  bool regular = false;
  bool directory = false;
  bool same_file(const FileIdentity& other) const { return device == other.device && inode == other.inode; }
};

/// Error codes of this folder: not_found, no_permission, not_a_file, not_a_folder, disk_full, io_error (from errno), and those named at each call.
Error errno_error(std::string_view doing, std::string_view path, int error_number);

Result<Fd> open_file(const std::string& path, int flags);
Result<FileIdentity> identify(int fd, std::string_view path);
Result<FileIdentity> identify_path(const std::string& path);
/// Writes all of it; on failure an unknown part may stand in the file.
Status write_all(int fd, std::string_view bytes, std::string_view path);
/// Reads up to `size` bytes at `offset`; fewer only at the end of the file.
Result<std::size_t> read_at(int fd, char* to, std::size_t size, std::uint64_t offset, std::string_view path);
/// fdatasync.
Status sync_data(int fd, std::string_view path);
/// Makes names that were created or renamed in the folder durable.
Status sync_folder(const std::string& folder);
/// Creates the folder and its parents where missing.
Status make_folders(const std::string& folder);
std::string base_name(std::string_view path);
/// "." where the path has no folder.
std::string folder_of(std::string_view path);

}  // namespace bartizan::embedded
