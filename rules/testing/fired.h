#pragma once
// The alerts of one case, read from the fold's own output bytes.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/output.h"
#include "engine/model/time.h"
#include "engine/settings/document.h"

namespace bartizan::rule_testing {

/// One revision of an alert.
struct Revision {
  Time at{};  // append time of the record that caused it
  std::string severity;
  std::string title;
  settings::Node why;
};

struct FiredAlert {
  std::string id;
  std::string rule;
  std::string entity_type, entity_id, entity_name, entity_principal;
  std::vector<Revision> revisions;  // those in which the severity rose, the first one included

  const Revision& last() const { return revisions.back(); }
  bool is_about(std::string_view name) const;
  std::string entity_text() const;
};

/// Collects alerts from output records; shadow alerts and everything else are left out.
class FiredAlerts : public OutputSink {
 public:
  void emit(OutputRecord&& record) override;
  const std::vector<FiredAlert>& all() const { return alerts_; }

 private:
  std::vector<FiredAlert> alerts_;  // by first revision
};

}  // namespace bartizan::rule_testing
