#include "connectors/demo/tenant.h"

#include <algorithm>
#include <utility>

namespace bartizan::demo {
namespace {

constexpr std::int64_t kShortestLag = 60 * kSecond;

/// Publishing lag: most within four minutes, a tail up to 750 s (lags observed in captures, entra.md 1.4).
std::int64_t draw_lag(Rng& rng) {
  return rng.chance(0.85) ? rng.between(kShortestLag, 240 * kSecond) : rng.between(240 * kSecond, 750 * kSecond);
}

}  // namespace

std::string_view to_word(LookAlike l) {
  constexpr std::string_view kWords[kLookAlikes] = {
      "none", "shared_egress", "cloud_proxy", "carrier", "roaming_phone", "trip", "consumer_vpn", "new_phone", "wrong_password", "expired_password", "broken_client",
      "unknown_user", "password_change_day", "mfa_trouble", "isp_renumbering", "new_application", "outage", "kiosk", "secret_rotation", "expired_secret", "autoscaling",
      "runner_moved", "block_changed", "new_resource", "region_failover", "new_instance", "tool_roll_out"};
  return kWords[static_cast<std::size_t>(l)];
}

Tenant::Tenant(const TenantOptions& options)
    : world_(options), people_(world_), workloads_(world_), agents_(world_, people_), writer_(options.seed, world_.tenant(), options.size),
      rng_(Rng::of(options.seed, 2)), skip_(people_.size()), now_(options.start_ms) {
  const auto actors = static_cast<std::uint32_t>(people_.size() + workloads_.size() + agents_.size());
  std::vector<Wake> first;
  for (std::uint32_t a = 0; a < actors; ++a) {
    if (const std::int64_t t = next_time(a); t != INT64_MAX) first.push_back({t, a});
  }
  wakes_ = MinHeap<Wake>{std::greater<Wake>{}, std::move(first)};
}

std::int64_t Tenant::next_time(std::uint32_t actor) {
  std::size_t i = actor;
  if (i < people_.size()) return people_.next_time(i);
  i -= people_.size();
  if (i < workloads_.size()) return workloads_.next_time(i);
  return agents_.next_time(i - workloads_.size());
}

void Tenant::wake_one() {
  const Wake w = wakes_.top();
  wakes_.pop();
  std::size_t i = w.actor;
  if (i < people_.size()) {
    acting_user_ = w.actor;
    people_.act(i, *this);
    acting_user_ = UINT32_MAX;
  } else if (i -= people_.size(); i < workloads_.size()) {
    workloads_.act(i, *this);
  } else {
    agents_.act(i - workloads_.size(), *this);
  }
  if (const std::int64_t t = next_time(w.actor); t != INT64_MAX) wakes_.push({t, w.actor});
}

void Tenant::add(Draft&& d) {
  if (acting_user_ != UINT32_MAX && skip_[acting_user_] > 0) {
    --skip_[acting_user_];
    return;
  }
  push(std::move(d));
}

void Tenant::push(Draft&& d) {
  if (d.id == Guid{}) d.id = rng_.guid();
  if (d.published_ms == 0) d.published_ms = std::max(now_, d.event_ms + draw_lag(rng_));
  std::uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(pool_.size());
    pool_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  ready_.push({d.published_ms, order_++, slot});
  pool_[slot] = std::move(d);
}

void Tenant::inject(std::vector<Draft> drafts) {
  for (Draft& d : drafts) push(std::move(d));
}

const Draft* Tenant::next(std::string& out) {
  // Whoever acts from now on publishes at least the shortest lag later.
  while (!wakes_.empty() && (ready_.empty() || wakes_.top().at + kShortestLag <= ready_.top().published)) wake_one();
  if (ready_.empty()) return nullptr;
  const Ready r = ready_.top();
  ready_.pop();
  current_ = std::move(pool_[r.slot]);
  free_.push_back(r.slot);
  now_ = current_.published_ms;
  writer_.write(current_, mix64(current_.id.lo ^ current_.id.hi), out);
  return &current_;
}

}  // namespace bartizan::demo
