#pragma once
// What is known of the source partitions that this process gets: their ends, the group's positions, and whether they are what was read.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/pulse.h"
#include "connectors/kafka/source_start.h"

namespace bartizan::kafka {

/// A topic that INGEST reads.
struct SourceInput {
  std::string name;  // as in source positions
  std::string tenant;
  std::int32_t generation = 0;
  bool is_command = false;
};
using SourceInputs = std::map<std::string, SourceInput>;  // by topic

/// A partition of one, and what decides where it is read from.
struct SourceCandidate {
  const std::string* topic = nullptr;
  SourceInput* input = nullptr;
  SourceFacts facts;
};

/// A partition that cannot be read: topic, partition, why (`not_authorized`, `source_gone`).
using SourceProblem = std::function<void(const std::string&, std::int32_t, const Error&)>;

/// Surveys the partitions that were assigned to `consumer`, in order of topics. Partitions that cannot be read are told and left out. The
/// generation of the commands topic, which nobody configures, is taken from its newest position or mark. Errors of reader.h.
Result<std::vector<SourceCandidate>> survey_sources(rd_kafka_t* consumer, const KafkaOptions& options, SourceInputs& inputs,
                                                    const rd_kafka_topic_partition_list_t& assigned, Pulse& pulse, const SourceProblem& tell);

/// Fills in the likeness of the candidates with a mark that is worth comparing. Errors of compare_sources.
Status compare_candidates(const KafkaOptions& options, std::vector<SourceCandidate>& candidates, Pulse& pulse);

}  // namespace bartizan::kafka
