#include "engine/detect/keyed_state.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <vector>

#include "tests/engine/detect/rows.h"

namespace bartizan {
namespace {

using test::Random;
using test::Rows;

struct Counter {
  std::int64_t until = 0;
  std::uint32_t n = 0;
  friend bool operator==(const Counter&, const Counter&) = default;
};
struct CounterPolicy {
  Time keep_until(const Counter& c) const { return c.until == 0 ? Time::min() : time_from_ms(c.until); }
  void encode(const Counter& c, ByteWriter& w) const {
    w.zigzag(c.until);
    w.varint(c.n);
  }
  bool decode(ByteReader& r, Counter& c) const {
    c.until = r.zigzag();
    c.n = static_cast<std::uint32_t>(r.varint());
    return r.ok();
  }
};
using Table = KeyedState<Counter, CounterPolicy>;

Key128 key(std::uint64_t n) { return Key128{mix64(n), n}; }

/// The same promises, by brute force.
class Model {
 public:
  explicit Model(std::size_t rows_max) : rows_max_(rows_max) {}
  Counter* change(const Key128& k, Time watermark) {
    const auto it = rows_.find(k);
    return it == rows_.end() || policy_.keep_until(it->second) < watermark ? nullptr : &it->second;
  }
  Counter& touch(const Key128& k, Time watermark) {
    const auto it = rows_.find(k);
    if (it != rows_.end()) {
      if (policy_.keep_until(it->second) < watermark) it->second = Counter{};
      return it->second;
    }
    if (rows_.size() >= rows_max_) evict(watermark);
    return rows_[k];
  }
  void expire(Time watermark) {
    std::erase_if(rows_, [&](const auto& row) { return policy_.keep_until(row.second) < watermark; });
  }
  std::map<Key128, Counter> rows_;
  std::uint64_t evictions_ = 0;

 private:
  void evict(Time watermark) {
    expire(watermark);
    while (rows_.size() > rows_max_ - rows_max_ / 16) {
      auto worst = rows_.begin();
      for (auto it = rows_.begin(); it != rows_.end(); ++it) {
        if (std::pair(policy_.keep_until(it->second), it->first) < std::pair(policy_.keep_until(worst->second), worst->first)) worst = it;
      }
      rows_.erase(worst);
      ++evictions_;
    }
  }
  std::size_t rows_max_;
  CounterPolicy policy_;
};

std::map<Key128, Counter> content(const Table& table) {
  std::map<Key128, Counter> out;
  table.visit([&](const Key128& k, const Counter& c) { out[k] = c; });
  return out;
}

void step(Random& random, Time watermark, Table& table, Model& model) {
  const Key128 k = key(random.below(200));
  const std::int64_t until = to_ms(watermark) + static_cast<std::int64_t>(random.below(400)) - 50;
  switch (random.below(4)) {
    case 0: {
      Counter& a = table.touch(k, watermark);
      Counter& b = model.touch(k, watermark);
      REQUIRE(a == b);
      a.n = ++b.n;
      a.until = b.until = until;
      break;
    }
    case 1: {
      Counter* a = table.change(k, watermark);
      Counter* b = model.change(k, watermark);
      REQUIRE((a == nullptr) == (b == nullptr));
      if (a != nullptr) a->n = b->n = a->n + 2;
      break;
    }
    case 2: {
      const Counter* a = table.find(k, watermark);
      const Counter* b = model.change(k, watermark);
      REQUIRE((a == nullptr) == (b == nullptr));
      if (a != nullptr) REQUIRE(*a == *b);
      break;
    }
    default:
      if (random.chance(0.05)) {
        table.expire(watermark);
        model.expire(watermark);
      }
  }
}

}  // namespace

TEST_CASE("a table answers as a plain map with expiry and a bound would", "[detect]") {
  for (const std::uint64_t seed : test::kSeeds) {
    CAPTURE(seed);
    Random random(seed);
    Table table(CounterPolicy{}, 64);
    Model model(64);
    Time watermark = time_from_ms(1'000);
    for (int i = 0; i < 20'000; ++i) {
      watermark += Duration{random.chance(0.4) ? 1 : 0};
      step(random, watermark, table, model);
      if (i % 500 == 0) REQUIRE(content(table) == model.rows_);
    }
    CHECK(content(table) == model.rows_);
    CHECK(table.evictions() == model.evictions_);
    CHECK(table.evictions() > 0);
  }
}

TEST_CASE("a table saved and loaded at any point goes on in the same way", "[detect]") {
  for (const std::uint64_t seed : test::kSeeds) {
    CAPTURE(seed);
    Random random(seed);
    auto table = std::make_unique<Table>(CounterPolicy{}, 64);
    Model model(64);
    Rows kept;  // what a checkpoint store would hold, from changed rows alone
    Time watermark = time_from_ms(1'000);
    for (int i = 0; i < 5'000; ++i) {
      watermark += Duration{static_cast<std::int64_t>(random.below(3))};
      step(random, watermark, *table, model);
      if (!random.chance(0.02)) continue;
      table->save(kept, false);
      table->saved();
      Rows whole;
      table->save(whole, true);
      REQUIRE(kept.rows == whole.rows);
      if (!random.chance(0.5)) continue;
      table = std::make_unique<Table>(CounterPolicy{}, 64);
      for (const auto& [k, bytes] : whole.rows) REQUIRE(table->load(k, bytes) != nullptr);
    }
    CHECK(content(*table) == model.rows_);
  }
}

TEST_CASE("a row that expired and came back before the checkpoint is a put, not an erase", "[detect]") {
  Table table(CounterPolicy{}, 64);
  table.touch(key(1), Time::min()) = Counter{10, 1};
  Rows rows;
  table.save(rows, false);
  table.saved();
  table.expire(time_from_ms(11));
  table.touch(key(1), time_from_ms(11)) = Counter{50, 7};
  table.save(rows, false);
  REQUIRE(rows.rows.size() == 1);
  Table again(CounterPolicy{}, 64);
  const Counter* c = again.load(rows.rows.begin()->first, rows.rows.begin()->second);
  REQUIRE(c != nullptr);
  CHECK(c->n == 7);
}

TEST_CASE("rows that were never in a checkpoint leave no erase behind", "[detect]") {
  Table table(CounterPolicy{}, 64);
  for (std::uint64_t i = 0; i < 50; ++i) table.touch(key(i), Time::min()) = Counter{10, 1};
  table.expire(time_from_ms(11));
  struct Counting : RowSink {
    void put(std::string_view, std::string_view) override { ++puts; }
    void erase(std::string_view) override { ++erases; }
    int puts = 0, erases = 0;
  } sink;
  table.save(sink, false);
  CHECK(sink.puts == 0);
  CHECK(sink.erases == 0);
}

TEST_CASE("only what changed since the last checkpoint leaves, few rows or most of them", "[detect]") {
  struct Puts : RowSink {
    void put(std::string_view k, std::string_view) override { keys.emplace_back(k); }
    void erase(std::string_view k) override { erased.emplace_back(k); }
    std::vector<std::string> keys, erased;
  };
  Table table(CounterPolicy{}, 100'000);
  const auto saved = [&table] {
    Puts puts;
    table.save(puts, false);
    table.saved();
    return puts;
  };
  for (std::uint64_t i = 0; i < 5'000; ++i) table.touch(key(i), Time::min()) = Counter{i < 100 ? 10 : 1'000, 1};
  CHECK(saved().keys.size() == 5'000);
  CHECK(saved().keys.empty());
  for (std::uint64_t i = 200; i < 700; ++i) table.touch(key(i % 300), Time::min()).n = 2;
  const auto few = saved();
  CHECK(few.keys.size() == 300);
  CHECK(std::set<std::string>(few.keys.begin(), few.keys.end()).size() == 300);
  CHECK(saved().keys.empty());
  // Changed rows that go away and come back, beside others.
  for (std::uint64_t i = 0; i < 150; ++i) table.touch(key(i), Time::min()).n = 3;
  table.expire(time_from_ms(11));
  for (std::uint64_t i = 50; i < 60; ++i) table.touch(key(i), time_from_ms(11)) = Counter{1'000, 4};
  const auto gone = saved();
  CHECK(gone.keys.size() == 60);
  CHECK(gone.erased.size() == 90);
  CHECK(saved().keys.empty());
}

TEST_CASE("a table refuses rows that are cut, too long or another table's", "[detect]") {
  Table table(CounterPolicy{}, 64, "x");
  table.touch(key(1), Time::min()) = Counter{10'000, 300};
  Rows rows;
  table.save(rows, true);
  const auto [k, bytes] = *rows.rows.begin();
  Table other(CounterPolicy{}, 64, "x");
  CHECK(other.load(k, bytes.substr(0, bytes.size() - 1)) == nullptr);
  CHECK(other.load(k, bytes + "z") == nullptr);
  CHECK(other.load(k.substr(0, k.size() - 1), bytes) == nullptr);
  CHECK(other.load("y" + k.substr(1), bytes) == nullptr);
  CHECK(other.size() == 0);
  CHECK(other.load(k, bytes) != nullptr);
}

}  // namespace bartizan
