#pragma once
// The JSON Schemas of docs/formats, inside the binary.

#include <string_view>
#include <vector>

namespace bartizan::cli {

struct RecordSchema {
  std::string_view name;  // alert.v1
  std::string_view text;
};
/// By name.
const std::vector<RecordSchema>& record_schemas();

}  // namespace bartizan::cli
