#include "connectors/cli/output_folder.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace bartizan::cli {
namespace {

namespace fs = std::filesystem;

/// Topics that this version writes; their files exist from the start, so that "no alerts" is an empty file and not a missing one.
constexpr std::array<Topic, 8> kWritten = {Topic::alerts, Topic::alerts_shadow, Topic::risky_users, Topic::risky_workload_identities,
                                           Topic::risky_agents, Topic::risky_sign_ins, Topic::audit, Topic::dead_letter};

}  // namespace

OutputFolder::~OutputFolder() {
  for (File& f : files_) {
    if (f.fd >= 0) ::close(f.fd);
  }
}

std::string OutputFolder::path(Topic t) const { return (fs::path(folder_) / file_name(t)).string(); }

Status OutputFolder::open(bool force) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) return Error{"unwritable", "cannot make the folder '" + folder_ + "': " + error.message()};
  const bool empty = fs::is_empty(folder_, error);
  if (error) return Error{"unwritable", "cannot read the folder '" + folder_ + "': " + error.message()};
  if (!empty && !force) {
    return Error{"not_empty", "'" + folder_ + "' is not empty; --force replaces the outputs in it"};
  }
  for (std::size_t i = 0; i < kTopicCount; ++i) fs::remove(path(static_cast<Topic>(i)), error);
  for (const Topic t : kWritten) {
    File& f = files_[static_cast<std::size_t>(t)];
    f.fd = ::open(path(t).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (f.fd < 0) return Error{"unwritable", "cannot write '" + path(t) + "': " + std::strerror(errno)};
  }
  return Ok{};
}

void OutputFolder::emit(OutputRecord&& record) {
  File& f = files_[static_cast<std::size_t>(record.topic)];
  f.buffer += record.value;
  f.buffer += '\n';
  if (f.buffer.size() >= kBufferBytes) write(record.topic);
}

void OutputFolder::write(Topic t) {
  File& f = files_[static_cast<std::size_t>(t)];
  if (f.fd < 0 && !f.buffer.empty()) {
    f.fd = ::open(path(t).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }
  std::string_view rest = f.buffer;
  while (status_.ok() && !rest.empty()) {
    const ssize_t n = ::write(f.fd, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      status_ = Error{"unwritable", "cannot write '" + path(t) + "': " + std::strerror(errno)};
    } else {
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  f.buffer.clear();
}

Status OutputFolder::close() {
  for (std::size_t i = 0; i < kTopicCount; ++i) write(static_cast<Topic>(i));
  return status_;
}

}  // namespace bartizan::cli
