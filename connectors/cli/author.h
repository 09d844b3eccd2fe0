#pragma once
// Who acts at the command line, and new ids for what they do.

#include <string>

namespace bartizan::cli {

/// BARTIZAN_AUTHOR, else the login name.
std::string login_name();
/// A random UUID, version 4.
std::string new_uuid();

}  // namespace bartizan::cli
