// Counts what a raw topic holds by reading it like anybody would: librdkafka and RapidJSON, none of the engine's code.
//
//   kafka_recount BROKER TOPIC PARTITIONS      one line per category and tenant, then the messages that nobody can read

#include <librdkafka/rdkafka.h>
#include <rapidjson/document.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

namespace {

std::string word(const std::string& category) {
  static const std::map<std::string, std::string> words = {{"SignInLogs", "interactive_user"},
                                                           {"NonInteractiveUserSignInLogs", "non_interactive_user"},
                                                           {"ServicePrincipalSignInLogs", "service_principal"},
                                                           {"ManagedIdentitySignInLogs", "managed_identity"}};
  const auto found = words.find(category);
  return found == words.end() ? category : found->second;
}

struct Counts {
  std::map<std::string, std::size_t> records;  // "category tenant"
  std::size_t unreadable = 0;

  void add(const char* bytes, std::size_t size) {
    rapidjson::Document json;
    json.Parse(bytes, size);
    if (json.HasParseError() || !json.IsObject() || !json.HasMember("category") || !json.HasMember("tenantId")) {
      ++unreadable;
      return;
    }
    ++records[word(json["category"].GetString()) + " " + json["tenantId"].GetString()];
  }
};

rd_kafka_t* consumer(const char* broker) {
  char why[256];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", broker, why, sizeof why);
  rd_kafka_conf_set(conf, "group.id", "recount", why, sizeof why);
  rd_kafka_conf_set(conf, "enable.auto.commit", "false", why, sizeof why);
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", why, sizeof why);
  return rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  rd_kafka_t* client = consumer(argv[1]);
  if (client == nullptr) return 4;
  rd_kafka_poll_set_consumer(client);
  const int partitions = std::atoi(argv[3]);
  rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(partitions);
  for (int p = 0; p < partitions; ++p) rd_kafka_topic_partition_list_add(all, argv[2], p)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(client, all);
  rd_kafka_topic_partition_list_destroy(all);
  Counts counts;
  std::set<int> ended;
  int silent = 0;
  while (static_cast<int>(ended.size()) < partitions && silent < 60) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client, 1000);
    silent = message == nullptr ? silent + 1 : 0;
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ended.insert(message->partition);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) counts.add(static_cast<const char*>(message->payload), message->len);
    rd_kafka_message_destroy(message);
  }
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  for (const auto& [what, count] : counts.records) std::printf("%s %zu\n", what.c_str(), count);
  std::printf("unreadable %zu\n", counts.unreadable);
  return static_cast<int>(ended.size()) == partitions ? 0 : 4;
}
