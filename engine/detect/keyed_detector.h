#pragma once
// A detector as its author writes it: keys, a small state per key, what to do at an event. The rest is here.

#include <concepts>
#include <cstdint>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "engine/detect/detector.h"
#include "engine/detect/keyed_state.h"
#include "engine/model/check.h"

namespace bartizan {

/// Whose state an event concerns. `kind` is the detector's own number (address, prefix, fingerprint), 0 where it has one kind only. The
/// key must differ between kinds (use `domain` of stable_hash128, entity_key, or combine).
struct StateKey {
  Key128 id;
  std::uint32_t kind = 0;
};

/// Receives an event's keys in the order in which their states will be visited.
class KeySink {
 public:
  static constexpr std::size_t kKeysMax = 10;
  /// The state is made where there is none.
  void touch(const Key128& id, std::uint32_t kind = 0) { add(id, kind, true); }
  /// Only where there is a state already.
  void if_known(const Key128& id, std::uint32_t kind = 0) { add(id, kind, false); }

  struct Item {
    StateKey key;
    bool make = false;
  };
  const Item* begin() const { return items_; }
  const Item* end() const { return items_ + size_; }

 private:
  void add(const Key128& id, std::uint32_t kind, bool make) {
    if (size_ < kKeysMax) items_[size_++] = Item{StateKey{id, kind}, make};
  }
  Item items_[kKeysMax];
  std::size_t size_ = 0;
};

/// Runs rule R, an object built from Parameters, that is const from then on (everything it learns is in State):
///
///   struct State;                                                       // default: nothing known
///   explicit R(const Parameters&);
///   void keys(const DetectContext&, const SignIn&, KeySink&) const;     // 0..n keys; cheap, it runs for every event
///   void on_event(const DetectContext&, const StateKey&, const SignIn&, State&, FindingSink&) const;
///   Time keep_until(const State&) const;                                // the row means nothing to later watermarks
///   void encode(const State&, ByteWriter&) const;
///   bool decode(ByteReader&, State&) const;                             // false: not a state of this version
///
/// and, where it wants them:
///
///   void on_correction(const DetectContext&, const StateKey&, const EarlierCopy&, const SignIn&, State&, FindingSink&) const;
///   void fact_keys(const Fact&, KeySink&) const; void on_fact(const DetectContext&, const StateKey&, const Fact&, State&, FindingSink&) const;
///   Time next_due(const State&) const; void on_due(const DetectContext&, const Key128&, State&, FindingSink&) const;   // on_due
///       moves next_due to a later time, or to Time::max()
///   std::size_t heap_bytes(const State&) const;
///
/// REQUIRES: keep_until(State{}) is Time::min() or the past, so that a state that was touched but never filled goes away; and
/// next_due <= keep_until where a timer must not be lost.
template <class R>
class KeyedDetector final : public Detector {
  using State = typename R::State;
  static constexpr bool kHasTimers = requires(const R& r, const State& s) { { r.next_due(s) } -> std::same_as<Time>; };

 public:
  explicit KeyedDetector(const Parameters& parameters) : rule_(std::make_unique<R>(parameters)), table_(Policy{rule_.get()}) {}

  static std::unique_ptr<Detector> make(const Parameters& parameters) { return std::make_unique<KeyedDetector>(parameters); }

  void bound_rows(std::uint32_t rows_max) override { table_.set_rows_max(rows_max); }

  void on_event(const DetectContext& ctx, const SignIn& e, FindingSink& out) override {
    KeySink keys;
    rule_->keys(ctx, e, keys);
    visit(ctx, keys, [&](const StateKey& key, State& state) { rule_->on_event(ctx, key, e, state, out); });
  }

  void on_correction(const DetectContext& ctx, const EarlierCopy& before, const SignIn& after, FindingSink& out) override {
    if constexpr (requires(const R& r, const StateKey& k, State& s) { r.on_correction(ctx, k, before, after, s, out); }) {
      KeySink keys;
      rule_->keys(ctx, after, keys);
      visit(ctx, keys, [&](const StateKey& key, State& state) { rule_->on_correction(ctx, key, before, after, state, out); });
    } else {
      static_cast<void>(ctx), static_cast<void>(before), static_cast<void>(after), static_cast<void>(out);
    }
  }

  void on_fact(const DetectContext& ctx, const Fact& fact, FindingSink& out) override {
    if constexpr (requires(const R& r, KeySink& k) { r.fact_keys(fact, k); }) {
      KeySink keys;
      rule_->fact_keys(fact, keys);
      visit(ctx, keys, [&](const StateKey& key, State& state) { rule_->on_fact(ctx, key, fact, state, out); });
    } else {
      static_cast<void>(ctx), static_cast<void>(fact), static_cast<void>(out);
    }
  }

  Time next_due() const override { return timers_.empty() ? Time::max() : timers_.begin()->first; }

  std::size_t on_due(const DetectContext& ctx, std::size_t limit, FindingSink& out) override {
    std::size_t handled = 0;
    if constexpr (kHasTimers) {
      while (handled < limit && !timers_.empty() && timers_.begin()->first <= ctx.watermark) {
        const auto [due, key] = *timers_.begin();
        timers_.erase(timers_.begin());
        // The row may have expired, been evicted or moved its timer: then this entry is void, and counts for nothing, because a
        // table that was loaded in between does not have it.
        State* state = table_.change(key, due);
        if (state == nullptr || rule_->next_due(*state) != due) continue;
        ++handled;
        rule_->on_due(ctx, key, *state, out);
        const Time next = rule_->next_due(*state);
        BARTIZAN_CHECK(next > due);
        if (next != Time::max()) timers_.emplace(next, key);
      }
    } else {
      static_cast<void>(ctx), static_cast<void>(limit), static_cast<void>(out);
    }
    return handled;
  }

  void expire(Time watermark) override {
    table_.expire(watermark);
    if constexpr (kHasTimers) drop_void_timers();
  }
  std::uint64_t evictions() const override { return table_.evictions(); }

  void save(RowSink& sink, bool all) const override { table_.save(sink, all); }
  void saved() override { table_.saved(); }
  bool load(std::string_view key, std::string_view bytes) override {
    const State* state = table_.load(key, bytes);
    if (state == nullptr) return false;
    if constexpr (kHasTimers) {
      ByteReader r(key);
      arm(r.key(), *state);
    }
    return true;
  }
  std::size_t bytes() const override { return table_.bytes() + timers_.size() * kTimerBytes; }
  std::size_t rows() const override { return table_.size(); }

 private:
  static constexpr std::size_t kTimerBytes = 64;  // a red-black node with its malloc header

  struct Policy {
    const R* rule;
    Time keep_until(const State& s) const { return rule->keep_until(s); }
    void encode(const State& s, ByteWriter& w) const { rule->encode(s, w); }
    bool decode(ByteReader& r, State& s) const { return rule->decode(r, s); }
    std::size_t heap_bytes(const State& s) const {
      if constexpr (requires(const R& x) { x.heap_bytes(s); }) {
        return rule->heap_bytes(s);
      } else {
        static_cast<void>(s);
        return 0;
      }
    }
  };

  template <class Call>
  void visit(const DetectContext& ctx, const KeySink& keys, Call call) {
    for (const KeySink::Item& item : keys) {
      State* state = item.make ? &table_.touch(item.key.id, ctx.watermark) : table_.change(item.key.id, ctx.watermark);
      if (state == nullptr) continue;
      if constexpr (kHasTimers) {
        const Time before = rule_->next_due(*state);
        call(item.key, *state);
        const Time after = rule_->next_due(*state);
        if (before != after) {
          timers_.erase({before, item.key.id});
          if (after != Time::max()) timers_.emplace(after, item.key.id);
        }
      } else {
        call(item.key, *state);
      }
    }
  }

  void arm(const Key128& key, const State& state) {
    if constexpr (kHasTimers) {
      const Time due = rule_->next_due(state);
      if (due != Time::max()) timers_.emplace(due, key);
    } else {
      static_cast<void>(key), static_cast<void>(state);
    }
  }

  /// After rows went away: exactly the timers that loading the remaining rows would give.
  void drop_void_timers() {
    timers_.clear();
    table_.visit([this](const Key128& key, const State& state) { arm(key, state); });
  }

  std::unique_ptr<const R> rule_;
  KeyedState<State, Policy> table_;
  std::set<std::pair<Time, Key128>> timers_;
};

}  // namespace bartizan
