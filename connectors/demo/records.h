#pragma once
// Drafts to Azure Monitor records, in the exact shape of Entra's export (entra.md 1.6).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/demo/draft.h"

namespace bartizan::demo {

enum class RecordSize : std::uint8_t {
  compact,  // about 2 KB: every field that the engine reads
  full      // about 5.3 KB: with the bulk of real exports (policies, processing details, empty members)
};

/// Appends records to a string. One per tenant; keeps no state between records.
class RecordWriter {
 public:
  RecordWriter(std::uint64_t seed, Guid tenant, RecordSize size);
  /// One record and a newline. `salt` decides what nobody reads (policies, processing time).
  void write(const Draft& d, std::uint64_t salt, std::string& out) const;

 private:
  void envelope(const Draft& d, std::uint64_t salt, std::string& out) const;
  void who_and_how(const Draft& d, std::uint64_t salt, std::string& out) const;
  void authentication(const Draft& d, std::string& out) const;
  void bulk(const Draft& d, std::uint64_t salt, std::string& out) const;
  void workload(const Draft& d, std::string& out) const;

  RecordSize size_;
  std::string tenant_;                 // 36 characters
  std::string resource_path_;
  std::vector<std::string> policies_;  // ready-made appliedConditionalAccessPolicies members
};

/// What Entra writes for an error code, "" for 0.
std::string_view failure_text(std::int32_t code);
void append_guid(std::string& out, const Guid& g);

}  // namespace bartizan::demo
