#pragma once
// Validates JSON texts against the published schemas of docs/formats.

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

namespace bartizan::test {

/// Why `json` is not valid against docs/formats/<name>.schema.json ("alert.v1"); empty when it is.
std::string schema_violation(std::string_view json, const std::string& name);
/// The same for the schema that the record itself names, in `schema` or `@odata.type`.
std::string schema_violation(std::string_view json);
/// JSON without the white space between its parts; numbers and texts stay as written.
std::string compact(std::string_view json);
/// The whole of a file; fails the test when it cannot be read. Relative paths start at the source tree.
std::string read_file(const std::string& path);

inline void require_valid(std::string_view json) {
  INFO(json);
  REQUIRE(schema_violation(json) == "");
}

}  // namespace bartizan::test
