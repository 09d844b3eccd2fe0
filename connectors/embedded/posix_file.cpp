#include "connectors/embedded/posix_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace bartizan::embedded {

void Fd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Error errno_error(std::string_view doing, std::string_view path, int error_number) {
  std::string code = "io_error";
  if (error_number == ENOENT) code = "not_found";
  if (error_number == ENOTDIR) code = "not_a_folder";
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS) code = "no_permission";
  if (error_number == EISDIR) code = "not_a_file";
  if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG) code = "disk_full";
  std::string message{"cannot "};
  message.append(doing).append(" ").append(path).append(": ").append(std::generic_category().message(error_number));
  return Error{std::move(code), std::move(message)};
}

Result<Fd> open_file(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return errno_error("open", path, errno);
  return Fd{fd};
}

namespace {
FileIdentity identity_from(const struct stat& s) {
  FileIdentity id;
  id.device = static_cast<std::uint64_t>(s.st_dev);
  id.inode = static_cast<std::uint64_t>(s.st_ino);
  id.size = static_cast<std::uint64_t>(s.st_size);
  id.regular = S_ISREG(s.st_mode);
  id.directory = S_ISDIR(s.st_mode);
  return id;
}
}  // namespace

Result<FileIdentity> identify(int fd, std::string_view path) {
  struct stat s {};
  if (::fstat(fd, &s) != 0) return errno_error("stat", path, errno);
  return identity_from(s);
}

Result<FileIdentity> identify_path(const std::string& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return errno_error("stat", path, errno);
  return identity_from(s);
}

Status write_all(int fd, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok{};
}

Result<std::size_t> read_at(int fd, char* to, std::size_t size, std::uint64_t offset, std::string_view path) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(fd, to + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error("read", path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  return have;
}

Status sync_data(int fd, std::string_view path) {
  if (::fdatasync(fd) != 0) return errno_error("sync", path, errno);
  return Ok{};
}

Status sync_folder(const std::string& folder) {
  auto fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return fd.error();
  if (::fsync(fd.value().get()) != 0) return errno_error("sync folder", folder, errno);
  return Ok{};
}

Status make_folders(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return errno_error("create folder", folder, error.value());
  if (!std::filesystem::is_directory(folder, error)) return Error{"not_a_folder", folder + " is not a folder"};
  return Ok{};
}

std::string base_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string{slash == std::string_view::npos ? path : path.substr(slash + 1)};
}

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string{slash == 0 ? path.substr(0, 1) : path.substr(0, slash)};
}

}  // namespace bartizan::embedded
