#include "connectors/embedded/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/model/check.h"

namespace bartizan::embedded {

Result<StateLock> StateLock::take(const std::string& state_dir) {
  if (const auto s = make_folders(state_dir); !s) return s.error();
  const std::string path = state_dir + "/lock";
  auto fd = open_file(path, O_RDWR | O_CREAT);
  if (!fd) return fd.error();
  if (::flock(fd.value().get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return errno_error("lock", path, errno);
    char pid[32] = {};
    const auto n = read_at(fd.value().get(), pid, sizeof pid - 1, 0, path);
    std::string holder{pid, n ? n.value() : 0};
    holder.erase(std::remove(holder.begin(), holder.end(), '\n'), holder.end());
    return Error{"locked", state_dir + " is in use by process " + (holder.empty() ? "(unknown)" : holder)};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.value().get(), 0) != 0 || ::pwrite(fd.value().get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return errno_error("write", path, errno);
  }
  return StateLock{std::move(fd.value())};
}

Status replace_file(const std::string& path, std::string_view bytes) {
  const std::string beside = path + ".new";
  auto fd = open_file(beside, O_WRONLY | O_CREAT | O_TRUNC);
  if (!fd) return fd.error();
  Status s = write_all(fd.value().get(), bytes, beside);
  if (s && ::fsync(fd.value().get()) != 0) s = errno_error("sync", beside, errno);
  if (s && std::rename(beside.c_str(), path.c_str()) != 0) s = errno_error("rename", beside, errno);
  if (!s) {
    ::unlink(beside.c_str());
    return s;
  }
  return sync_folder(folder_of(path));
}

Status BundleFolder::store(std::string_view hash, std::string_view blob) const {
  BARTIZAN_CHECK(!hash.empty() && hash.find_first_not_of("0123456789abcdef") == std::string_view::npos);
  if (const auto s = make_folders(folder_); !s) return s;
  const std::string path = folder_ + "/" + std::string{hash};
  if (identify_path(path)) return Ok{};
  return replace_file(path, blob);
}

Result<std::string> BundleFolder::load(std::string_view hash) const {
  const std::string path = folder_ + "/" + std::string{hash};
  auto fd = open_file(path, O_RDONLY);
  if (!fd) return fd.error();
  const auto id = identify(fd.value().get(), path);
  if (!id) return id.error();
  std::string blob(static_cast<std::size_t>(id.value().size), '\0');
  const auto n = read_at(fd.value().get(), blob.data(), blob.size(), 0, path);
  if (!n) return n.error();
  blob.resize(n.value());
  return blob;
}

std::vector<std::string> BundleFolder::hashes() const {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{folder_, error}) {
    std::string name = entry.path().filename().string();
    if (name.find('.') == std::string::npos) found.push_back(std::move(name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string commands_path(const std::string& state_dir) { return state_dir + "/commands.ndjson"; }

Status append_command(const std::string& path, std::string_view line) {
  BARTIZAN_CHECK(line.find('\n') == std::string_view::npos);
  if (const auto s = make_folders(folder_of(path)); !s) return s;
  auto fd = open_file(path, O_WRONLY | O_APPEND | O_CREAT);
  if (!fd) return fd.error();
  // One write(2), so that lines of several writers do not mix.
  if (const auto s = write_all(fd.value().get(), std::string{line} + "\n", path); !s) return s;
  if (const auto s = sync_data(fd.value().get(), path); !s) return s;
  return sync_folder(folder_of(path));
}

}  // namespace bartizan::embedded
