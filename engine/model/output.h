#pragma once
// What leaves DETECT or INGEST: bytes with an address.

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/model/time.h"

namespace bartizan {

enum class Topic : std::uint8_t {
  alerts, alerts_shadow, risk_detections, risky_users, risky_workload_identities, risky_agents, risky_sign_ins, insights, audit,
  dead_letter
};
constexpr std::size_t kTopicCount = 10;
std::string_view topic_name(Topic t);  // "alerts.shadow", without prefix
std::string_view file_name(Topic t);   // "alerts-shadow.ndjson"

/// One record for one output topic. On the embedded transport only `value` (or the tombstone line) is written.
struct OutputRecord {
  Topic topic = Topic::alerts;
  std::string key;         // schemas README, "Topics, keys, headers"
  std::string value;       // one JSON object without a newline; for a tombstone the tombstone.v1 line
  bool tombstone = false;  // Kafka: null value
  std::string ce_type;     // "io.bartizan.alert.v1"
  std::string ce_source;
  std::string ce_subject;
  std::string ce_id;
  Time ce_time{};          // 0: header absent
  std::string ce_dataschema;
};

/// Receives outputs in the order in which the fold emits them.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  virtual void emit(OutputRecord&& record) = 0;
};

}  // namespace bartizan
