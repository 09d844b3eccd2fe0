#pragma once
// The demo grades itself: alerts against what was injected.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "connectors/demo/alert_line.h"
#include "connectors/demo/attacks.h"
#include "connectors/demo/near_misses.h"

namespace bartizan::demo {

/// Something injected, and what became of it.
struct Injected {
  std::string_view name, title, rule;  // rule: empty for near misses
  std::string who;
  bool near_miss = false;
  std::int64_t first_published = 0;
  bool alerted = false;                // by its rule; near misses: by any
  Severity severity = Severity::informational;
  std::int64_t alerted_at = 0;
};

class Score {
 public:
  /// Campaign numbers of drafts are indexes into these, plus 1.
  std::size_t inject(Injected what) {
    injected_.push_back(std::move(what));
    return injected_.size();
  }
  void record(const Draft& d);
  /// The injected thing that the alert is about; null: background.
  const Injected* alert(const AlertLine& a);
  const std::vector<Injected>& injected() const { return injected_; }

  struct Sum {
    std::uint32_t injected = 0, detected = 0, near_misses = 0, silent = 0, false_medium = 0, false_low = 0;
    bool perfect() const { return detected == injected && silent == near_misses; }
  };
  Sum sum() const;
  /// The false alerts of medium or more, as people read them.
  std::vector<std::string> false_alerts() const;

 private:
  std::vector<Injected> injected_;
  std::unordered_map<std::uint64_t, std::size_t> events_;  // low half of the event id -> campaign number
  struct Background {
    Severity severity = Severity::informational;
    bool about_injected = false;
    std::string text;  // when, which rule, what
  };
  std::map<std::string, Background> alerts_;  // by alert id
  std::unordered_map<std::string, bool> victims_;  // ids of entities that were attacked
};

}  // namespace bartizan::demo
