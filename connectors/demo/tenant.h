#pragma once
// A background tenant as a stream of Azure Monitor records: seeded, deterministic, in the order of publication.

#include <cstdint>
#include <queue>
#include <string>
#include <vector>

#include "connectors/demo/agents.h"
#include "connectors/demo/people.h"
#include "connectors/demo/workloads.h"
#include "connectors/demo/world.h"

namespace bartizan::demo {

/// Generates sign-ins of users, service principals, managed identities and agents. Records come in the order of their envelope `time`, which is
/// 60 to 750 s after the event (entra.md 1.4), so event times are out of order by that much, as in real exports.
///
/// Same options and same injections: same bytes. Memory: actors plus about 15 minutes of drafts.
class Tenant : private DraftSink {
 public:
  explicit Tenant(const TenantOptions& options);
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  /// Appends the next record and a newline; null at the end of the tenant's days. The draft lives until the next call.
  const Draft* next(std::string& out);
  /// Adds sign-ins to the stream; none is published before `now()`. Ids are drawn where they are zero, and times of publication.
  void inject(std::vector<Draft> drafts);
  /// Takes one background sign-in of this user away (the next one), so that an injection keeps totals constant.
  void replace_next_of_user(std::size_t user) { ++skip_[user]; }
  /// Publication time of the newest record.
  std::int64_t now() const { return now_; }

  const World& world() const { return world_; }
  const People& people() const { return people_; }
  People& people() { return people_; }
  const Workloads& workloads() const { return workloads_; }
  const Agents& agents() const { return agents_; }

 private:
  struct Wake {
    std::int64_t at;
    std::uint32_t actor;
    bool operator>(const Wake& o) const { return at != o.at ? at > o.at : actor > o.actor; }
  };
  struct Ready {
    std::int64_t published;
    std::uint64_t order;
    std::uint32_t slot;
    bool operator>(const Ready& o) const { return published != o.published ? published > o.published : order > o.order; }
  };
  template <class T>
  using MinHeap = std::priority_queue<T, std::vector<T>, std::greater<T>>;

  void add(Draft&& d) override;
  void push(Draft&& d);
  void wake_one();
  std::int64_t next_time(std::uint32_t actor);

  World world_;
  People people_;
  Workloads workloads_;
  Agents agents_;
  RecordWriter writer_;
  Rng rng_;
  MinHeap<Wake> wakes_;
  MinHeap<Ready> ready_;
  std::vector<Draft> pool_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint8_t> skip_;
  std::uint32_t acting_user_ = UINT32_MAX;
  std::uint64_t order_ = 0;
  std::int64_t now_ = 0;
  Draft current_;
};

}  // namespace bartizan::demo
