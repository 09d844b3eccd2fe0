#include "engine/model/time.h"

#include <catch2/catch.hpp>

#include <cstdint>

using namespace bartizan;
using namespace std::chrono_literals;

namespace {
std::string reread(std::string_view text) {
  const auto t = parse_time(text);
  return t ? format_time(*t) : "refused";
}
}  // namespace

TEST_CASE("every time form seen in Entra records is read", "[time]") {
  CHECK(reread("2026-03-02T09:16:11.204Z") == "2026-03-02T09:16:11.204Z");
  CHECK(reread("2026-03-02T09:16:11Z") == "2026-03-02T09:16:11.000Z");
  CHECK(reread("2026-03-02T09:16:11.2041999Z") == "2026-03-02T09:16:11.204Z");
  CHECK(reread("2026-03-02T09:16:11.123456789+00:00") == "2026-03-02T09:16:11.123Z");
  CHECK(reread("2026-03-02T09:16:11.5-05:00") == "2026-03-02T14:16:11.500Z");
  CHECK(reread("2026-03-02T09:16:11+0530") == "2026-03-02T03:46:11.000Z");
  CHECK(reread("2022-09-09T9:54:27.739Z") == "2022-09-09T09:54:27.739Z");
  CHECK(reread("2026-03-02 09:16:11") == "2026-03-02T09:16:11.000Z");
  CHECK(reread("2026-03-02T09:16:11") == "2026-03-02T09:16:11.000Z");
  CHECK(reread("3/2/2026 9:16:11 AM") == "2026-03-02T09:16:11.000Z");
  CHECK(reread("12/31/2025 12:00:00 AM") == "2025-12-31T00:00:00.000Z");
  CHECK(reread("12/31/2025 12:00:00 PM") == "2025-12-31T12:00:00.000Z");
  CHECK(reread("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000Z");
  CHECK(reread("9999-12-31T23:59:59.999Z") == "9999-12-31T23:59:59.999Z");
  CHECK(reread("0001-01-01T00:00:00Z") == "0001-01-01T00:00:00.000Z");
}

TEST_CASE("anything else is refused rather than guessed", "[time]") {
  for (const auto* text : {"", "now", "2026-03-02", "2026-13-02T09:16:11Z", "2026-02-29T00:00:00Z", "2026-03-02T24:00:00Z",
                           "2026-03-02T09:60:11Z", "2026-03-02T09:16:11Zx", "2026-03-02T09:16:11.Z", "2026-03-02T09:16:11.1234567890Z",
                           "13/2/2026 9:16:11 AM", "3/2/2026 13:16:11 PM", "3/2/2026 9:16:11", "0000-01-01T00:00:00Z",
                           "2026-03-02T09:16:11+24:00", "2026-3-02T09:16:11Z", "-026-03-02T09:16:11Z"}) {
    INFO(text);
    CHECK(reread(text) == "refused");
  }
}

TEST_CASE("formatting is the inverse of reading on every day of four centuries", "[time][property]") {
  const Time start = *parse_time("1999-12-31T23:59:58.999Z");
  for (int day = 0; day < 146097; ++day) {
    const Time t = start + day * 24h;
    const auto again = parse_time(format_time(t));
    if (!again || *again != t) FAIL(format_time(t));
  }
  CHECK(format_time(start + 146097 * 24h) == "2399-12-31T23:59:58.999Z");
}
