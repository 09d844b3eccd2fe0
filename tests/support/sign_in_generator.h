#pragma once
// Sign-in records as text, for tests and benchmarks of the decoder: ours, made up, about 5.3 KB each.

#include <cstdint>
#include <string>

namespace bartizan::test {

/// splitmix64: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// 0 .. n-1; n > 0.
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

std::string random_guid(Random& r);

enum class RecordKind : std::uint8_t { interactive, non_interactive, service_principal, managed_identity, adfs, first_party, graph, graph_v1, summary };
constexpr std::uint64_t kRecordKinds = 9;

/// One record of a kind in its usual form (compact, members in Microsoft's order), about 5.3 KB but for Graph v1.0 and summaries.
std::string make_record(RecordKind kind, Random& r);
/// One of Azure Monitor's four large kinds, in the mix of a busy tenant.
std::string make_common_record(Random& r);

}  // namespace bartizan::test
