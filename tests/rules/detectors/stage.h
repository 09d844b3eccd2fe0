#pragma once
// One detector on a stage: sign-ins in, findings out, profiles learned as the shard does it.

#include <catch2/catch.hpp>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/detect/detector.h"
#include "engine/detect/profiles.h"
#include "engine/model/error_codes.h"
#include "engine/model/hash.h"
#include "engine/model/sign_in.h"
#include "tests/engine/detect/rows.h"

namespace bartizan::test {

inline const Time kMorning = time_from_ms(1'772'438'400'000);  // 2026-03-02T08:00:00Z, a Monday
constexpr Duration kDay = std::chrono::hours{24};

struct Place {
  const char* country;
  const char* city;
  double latitude, longitude;
};
constexpr Place kLisbon{"PT", "Lisbon", 38.72, -9.14};
constexpr Place kMadrid{"ES", "Madrid", 40.42, -3.70};
constexpr Place kSingapore{"SG", "Singapore", 1.29, 103.85};
constexpr Place kNewYork{"US", "New York", 40.71, -74.01};

/// A sign-in under construction: a successful interactive one of a user at home in Lisbon.
struct Event {
  explicit Event(std::uint64_t user, Time t) {
    e.tenant_id = Id::from_guid(0x3b6a1f7e52c44d0bULL, 0x9a386e1c0f4d7b21ULL);
    e.user_id = Id::from_guid(0x8c1d2e3f4a5b4c6dULL, user);
    e.app_id = Id::from_guid(5, 5);
    e.client_app = "Browser";
    e.event_time = t;
    e.flags = kFlagInteractive;
    e.device.os = "Windows 11";
    e.device.browser = "Edge 126.0";
    at(kLisbon, 0xC0000200U + static_cast<std::uint32_t>(user % 200) + 1, 64496);
  }
  Event& at(const Place& p, std::uint32_t ip, std::uint32_t asn) {
    e.location.country = {p.country[0], p.country[1]};
    e.location.city = p.city;
    e.location.has_coordinates = true;
    e.location.latitude = p.latitude;
    e.location.longitude = p.longitude;
    e.ip = IpAddress::v4(ip);
    e.asn = asn;
    return *this;
  }
  Event& code(std::int32_t c) {
    const ErrorCode& row = error_code(c);
    e.result_code = c;
    e.result_class = row.result_class;
    e.failure_class = row.failure_class;
    e.password_validated = row.password_validated;
    return *this;
  }
  Event& device(const char* id, const char* os, const char* browser) {
    e.device.id = id;
    e.device.os = os;
    e.device.browser = browser;
    return *this;
  }
  Event& details(const char* text) {
    e.additional_details = text;
    return *this;
  }
  Event& non_interactive() {
    e.category = SignInCategory::non_interactive_user;
    e.flags = 0;
    return *this;
  }
  SignIn e;
};

class Stage : public FindingSink, private RiskView {
 public:
  explicit Stage(const DetectorType& type) : type_(type), parameters_(type.parameters), detector_(type.make(parameters_)) {}

  /// Findings of this event, in order.
  std::vector<Finding> feed(Event event) {
    event.e.id = Id::from_guid(0x1c2d4e3f9a4b5c6dULL, ++ids_);
    return feed_copy(event.e);
  }
  std::vector<Finding> feed_copy(const SignIn& e) {
    const DetectContext ctx = context(e);
    detector_->on_event(ctx, e, *this);
    profiles_->learn(e, ctx.watermark, suspicious());
    return take();
  }
  std::vector<Finding> correct(const EarlierCopy& before, const SignIn& after) {
    const DetectContext ctx = context(after);
    detector_->on_correction(ctx, before, after, *this);
    profiles_->learn_correction(before, after, ctx.watermark, suspicious());
    return take();
  }
  /// `days` days of ordinary life at home: three sign-ins a day until kMorning.
  void history(std::uint64_t user, int days = 14) {
    for (int d = days; d > 0; --d) {
      for (int i = 0; i < 3; ++i) REQUIRE(feed(Event(user, kMorning - d * kDay + std::chrono::hours{3 * i})).empty());
    }
  }
  /// All state through bytes and back, profiles too.
  void restart() {
    const Rows rows = all_rows(*detector_);
    detector_ = type_.make(parameters_);
    load_all(*detector_, rows);
    REQUIRE(all_rows(*detector_).rows == rows.rows);
    const Rows known = all_rows(*profiles_);
    profiles_ = std::make_unique<Profiles>();
    load_all(*profiles_, known);
  }
  void expire(Time watermark) {
    detector_->expire(watermark);
    profiles_->expire(watermark);
  }
  Detector& detector() { return *detector_; }
  std::uint64_t last_id() const { return ids_; }
  Duration lateness{std::chrono::minutes{15}};

 private:
  void add(Finding&& f) override {
    CHECK_FALSE(f.title.empty());
    CHECK_FALSE(f.why.empty());
    CHECK(f.why.size() <= 16);
    REQUIRE_FALSE(f.evidence.empty());
    CHECK(f.evidence.size() <= 20);
    for (const Evidence& ev : f.evidence) CHECK_FALSE(ev.event_id.empty());
    for (const Check& c : f.why) CHECK(c.pass);
    found_.push_back(std::move(f));
  }
  RiskLevel level(EntityType, const Id&) const override { return RiskLevel::none; }
  DetectContext context(const SignIn& e) {
    newest_ = std::max(newest_, e.event_time);
    DetectContext ctx;
    ctx.journal_time = newest_ + std::chrono::minutes{2};
    ctx.watermark = newest_ - lateness;
    ctx.profiles = profiles_.get();
    ctx.risk = this;
    ctx.source = &source_;
    return ctx;
  }
  bool suspicious() const {
    for (const Finding& f : found_) {
      if (f.severity >= Severity::medium && f.suppression == Suppression::none) return true;
    }
    return false;
  }
  std::vector<Finding> take() { return std::exchange(found_, {}); }

  const DetectorType& type_;
  Parameters parameters_;
  std::unique_ptr<Detector> detector_;
  std::unique_ptr<Profiles> profiles_ = std::make_unique<Profiles>();
  SourcePosition source_;
  Time newest_ = kEarliestEventTime;
  std::uint64_t ids_ = 0;
  std::vector<Finding> found_;
};

constexpr std::uint32_t kAttacker = 0xCB007117;  // 203.0.113.23
constexpr std::uint32_t kOffice = 0xC6336405;    // 198.51.100.5

}  // namespace bartizan::test
