// Any bytes as a message of sign-ins and as one of commands. What comes out is compared with the plain reader over RapidJSON's tree.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/engine/codec/collecting_sink.h"
#include "tests/support/rapidjson_reader.h"

namespace {

using namespace bartizan;
using namespace bartizan::test;

bool agrees(const ExpectedRecord& expected, const DecodedRecord& found) {
  switch (expected.kind) {
    case ExpectedRecord::Kind::ignored: return found.kind == DecodedRecord::Kind::ignored && found.ignored == expected.ignored;
    case ExpectedRecord::Kind::dead_letter:
      return found.kind == DecodedRecord::Kind::dead_letter && expected.reasons.count(found.letter.reason) != 0;
    case ExpectedRecord::Kind::risk_report: return found.kind == DecodedRecord::Kind::risk_report && expected.fields == found.fields;
    case ExpectedRecord::Kind::directory_change:
      return found.kind == DecodedRecord::Kind::directory_change && expected.fields == found.fields;
    case ExpectedRecord::Kind::sign_in: return found.kind == DecodedRecord::Kind::sign_in && expected.fields == found.fields;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kBytesMax = 1 << 16;  // the plain reader recurses
  const std::string_view message{reinterpret_cast<const char*>(data), size < kBytesMax ? size : kBytesMax};
  DecodeOptions options;
  options.tenant = "5f2c9a1e-7b3d-4c68-9d10-2f4e6a8b0c1d";
  const auto expected = expected_records(message, options);
  const auto found = decode_all(message, options);
  if (expected.size() != found.size()) std::abort();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!agrees(expected[i], found[i])) std::abort();
  }
  decode_all(message, options, true);
  return 0;
}
