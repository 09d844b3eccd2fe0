#include "connectors/kafka/identity.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

namespace bartizan::kafka {
namespace {

Error trouble(const std::string& path) { return Error{"state_dir", path + ": " + std::strerror(errno)}; }

std::string new_uuid() {
  std::random_device device;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) text += '-';
    text += i == 12 ? '4' : kDigits[device() & 15];
  }
  return text;
}

/// Beside, synced, renamed: a torn file would be a new identity.
Status write_uuid(const std::string& path, const std::string& uuid) {
  const std::string beside = path + ".new";
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return trouble(beside);
  const std::string line = uuid + "\n";
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written || ::rename(beside.c_str(), path.c_str()) != 0) return trouble(path);
  return Ok{};
}

std::string read_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

}  // namespace

Result<Identity> Identity::take(const std::string& state_dir) {
  std::error_code made;
  std::filesystem::create_directories(state_dir, made);
  const std::string lock = state_dir + "/lock";
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return trouble(lock);
  Identity identity{fd, {}};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return trouble(lock);
    const std::string owner = read_line(lock);
    return Error{"locked", state_dir + " is in use by process " + (owner.empty() ? "?" : owner) + "; give each engine a state.dir of its own"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) return trouble(lock);
  const std::string path = state_dir + "/kafka-id";
  identity.uuid_ = read_line(path);
  if (identity.uuid_.size() != 36) {
    identity.uuid_ = new_uuid();
    if (const Status s = write_uuid(path, identity.uuid_); !s.ok()) return s.error();
  }
  return identity;
}

Identity::Identity(Identity&& other) noexcept : fd_(std::exchange(other.fd_, -1)), uuid_(std::move(other.uuid_)) {}

Identity& Identity::operator=(Identity&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(uuid_, other.uuid_);
  return *this;
}

Identity::~Identity() {
  if (fd_ >= 0) ::close(fd_);
}

std::string Identity::transactional_id(const std::string& group_id, int thread) const {
  return group_id + ".detect." + uuid_ + "." + std::to_string(thread);
}

}  // namespace bartizan::kafka
