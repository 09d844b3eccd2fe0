#include "engine/detect/keyed_detector.h"

#include <catch2/catch.hpp>

#include <vector>

#include "engine/detect/profiles.h"
#include "tests/engine/detect/rows.h"

namespace bartizan {
namespace {

using test::Random;

/// Counts failures per user; tells at five within an hour, and by timer how many there were when a user was quiet for ten minutes.
class Sample {
 public:
  struct State {
    std::uint32_t failures = 0;
    Time last = Time::min();
    bool told = false;
  };
  explicit Sample(const Parameters& p) : limit_(p.count("limit")) {}
  void keys(const DetectContext&, const SignIn& e, KeySink& out) const {
    e.failure() ? out.touch(e.user_id.key()) : out.if_known(e.user_id.key());
  }
  void on_event(const DetectContext&, const StateKey&, const SignIn& e, State& s, FindingSink& out) const {
    if (e.success()) {
      s.failures = 0;
      return;
    }
    ++s.failures;
    s.last = std::max(s.last, e.event_time);
    s.told = false;
    if (s.failures == limit_) tell("limit", s, out);
  }
  Time next_due(const State& s) const { return s.told || s.last == Time::min() ? Time::max() : s.last + std::chrono::minutes{10}; }
  void on_due(const DetectContext&, const Key128&, State& s, FindingSink& out) const {
    s.told = true;
    tell("quiet", s, out);
  }
  Time keep_until(const State& s) const { return s.last == Time::min() ? s.last : s.last + std::chrono::hours{1}; }
  void encode(const State& s, ByteWriter& w) const {
    w.varint(s.failures);
    w.time(s.last);
    w.u8(s.told ? 1 : 0);
  }
  bool decode(ByteReader& r, State& s) const {
    s.failures = static_cast<std::uint32_t>(r.varint());
    s.last = r.time();
    s.told = r.u8() != 0;
    return r.ok();
  }

 private:
  static void tell(const char* what, const State& s, FindingSink& out) {
    Finding f;
    f.title = std::string(what) + " " + std::to_string(s.failures);
    out.add(std::move(f));
  }
  std::uint32_t limit_;
};
constexpr ParameterSpec kSpecs[] = {{"limit", 5, 1, 100, "", "Failures."}};

class Titles : public FindingSink {
 public:
  void add(Finding&& f) override { titles.push_back(f.title); }
  std::vector<std::string> titles;
};

class NoRisk : public RiskView {
 public:
  RiskLevel level(EntityType, const Id&) const override { return RiskLevel::none; }
};

/// What the shard does with one detector: event, timers, expiry every six hours of watermark.
void feed(Detector& d, const SignIn& e, Titles& out, Time& expired) {
  static const Profiles profiles;
  static const NoRisk risk;
  static const SourcePosition source;
  DetectContext ctx;
  ctx.watermark = e.event_time;
  ctx.profiles = &profiles;
  ctx.risk = &risk;
  ctx.source = &source;
  d.on_event(ctx, e, out);
  d.on_due(ctx, 3, out);
  if (ctx.watermark - expired >= std::chrono::hours{6}) {
    expired = ctx.watermark;
    d.expire(ctx.watermark);
  }
}

}  // namespace

TEST_CASE("a keyed detector loaded at any point says and saves what the uninterrupted one does", "[detect]") {
  for (const std::uint64_t seed : test::kSeeds) {
    CAPTURE(seed);
    Random random(seed);
    const Parameters parameters(kSpecs);
    auto straight = KeyedDetector<Sample>::make(parameters);
    auto broken = KeyedDetector<Sample>::make(parameters);
    straight->bound_rows(32);
    broken->bound_rows(32);
    Titles a, b;
    Time expired_a = kEarliestEventTime, expired_b = kEarliestEventTime;
    Time now = kEarliestEventTime;
    for (int i = 0; i < 4'000; ++i) {
      now += Duration{static_cast<std::int64_t>(random.below(120'000))};
      if (random.chance(0.002)) now += std::chrono::hours{5};
      SignIn e;
      e.id = Id::from_guid(1, static_cast<std::uint64_t>(i));
      e.user_id = Id::from_guid(9, random.below(60));
      e.event_time = now;
      e.result_class = random.chance(0.7) ? ResultClass::failure : ResultClass::success;
      feed(*straight, e, a, expired_a);
      feed(*broken, e, b, expired_b);
      if (random.chance(0.02)) {
        const auto rows = test::all_rows(*broken);
        broken = KeyedDetector<Sample>::make(parameters);
        broken->bound_rows(32);
        test::load_all(*broken, rows);
      }
      REQUIRE(a.titles == b.titles);
    }
    CHECK(a.titles.size() > 100);
    CHECK(straight->evictions() > 0);
    CHECK(test::all_rows(*straight).rows == test::all_rows(*broken).rows);
  }
}

TEST_CASE("timers come in order of time, at most as many as asked for", "[detect]") {
  const Parameters parameters(kSpecs);
  auto d = KeyedDetector<Sample>::make(parameters);
  static const Profiles profiles;
  DetectContext ctx;
  ctx.profiles = &profiles;
  Titles out;
  for (std::uint64_t user : {3U, 1U, 2U}) {
    for (std::uint64_t n = 0; n < user; ++n) {
      SignIn e;
      e.user_id = Id::from_guid(9, user);
      e.event_time = kEarliestEventTime + std::chrono::minutes{static_cast<int>(user)};
      e.result_class = ResultClass::failure;
      d->on_event(ctx, e, out);
    }
  }
  CHECK(d->next_due() == kEarliestEventTime + std::chrono::minutes{11});
  ctx.watermark = kEarliestEventTime + std::chrono::hours{1};
  CHECK(d->on_due(ctx, 2, out) == 2);
  CHECK(out.titles == std::vector<std::string>{"quiet 1", "quiet 2"});
  CHECK(d->on_due(ctx, 2, out) == 1);
  CHECK(out.titles.back() == "quiet 3");
  CHECK(d->next_due() == Time::max());
}

TEST_CASE("parameters have defaults, can be set, and know their unit", "[detect]") {
  static constexpr ParameterSpec specs[] = {{"a", 2, 0, 9, "min", ""}, {"b", 3, 0, 9, "days", ""}, {"c", 4, 0, 9, "", ""}};
  Parameters p(specs);
  CHECK(p.number("c") == 4);
  CHECK(p.set("a", 5));
  CHECK_FALSE(p.set("d", 5));
  CHECK(p.duration("a") == std::chrono::minutes{5});
  CHECK(p.duration("b") == std::chrono::hours{72});
}

}  // namespace bartizan
