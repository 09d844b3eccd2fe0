#include "connectors/metrics/families.h"

#include <limits>

namespace bartizan::metrics {

prometheus::ClientMetric& Families::add(const std::string& name, const std::string& help, prometheus::MetricType type, Labels labels) {
  const std::string full = name.rfind("process_", 0) == 0 ? name : "bartizan_" + name;
  if (families_.empty() || families_.back().name != full) {
    prometheus::MetricFamily family;
    family.name = full;
    family.help = help;
    family.type = type;
    families_.push_back(std::move(family));
  }
  prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
  for (auto& [key, value] : labels) metric.label.push_back({std::move(key), std::move(value)});
  return metric;
}

void Families::counter(const std::string& name, const std::string& help, double value, Labels labels) {
  add(name, help, prometheus::MetricType::Counter, std::move(labels)).counter.value = value;
}

void Families::gauge(const std::string& name, const std::string& help, double value, Labels labels) {
  add(name, help, prometheus::MetricType::Gauge, std::move(labels)).gauge.value = value;
}

void Families::histogram(const std::string& name, const std::string& help, const Distribution* values, Labels labels) {
  auto& out = add(name, help, prometheus::MetricType::Histogram, std::move(labels)).histogram;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= Distribution::kBounds.size(); ++i) {
    cumulative += values != nullptr ? values->count(i) : 0;
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = cumulative;
    bucket.upper_bound = i < Distribution::kBounds.size() ? Distribution::kBounds[i] : std::numeric_limits<double>::infinity();
    out.bucket.push_back(bucket);
  }
  out.sample_count = cumulative;
  out.sample_sum = values != nullptr ? values->sum_seconds() : 0;
}

}  // namespace bartizan::metrics
