#include "connectors/kafka/offset_metadata.h"

#include <catch2/catch.hpp>

using namespace bartizan::kafka;

TEST_CASE("a rolling hash travels with an offset in 19 characters", "[kafka]") {
  for (const std::uint64_t hash : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX, std::uint64_t{0x0123456789abcdef}}) {
    const std::string text = hash_metadata(hash);
    CHECK(text.size() == 19);
    CHECK(read_hash_metadata(text) == hash);
  }
  CHECK(hash_metadata(0x0123456789abcdef) == "h1:0123456789abcdef");
}

TEST_CASE("metadata that another program wrote is not taken for a hash", "[kafka]") {
  for (const char* text : {"", "h1:", "h1:0123456789abcde", "h1:0123456789abcdef0", "h2:0123456789abcdef", "h1:0123456789abcdeg", "h1:+123456789abcdef", "g1:0"}) {
    CHECK_FALSE(read_hash_metadata(text));
  }
}

TEST_CASE("a generation and the last record's hash travel with a source offset", "[kafka]") {
  CHECK(source_metadata({0, 0}) == "g1:0");
  CHECK(source_metadata({3, 0x0123456789abcdef}) == "g2:3:0123456789abcdef");
  for (const SourceMetadata m : {SourceMetadata{0, 0}, SourceMetadata{2'147'483'647, 0}, SourceMetadata{0, 1}, SourceMetadata{2'147'483'647, UINT64_MAX}}) {
    const auto read = read_source_metadata(source_metadata(m));
    REQUIRE(read);
    CHECK(read->generation == m.generation);
    CHECK(read->record == m.record);
  }
  for (const char* text : {"", "g1:", "g1:-1", "g1:1 ", "g1:2147483648", "h1:0000000000000000", "g2:1", "g2:1:", "g2:1:0123456789abcde", "g2:1:0123456789abcdef0", "g2::0123456789abcdef",
                           "g2:-1:0123456789abcdef", "g2:1:0123456789abcdeg"}) {
    CHECK_FALSE(read_source_metadata(text));
  }
}
