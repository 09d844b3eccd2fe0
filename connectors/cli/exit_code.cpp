#include "connectors/cli/exit_code.h"

#include <string_view>

namespace bartizan::cli {

int exit_code_of(const Error& error) {
  for (const std::string_view invalid : {"partition_count", "topic_settings", "bad_setting", "secret_file"}) {
    if (error.code == invalid) return kInvalid;
  }
  return kUnavailable;
}

}  // namespace bartizan::cli
