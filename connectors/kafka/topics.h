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
  std::vector<std::string> at_least;            // keys of `settings`, numbers: an existing topic must not have less (-1: no limit)
};

std::string topic(const KafkaOptions& options, std::string_view name);  // prefix + name
std::string topic(const KafkaOptions& options, Topic t);
std::vector<TopicPlan> topic_plans(const KafkaOptions& options);

struct TopicProblem {
  std::string topic, what, advice;
};

/// Creates what is missing (`create`) and checks what is there, inputs too, all problems at once. Errors: `unreachable`, `tls`,
/// `authentication`, those of client.h.
Result<std::vector<TopicProblem>> settle_topics(const KafkaOptions& options, bool create);

/// A topic of ours that was deleted under a running engine: `no_topic`.
Error journal_deleted(const KafkaOptions& options);
Error output_deleted(const std::string& topic);

/// One thing that was looked at, for a person.
struct EnvironmentCheck {
  std::string subject;  // "brokers", "topic bartizan.journal", "group bartizan.detect"
  bool ok = true;
  std::string detail;   // what was found
  std::string advice;   // what to do; empty when ok
};

/// `validate --environment`: reachable, TLS and sign-in, every topic with its settings, what this principal may read, both groups. Writes
/// nothing and joins nothing; a permission to write shows only when something is written, so it is not among the checks.
std::vector<EnvironmentCheck> check_environment(const KafkaOptions& options);

}  // namespace bartizan::kafka
