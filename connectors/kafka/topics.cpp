#include "connectors/kafka/topics.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "connectors/kafka/admin.h"

namespace bartizan::kafka {
namespace {

constexpr const char* kMissing = "is missing";

constexpr std::chrono::seconds kTopicsAppear{10};  // those that others create, all together
constexpr std::chrono::milliseconds kAgain{250};
constexpr std::int32_t kOutputPartitions = 4;
constexpr std::string_view kDay = "86400000";
constexpr std::string_view kMessageBytes = "1048588";         // the brokers' own default, held against lower ones
constexpr std::string_view kJournalMessageBytes = "16842752";  // codec/journal_format.h, kMessageBytesMax, and its frame

std::string days(int n) { return std::to_string(86'400'000LL * n); }

TopicPlan plan(const KafkaOptions& options, std::string_view name, std::int32_t partitions, const std::string& policy) {
  TopicPlan p;
  p.name = topic(options, name);
  p.partitions = partitions;
  p.settings = {{"cleanup.policy", policy}, {"max.message.bytes", std::string{kMessageBytes}}};
  p.must_match = {"cleanup.policy"};
  p.at_least = {"max.message.bytes"};
  if (options.replication_factor >= 3) p.settings["min.insync.replicas"] = "2";
  return p;
}

TopicPlan kept_for(TopicPlan p, int number_of_days) {
  p.settings["retention.ms"] = days(number_of_days);
  return p;
}

/// The one order of everything: never compacted, times given by the brokers.
TopicPlan journal_plan(const KafkaOptions& options) {
  TopicPlan p = plan(options, "journal", options.journal_partitions, "delete");
  p.partitions_fixed = true;
  p.settings["message.timestamp.type"] = "LogAppendTime";
  p.settings["max.message.bytes"] = kJournalMessageBytes;
  p.settings["retention.ms"] = std::to_string(options.journal_retention.count());
  p.settings["retention.bytes"] = "-1";
  p.settings["unclean.leader.election.enable"] = "false";
  p.must_match = {"cleanup.policy", "message.timestamp.type", "retention.bytes", "unclean.leader.election.enable"};
  p.at_least = {"max.message.bytes", "retention.ms"};
  return p;
}

/// Checkpoints: small segments, so that compaction keeps up; tombstones outlive the longest restore.
TopicPlan state_plan(const KafkaOptions& options) {
  TopicPlan p = plan(options, "state", options.journal_partitions, "compact");
  p.partitions_fixed = true;
  p.settings["segment.bytes"] = "67108864";
  p.settings["segment.ms"] = "3600000";
  p.settings["min.cleanable.dirty.ratio"] = "0.3";
  p.settings["delete.retention.ms"] = kDay;
  p.settings["unclean.leader.election.enable"] = "false";
  p.must_match = {"cleanup.policy", "unclean.leader.election.enable"};
  p.at_least = {"max.message.bytes", "delete.retention.ms"};
  return p;
}

std::string advice_for(const TopicPlan& plan, const std::string& key) {
  return "kafka-configs.sh --alter --entity-type topics --entity-name " + plan.name + " --add-config " + key + "=" +
         (plan.settings.at(key).find(',') == std::string::npos ? plan.settings.at(key) : "[" + plan.settings.at(key) + "]");
}

std::set<std::string> words_of(const std::string& list) {
  std::set<std::string> out;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t comma = std::min(list.find(',', at), list.size());
    out.insert(list.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

bool enough(const std::string& actual, const std::string& wanted) {
  const long long a = std::atoll(actual.c_str());
  return a == -1 || a >= std::atoll(wanted.c_str());
}

void check_settings(const TopicPlan& plan, const SettingsFound& found, std::vector<TopicProblem>& problems) {
  if (!found.error.empty()) {
    problems.push_back({plan.name, "its settings cannot be read: " + found.error, "allow DescribeConfigs on it (docs/kafka.md, ACLs)"});
    return;
  }
  const auto actual = [&found](const std::string& key) {
    const auto at = found.values.find(key);
    return at == found.values.end() ? std::string{} : at->second;
  };
  for (const auto& key : plan.must_match) {
    if (words_of(actual(key)) == words_of(plan.settings.at(key))) continue;
    problems.push_back({plan.name, key + " is " + actual(key) + ", must be " + plan.settings.at(key), advice_for(plan, key)});
  }
  for (const auto& key : plan.at_least) {
    if (enough(actual(key), plan.settings.at(key))) continue;
    problems.push_back({plan.name, key + " is " + actual(key) + ", must be at least " + plan.settings.at(key), advice_for(plan, key)});
  }
}

void check_partitions(const TopicPlan& plan, const TopicFound& found, std::vector<TopicProblem>& problems) {
  if (!plan.partitions_fixed || found.partitions == plan.partitions) return;
  problems.push_back(
      {plan.name,
       "has " + std::to_string(found.partitions) + " partitions, topics.journal_partitions is " + std::to_string(plan.partitions),
       "set topics.journal_partitions: " + std::to_string(found.partitions) +
           ", or begin anew under another topics.prefix (tenants are placed by hash: partitions cannot be added)"});
}

/// A topic that somebody else creates: a broker that has just come back may not know it yet.
TopicFound find_patiently(Admin& admin, const std::string& name, std::chrono::steady_clock::time_point deadline) {
  TopicFound found = admin.find(name);
  while (found.state == TopicFound::State::missing && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kAgain);
    found = admin.find(name);
  }
  return found;
}

void check_inputs(Admin& admin, const KafkaOptions& options, std::chrono::steady_clock::time_point deadline,
                  std::vector<TopicProblem>& problems) {
  for (const auto& input : options.inputs) {
    const TopicFound found = find_patiently(admin, input.topic, deadline);
    if (found.state == TopicFound::State::missing) {
      problems.push_back({input.topic, "input topic does not exist", "create it, or correct kafka.inputs"});
    } else if (found.state == TopicFound::State::refused) {
      problems.push_back({input.topic, "no permission: " + found.error, "allow Read and Describe on it (docs/kafka.md, ACLs)"});
    }
  }
}

/// Sorts the plans into those whose topics are there and those to create.
Status look(Admin& admin, const std::vector<TopicPlan>& plans, std::chrono::steady_clock::time_point deadline,
            std::vector<TopicPlan>& present, std::vector<TopicPlan>& missing, std::vector<TopicProblem>& problems) {
  for (const auto& plan : plans) {
    const TopicFound found = find_patiently(admin, plan.name, deadline);
    switch (found.state) {
      case TopicFound::State::present:
        check_partitions(plan, found, problems);
        present.push_back(plan);
        break;
      case TopicFound::State::missing: missing.push_back(plan); break;
      case TopicFound::State::refused:
        problems.push_back({plan.name, "no permission: " + found.error, "allow Describe on it (docs/kafka.md, ACLs)"});
        break;
      case TopicFound::State::unknown: return Error{"unreachable", plan.name + ": " + found.error};
    }
  }
  return Ok{};
}

Result<std::vector<TopicProblem>> settle(Admin& admin, const KafkaOptions& options, bool create) {
  const auto plans = topic_plans(options);
  std::vector<TopicProblem> problems;
  std::vector<TopicPlan> present;
  std::vector<TopicPlan> missing;
  const auto now = std::chrono::steady_clock::now();
  if (const Status looked = look(admin, plans, options.create_topics ? now : now + kTopicsAppear, present, missing, problems); !looked.ok())
    return looked.error();
  if (create && !missing.empty()) {
    const auto failed = admin.create(missing, options.replication_factor);
    if (!failed) return failed.error();
    // Looked at again: another engine, or a person, may have been quicker with settings of their own.
    problems.clear(), present.clear(), missing.clear();
    if (const Status looked = look(admin, plans, now, present, missing, problems); !looked.ok()) return looked.error();
    for (const auto& [name, why] : failed.value()) {
      problems.push_back({name, "is missing and cannot be created: " + why, "create it (docs/kafka.md, topics), or allow Create on it"});
    }
  } else {
    for (const auto& plan : missing)
      problems.push_back({plan.name, kMissing, "create it (docs/kafka.md, topics), or set topics.create: true"});
  }
  const auto settings = admin.settings(present);
  if (!settings) return settings.error();
  for (const auto& plan : present) check_settings(plan, settings.value().at(plan.name), problems);
  check_inputs(admin, options, now + kTopicsAppear, problems);
  return problems;
}

}  // namespace

std::string topic(const KafkaOptions& options, std::string_view name) { return options.prefix + std::string{name}; }
std::string topic(const KafkaOptions& options, Topic t) { return topic(options, topic_name(t)); }

std::vector<TopicPlan> topic_plans(const KafkaOptions& options) {
  return {journal_plan(options),
          state_plan(options),
          plan(options, "bundles", 1, "compact"),
          kept_for(plan(options, "alerts", kOutputPartitions, "delete"), 30),
          kept_for(plan(options, "alerts.shadow", kOutputPartitions, "delete"), 7),
          kept_for(plan(options, "risk-detections", kOutputPartitions, "delete"), 90),
          plan(options, "risky-users", kOutputPartitions, "compact"),
          plan(options, "risky-workload-identities", kOutputPartitions, "compact"),
          plan(options, "risky-agents", kOutputPartitions, "compact"),
          kept_for(plan(options, "risky-sign-ins", kOutputPartitions, "compact,delete"), 30),
          kept_for(plan(options, "insights", 1, "compact,delete"), 90),
          kept_for(plan(options, "commands", 1, "delete"), 90),
          kept_for(plan(options, "audit", 1, "delete"), 400),
          kept_for(plan(options, "dead-letter", kOutputPartitions, "compact,delete"), 14)};
}

Error journal_deleted(const KafkaOptions& options) {
  return {"no_topic", topic(options, "journal") +
                          " was deleted while the engine ran; it was the order of everything, and nothing can be guessed: begin under "
                          "another topics.prefix and kafka.group_id"};
}

Error output_deleted(const std::string& topic) {
  return {"no_topic", topic +
                          " was deleted while the engine ran; start again, which creates it where topics.create is true, or create it; "
                          "what is not committed comes again"};
}

Result<std::vector<TopicProblem>> settle_topics(const KafkaOptions& options, bool create) {
  auto admin = Admin::connect(options);
  if (!admin) return admin.error();
  return settle(*admin.value(), options, create);
}

std::vector<EnvironmentCheck> check_environment(const KafkaOptions& options) {
  auto admin = Admin::connect(options);
  if (!admin) return {{"brokers", false, admin.error().message, "see docs/kafka.md, \"When it does not start\""}};
  std::vector<EnvironmentCheck> checks;
  checks.push_back({"brokers", true, admin.value()->cluster(), ""});

  const auto problems = settle(*admin.value(), options, false);
  if (!problems) {
    checks.push_back({"topics", false, problems.error().message, "look at the brokers' logs"});
    return checks;
  }
  std::vector<std::string> read;  // by an engine
  for (const auto& input : options.inputs) read.push_back(input.topic);
  for (const auto* own : {"journal", "state", "bundles", "commands"}) read.push_back(topic(options, own));
  std::set<std::string> all{read.begin(), read.end()};
  for (const auto& plan : topic_plans(options)) all.insert(plan.name);
  std::set<std::string> wrong;
  for (const auto& problem : problems.value()) {
    const bool made_by_run = options.create_topics && problem.what == kMissing;
    checks.push_back({"topic " + problem.topic, made_by_run, made_by_run ? "is missing; `run` creates it" : problem.what,
                      made_by_run ? "" : problem.advice});
    wrong.insert(problem.topic);
  }
  for (const auto& name : all) {
    if (wrong.count(name) > 0) continue;
    const bool is_read = std::find(read.begin(), read.end(), name) != read.end();
    const std::string why = is_read ? admin.value()->refuses_reading(name) : "";
    checks.push_back({"topic " + name, why.empty(), why.empty() ? "is there and has the right settings" : "cannot be read: " + why,
                      why.empty() ? "" : "allow Read on it (docs/kafka.md, ACLs)"});
  }
  for (const auto* role : {".ingest", ".detect"}) {
    const std::string group = options.group_id + role;
    const std::string why = Admin::refuses_group(options, group, topic(options, "journal"));
    checks.push_back({"group " + group, why.empty(), why.empty() ? "may be used" : why,
                      why.empty() ? "" : "allow Read on the group (docs/kafka.md, ACLs)"});
  }
  return checks;
}

}  // namespace bartizan::kafka
