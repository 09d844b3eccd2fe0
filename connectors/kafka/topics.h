#pragma once
// The topics of a deployment: names, settings, creation and checks.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "connectors/kafka/client.h"
#include "connectors/kafka/options.h"
#include "engine/model/output.h"
#include "engine/model/result.h"

namespace bartizan::kafka {

/// docs/formats/README.md, "Topics, keys, headers".
struct TopicPlan {
  std::string name;                             // with prefix
  std::int32_t partitions = 1;
  bool partitions_fixed = false;                // another count is an error (journal, state)
  std::map<std::string, std::string> settings;  // when created
  std::vector<std::string> must_match;          // keys of `settings` that an existing topic must have too
};

std::string topic(const KafkaOptions& options, std::string_view name);  // prefix + name
std::string topic(const KafkaOptions& options, Topic t);
std::vector<TopicPlan> topic_plans(const KafkaOptions& options);

struct TopicProblem {
  std::string topic, what, advice;
};

/// Creates what is missing (`create`) and checks what is there, all problems at once. Error `unreachable`, `not_authorized`.
Result<std::vector<TopicProblem>> settle_topics(const KafkaOptions& options, bool create);

}  // namespace bartizan::kafka
