#include "connectors/kafka/admin.h"

#include <algorithm>
#include <array>
#include <thread>

#include "connectors/kafka/topics.h"

namespace bartizan::kafka {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kAtOnce{300};  // an answer that comes later is worth a word
constexpr milliseconds kAskAgain{1'000};
constexpr int kAnswerMs = 20'000;
constexpr milliseconds kSeenMax{20'000};

struct MetadataFree { void operator()(const rd_kafka_metadata_t* m) const { rd_kafka_metadata_destroy(m); } };
struct TopicFree { void operator()(rd_kafka_topic_t* t) const { rd_kafka_topic_destroy(t); } };
struct QueueFree { void operator()(rd_kafka_queue_t* q) const { rd_kafka_queue_destroy(q); } };
struct EventFree { void operator()(rd_kafka_event_t* e) const { rd_kafka_event_destroy(e); } };
struct AdminOptionsFree { void operator()(rd_kafka_AdminOptions_t* o) const { rd_kafka_AdminOptions_destroy(o); } };
struct NewTopicFree { void operator()(rd_kafka_NewTopic_t* t) const { rd_kafka_NewTopic_destroy(t); } };
struct DeleteTopicFree { void operator()(rd_kafka_DeleteTopic_t* t) const { rd_kafka_DeleteTopic_destroy(t); } };
struct ResourceFree { void operator()(rd_kafka_ConfigResource_t* r) const { rd_kafka_ConfigResource_destroy(r); } };
using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, MetadataFree>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, TopicFree>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, QueueFree>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, EventFree>;
using AdminOptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsFree>;
using NewTopicPtr = std::unique_ptr<rd_kafka_NewTopic_t, NewTopicFree>;
using DeleteTopicPtr = std::unique_ptr<rd_kafka_DeleteTopic_t, DeleteTopicFree>;
using ResourcePtr = std::unique_ptr<rd_kafka_ConfigResource_t, ResourceFree>;

Result<MetadataPtr> metadata(rd_kafka_t* client, rd_kafka_topic_t* only, milliseconds limit) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto error = rd_kafka_metadata(client, 0, only, &raw, static_cast<int>(limit.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{"unreachable", rd_kafka_err2str(error)};
  return MetadataPtr{raw};
}

AdminOptionsPtr admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation) {
  AdminOptionsPtr options{rd_kafka_AdminOptions_new(client, operation)};
  std::array<char, 128> why{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kAnswerMs, why.data(), why.size());
  return options;
}

NewTopicPtr new_topic(const TopicPlan& plan, std::int32_t replication_factor) {
  std::array<char, 256> why{};
  NewTopicPtr made{rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, replication_factor > 0 ? replication_factor : -1, why.data(), why.size())};
  for (const auto& [key, value] : plan.settings) rd_kafka_NewTopic_set_config(made.get(), key.c_str(), value.c_str());
  return made;
}

SettingsFound settings_of(const rd_kafka_ConfigResource_t* resource) {
  SettingsFound out;
  if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* text = rd_kafka_ConfigResource_error_string(resource);
    out.error = text == nullptr ? rd_kafka_err2str(rd_kafka_ConfigResource_error(resource)) : text;
    return out;
  }
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(resource, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (value != nullptr) out.values[rd_kafka_ConfigEntry_name(entries[i])] = value;
  }
  return out;
}

bool is_refusal(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

}  // namespace

void Admin::on_error(rd_kafka_t* client, int code, const char* reason, void* self) {
  auto* admin = static_cast<Admin*>(self);
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  const std::lock_guard lock{admin->mutex_};
  // "All brokers are down" follows every reason and says less.
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !admin->last_reason_.empty()) return;
  admin->last_error_ = error;
  admin->last_reason_ = reason == nullptr ? rd_kafka_err2str(error) : reason;
  static_cast<void>(client);
}

Result<std::unique_ptr<Admin>> Admin::connect(const KafkaOptions& options) {
  auto conf = base_conf(options, "admin");
  if (!conf) return conf.error();
  std::unique_ptr<Admin> admin{new Admin};
  rd_kafka_conf_set_opaque(conf.value().get(), admin.get());
  rd_kafka_conf_set_error_cb(conf.value().get(), &Admin::on_error);
  // A consumer, because a producer's questions may create the topic they ask about.
  set(conf.value().get(), "allow.auto.create.topics", "false");
  set(conf.value().get(), "enable.partition.eof", "true");
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(conf.value()));
  if (!client) return client.error();
  admin->client_ = std::move(client.value());
  if (const Status there = admin->wait_for_brokers(options); !there.ok()) return there.error();
  return admin;
}

Status Admin::wait_for_brokers(const KafkaOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + options.connect_max;
  bool first = true;
  do {
    const auto answer = metadata(client_.get(), nullptr, std::min(options.connect_max, first ? kAtOnce : kAskAgain));
    if (answer) {
      const auto& m = *answer.value();
      cluster_ = std::to_string(m.broker_cnt) + (m.broker_cnt == 1 ? " broker" : " brokers");
      if (m.broker_cnt > 0) cluster_ += ", first " + std::string{m.brokers[0].host} + ":" + std::to_string(m.brokers[0].port);
      return Ok{};
    }
    rd_kafka_poll(client_.get(), 0);
    {
      const std::lock_guard lock{mutex_};
      // Waiting longer changes nothing about these two.
      if (last_error_ == RD_KAFKA_RESP_ERR__AUTHENTICATION) return Error{"authentication", last_reason_};
      if (last_error_ == RD_KAFKA_RESP_ERR__SSL) return Error{"tls", last_reason_};
    }
    if (first && options.while_waiting) options.while_waiting();
    first = false;
  } while (std::chrono::steady_clock::now() < deadline);
  const std::lock_guard lock{mutex_};
  const std::string silent = "no broker answered within " + std::to_string(options.connect_max.count() / 1000) + " s";
  return Error{"unreachable", last_reason_.empty() ? silent : last_reason_ + "; " + silent};
}

std::string Admin::cluster() const { return cluster_; }

TopicFound Admin::find(const std::string& topic) {
  const TopicPtr handle{rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)};
  TopicFound found;
  const auto deadline = std::chrono::steady_clock::now() + milliseconds{kAnswerMs};
  while (true) {
    const auto answer = metadata(client_.get(), handle.get(), milliseconds{5'000});
    rd_kafka_poll(client_.get(), 0);
    if (answer && answer.value()->topic_cnt == 1) {
      const rd_kafka_metadata_topic_t& t = answer.value()->topics[0];
      found.error = rd_kafka_err2str(t.err);
      if (t.err == RD_KAFKA_RESP_ERR_NO_ERROR) return {TopicFound::State::present, t.partition_cnt, ""};
      if (t.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return {TopicFound::State::missing, 0, ""};
      if (is_refusal(t.err)) return {TopicFound::State::refused, 0, found.error};
    } else if (!answer) {
      found.error = answer.error().message;
    }
    // A leader that is just being elected, a broker that is just coming back.
    if (std::chrono::steady_clock::now() > deadline) return found;
    std::this_thread::sleep_for(milliseconds{100});
  }
}

Result<std::vector<std::pair<std::string, std::string>>> Admin::create(const std::vector<TopicPlan>& plans, std::int32_t replication_factor) {
  std::vector<std::pair<std::string, std::string>> failed;
  if (plans.empty()) return failed;
  std::vector<NewTopicPtr> made;
  std::vector<rd_kafka_NewTopic_t*> wanted;
  for (const auto& plan : plans) {
    made.push_back(new_topic(plan, replication_factor));
    wanted.push_back(made.back().get());
  }
  const QueuePtr queue{rd_kafka_queue_new(client_.get())};
  const AdminOptionsPtr how = admin_options(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(client_.get(), wanted.data(), wanted.size(), how.get(), queue.get());
  const EventPtr event{rd_kafka_queue_poll(queue.get(), kAnswerMs + 5'000)};
  if (!event) return Error{"unreachable", "no answer to the creation of topics"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{"unreachable", rd_kafka_event_error_string(event.get())};
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  std::vector<std::string> created;
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    const std::string name = rd_kafka_topic_result_name(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      created.push_back(name);
    } else {
      const char* text = rd_kafka_topic_result_error_string(results[i]);
      failed.emplace_back(name, text == nullptr ? rd_kafka_err2str(error) : text);
    }
  }
  if (!wait_until_seen(created)) return Error{"unreachable", "topics were created but did not appear within 20 s"};
  return failed;
}

Result<std::vector<std::pair<std::string, std::string>>> Admin::remove(const std::vector<std::string>& topics) {
  std::vector<std::pair<std::string, std::string>> failed;
  if (topics.empty()) return failed;
  std::vector<DeleteTopicPtr> made;
  std::vector<rd_kafka_DeleteTopic_t*> unwanted;
  for (const auto& topic : topics) {
    made.emplace_back(rd_kafka_DeleteTopic_new(topic.c_str()));
    unwanted.push_back(made.back().get());
  }
  const QueuePtr queue{rd_kafka_queue_new(client_.get())};
  const AdminOptionsPtr how = admin_options(client_.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS);
  rd_kafka_DeleteTopics(client_.get(), unwanted.data(), unwanted.size(), how.get(), queue.get());
  const EventPtr event{rd_kafka_queue_poll(queue.get(), kAnswerMs + 5'000)};
  if (!event) return Error{"unreachable", "no answer to the deletion of topics"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{"unreachable", rd_kafka_event_error_string(event.get())};
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    failed.emplace_back(rd_kafka_topic_result_name(results[i]), rd_kafka_err2str(error));
  }
  return failed;
}

bool Admin::wait_until_seen(const std::vector<std::string>& topics) {
  const auto deadline = std::chrono::steady_clock::now() + kSeenMax;
  return std::all_of(topics.begin(), topics.end(), [&](const std::string& name) {
    while (find(name).state != TopicFound::State::present) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(milliseconds{50});
    }
    return true;
  });
}

Result<std::map<std::string, SettingsFound>> Admin::settings(const std::vector<TopicPlan>& plans) {
  std::map<std::string, SettingsFound> out;
  if (plans.empty()) return out;
  std::vector<ResourcePtr> made;
  std::vector<rd_kafka_ConfigResource_t*> wanted;
  for (const auto& plan : plans) {
    out[plan.name].error = "no answer";
    made.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, plan.name.c_str()));
    wanted.push_back(made.back().get());
  }
  const QueuePtr queue{rd_kafka_queue_new(client_.get())};
  const AdminOptionsPtr how = admin_options(client_.get(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_DescribeConfigs(client_.get(), wanted.data(), wanted.size(), how.get(), queue.get());
  const EventPtr event{rd_kafka_queue_poll(queue.get(), kAnswerMs + 5'000)};
  if (!event) return Error{"unreachable", "no answer to a question about topic settings"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return Error{"unreachable", rd_kafka_event_error_string(event.get())};
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  for (std::size_t i = 0; i < count; ++i) out[rd_kafka_ConfigResource_name(results[i])] = settings_of(results[i]);
  return out;
}

std::string Admin::refuses_reading(const std::string& topic) {
  // The old consumer needs no group, so it cannot disturb one.
  const TopicPtr handle{rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)};
  if (rd_kafka_consume_start(handle.get(), 0, RD_KAFKA_OFFSET_TAIL(1)) != 0) return rd_kafka_err2str(rd_kafka_last_error());
  std::string refusal;
  const auto deadline = std::chrono::steady_clock::now() + milliseconds{1'500};
  while (refusal.empty() && std::chrono::steady_clock::now() < deadline) {
    const MessagePtr message{rd_kafka_consume(handle.get(), 0, 100)};
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (is_refusal(message->err)) refusal = rd_kafka_message_errstr(message.get());
  }
  rd_kafka_consume_stop(handle.get(), 0);
  return refusal;
}

std::string Admin::refuses_group(const KafkaOptions& options, const std::string& group, const std::string& topic) {
  auto conf = base_conf(options, "admin");
  if (!conf) return conf.error().message;
  set(conf.value().get(), "group.id", group);
  auto client = make_client(RD_KAFKA_CONSUMER, std::move(conf.value()));
  if (!client) return client.error().message;
  const ListPtr wanted{rd_kafka_topic_partition_list_new(1)};
  rd_kafka_topic_partition_list_add(wanted.get(), topic.c_str(), 0);
  const auto error = rd_kafka_committed(client.value().get(), wanted.get(), kAnswerMs);
  return error == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(error);
}

}  // namespace bartizan::kafka
