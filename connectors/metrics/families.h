#pragma once
// Building blocks of the exposition: families with their documentation.

#include <string>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>

#include "engine/pipeline/stats.h"

namespace bartizan::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Collects families in the order in which they are first named. Names get the prefix `bartizan_` unless they begin with `process_`.
class Families {
 public:
  void counter(const std::string& name, const std::string& help, double value, Labels labels = {});
  void gauge(const std::string& name, const std::string& help, double value, Labels labels = {});
  void histogram(const std::string& name, const std::string& help, const Distribution* values, Labels labels = {});
  const std::vector<prometheus::MetricFamily>& all() const { return families_; }

 private:
  prometheus::ClientMetric& add(const std::string& name, const std::string& help, prometheus::MetricType type, Labels labels);
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace bartizan::metrics
