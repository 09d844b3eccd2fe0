#include "tests/support/line/raw_history.h"

#include <algorithm>

#include "engine/model/id.h"
#include "engine/model/time.h"
#include "tests/support/random_entries.h"

namespace bartizan::test {
namespace {

std::string guid(std::uint64_t hi, std::uint64_t lo) { return Id::from_guid(hi, lo).str(); }

struct Record {
  Time published{};
  std::uint64_t user = 0;
  std::uint64_t id = 0;
  std::string host;
  bool fails = false;
};

std::string text_of(const Record& r) {
  std::string text = R"({"time":")" + format_time(r.published) + R"(","category":"SignInLogs","tenantId":")" + guid(0x77, r.user % 3 == 0 ? 2 : 1);
  text += R"(","properties":{"id":")" + guid(0x99, r.id) + R"(","createdDateTime":")" + format_time(r.published - Duration{90'000});
  text += R"(","userId":")" + guid(0xaa, r.user + 1) + R"(","userPrincipalName":"user)" + std::to_string(r.user);
  text += R"(@example.com","userDisplayName":"User )" + std::to_string(r.user) + R"(","appId":")" + guid(7, 7);
  text += R"(","appDisplayName":"Portal","ipAddress":")" + r.host + R"(","isInteractive":true,"userAgent":"Mozilla/5.0","status":{"errorCode":)";
  text += std::string{r.fails ? "50126" : "0"} + R"(},"autonomousSystemNumber":64500,"location":{"countryOrRegion":"DE"}}})";
  return text;
}

}  // namespace

std::vector<std::pair<SourcePosition, std::string>> raw_history(std::uint64_t seed, std::size_t messages) {
  Random random(seed);
  std::vector<std::pair<SourcePosition, std::string>> all;
  Time now = time_from_ms(1'767'225'600'000);  // 2026-01-01
  std::int64_t offsets[2] = {0, 0};
  std::vector<Record> sent;
  std::uint64_t streak_user = 0;
  std::uint64_t streak_left = 0;
  const auto one = [&] {
    // The same event again with another result and the same published time: a correction that only positions tell from a repeat.
    if (!sent.empty() && random.chance(10)) {
      Record& again = sent[sent.size() - 1 - random.below(std::min<std::size_t>(sent.size(), 6))];
      again.fails = !again.fails;
      return text_of(again);
    }
    if (streak_left == 0 && random.chance(8)) {
      streak_user = random.below(12);
      streak_left = 3 + random.below(5);
    }
    Record r;
    r.published = now;
    r.fails = streak_left != 0 || random.chance(5);
    r.user = streak_left != 0 ? streak_user : random.below(12);
    if (streak_left != 0) --streak_left;
    r.id = sent.size() + 1;
    r.host = random.chance(85) ? "198.51.100." + std::to_string(r.user) : "203.0.113." + std::to_string(random.below(40));
    sent.push_back(r);
    return text_of(r);
  };
  for (std::size_t i = 0; i < messages; ++i) {
    now += Duration{static_cast<std::int64_t>(random.below(30'000))};
    SourcePosition position;
    position.source.input = "signins";
    position.source.topic = "signins";
    position.source.partition = static_cast<std::int32_t>(random.below(2));
    position.offset = offsets[position.source.partition]++;
    std::string text;
    if (random.chance(2)) {
      text = R"({"records":[{"broken")";
    } else if (random.chance(30)) {
      text = R"({"records":[)";  // one after the other: the order of operands is the compiler's choice
      text += one();
      text += ',' + one();
      text += ',' + one();
      text += "]}";
    } else {
      text = one();
    }
    all.emplace_back(position, std::move(text));
  }
  return all;
}

}  // namespace bartizan::test
