#include "connectors/cli/author.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <random>

#include <unistd.h>

#include "engine/model/id.h"

namespace bartizan::cli {

std::string new_uuid() {
  std::random_device device;
  const auto word = [&device] { return (static_cast<std::uint64_t>(device()) << 32) | device(); };
  const std::uint64_t hi = (word() & ~0xf000ULL) | 0x4000ULL;
  const std::uint64_t lo = (word() & ~(3ULL << 62)) | (2ULL << 62);
  std::array<char, 36> text{};
  write_guid(text.data(), hi, lo);
  return {text.data(), text.size()};
}

std::string login_name() {
  for (const char* name : {"BARTIZAN_AUTHOR", "SUDO_USER", "USER", "LOGNAME"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "uid " + std::to_string(::getuid());
}

}  // namespace bartizan::cli
