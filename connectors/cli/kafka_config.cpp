#include "connectors/cli/kafka_config.h"

#include <algorithm>
#include <set>

#include "connectors/cli/config.h"
#include "connectors/kafka/client.h"

namespace bartizan::cli {
namespace {

using kafka::InputTopic;
using kafka::Mechanism;
using kafka::Protocol;
using kafka::Security;
using settings::Diagnostics;
using settings::Node;
using settings::Section;

constexpr double kMinute = 60'000;

std::string broker_complaint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string_view::npos;
  if (colon == 0 || !digits || std::stoul(std::string(port)) > 65535 || text.find_first_of(", /") != std::string_view::npos) {
    return "is not HOST:PORT, for example kafka-1.example.com:9092";
  }
  return {};
}

Section<InputTopic> input_section() {
  Section<InputTopic> s("A topic with raw records.");
  s.key("topic", &InputTopic::topic, "Its name.").require().check(topic_name_complaint);
  s.key("generation", &InputTopic::generation, "Raise it when the topic was created anew, so that offsets from 0 are no repeats.")
      .range(0, 1'000'000);
  s.key("tenant", &InputTopic::tenant, "Tenant id for records that carry none (Microsoft Graph v1.0).");
  return s;
}

bool given(const Node& node, std::string_view key) {
  const Node* value = node.find(key);
  return value != nullptr && !value->text.empty();
}

std::string text_of(const Node& node, std::string_view key) {
  const Node* value = node.find(key);
  return value != nullptr ? value->text : std::string();
}

/// Keys of `security` that must stand together, or must not.
void check_security(const Node& node, const std::string& pointer, Diagnostics& diagnostics) {
  const std::string protocol = text_of(node, "protocol");
  const std::string mechanism = text_of(node, "mechanism");
  const bool sasl = protocol == "sasl_plaintext" || protocol == "sasl_ssl";
  const bool tls = protocol == "ssl" || protocol == "sasl_ssl";
  const auto wrong = [&](const std::string& message, std::string_view key) {
    const settings::Member* member = node.member(key);
    diagnostics.add(settings::code::kBadValue, message, member != nullptr ? member->key_at : node.at, pointer);
  };
  if (sasl && (mechanism.empty() || mechanism == "none")) wrong("protocol '" + protocol + "' needs a mechanism", "protocol");
  if (!sasl && !mechanism.empty() && mechanism != "none") {
    wrong("mechanism '" + mechanism + "' needs protocol sasl_ssl or sasl_plaintext", "mechanism");
  }
  if (sasl && mechanism == "oauthbearer" && !given(node, "token_file")) wrong("mechanism 'oauthbearer' needs a token_file", "mechanism");
  if (sasl && !mechanism.empty() && mechanism != "none" && mechanism != "oauthbearer" &&
      (!given(node, "username") || !given(node, "password_file"))) {
    wrong("mechanism '" + mechanism + "' needs username and password_file", "mechanism");
  }
  for (const char* key : {"ca_file", "certificate_file", "key_file", "key_password_file"}) {
    if (given(node, key) && !tls) wrong(std::string(key) + " needs protocol ssl or sasl_ssl", key);
  }
  if (given(node, "certificate_file") != given(node, "key_file")) {
    wrong("certificate_file and key_file go together", given(node, "key_file") ? "key_file" : "certificate_file");
  }
}

Section<Security> security_section() {
  Section<Security> s("How brokers are reached. Secrets are read from files only.");
  s.word("protocol", &Security::protocol,
         {{"plaintext", Protocol::plaintext},
          {"ssl", Protocol::ssl},
          {"sasl_plaintext", Protocol::sasl_plaintext},
          {"sasl_ssl", Protocol::sasl_ssl}},
         "As the broker's listener speaks.");
  s.word("mechanism", &Security::mechanism,
         {{"none", Mechanism::none},
          {"plain", Mechanism::plain},
          {"scram-sha-256", Mechanism::scram_sha_256},
          {"scram-sha-512", Mechanism::scram_sha_512},
          {"oauthbearer", Mechanism::oauthbearer}},
         "SASL mechanism.");
  s.key("username", &Security::username, "For plain and scram.");
  s.key("password_file", &Security::password_file, "File with the password; one newline at its end does not count.");
  s.key("token_file", &Security::token_file, "File with a JWT for oauthbearer; read again when it changes and before it ends.");
  s.key("ca_file", &Security::ca_file, "Certificates to trust, PEM; default: the system's.");
  s.key("certificate_file", &Security::certificate_file, "Client certificate, PEM.");
  s.key("key_file", &Security::key_file, "Its key, PEM.");
  s.key("key_password_file", &Security::key_password_file, "File with the key's password.");
  s.check(check_security);
  return s;
}

/// Why librdkafka does not take this property, or empty.
std::string property_complaint(const std::string& name, const std::string& value) {
  if (const std::string_view why = kafka::refused_because(name); !why.empty()) return "'" + name + "' cannot be set: " + std::string(why);
  kafka::KafkaOptions probe;
  probe.brokers = {"127.0.0.1:9092"};
  probe.librdkafka = {{name, value}};
  const auto conf = kafka::base_conf(probe, "check");
  return conf ? std::string() : conf.error().message;
}

void check_kafka(const Node& node, const std::string& pointer, Diagnostics& diagnostics) {
  if (const Node* inputs = node.find("inputs")) {
    std::set<std::string> seen;
    for (const Node& input : inputs->items) {
      const Node* topic = input.find("topic");
      if (topic == nullptr || seen.insert(topic->text).second) continue;
      diagnostics.add(settings::code::kBadValue, "topic '" + topic->text + "' is in the list twice", topic->at, pointer + "/inputs");
    }
  }
  const Node* properties = node.find("librdkafka");
  if (properties == nullptr) return;
  for (const settings::Member& property : properties->members) {
    const std::string complaint = property_complaint(property.key, property.value.text);
    if (!complaint.empty()) diagnostics.add(settings::code::kBadValue, complaint, property.key_at, pointer + "/librdkafka/" + property.key);
  }
}

}  // namespace

std::string topic_name_complaint(std::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
  if (name.empty() || name.size() > 249 || !plain) return "is not a topic's name: letters, digits, '.', '_' and '-', at most 249";
  return {};
}

Section<KafkaConfig> kafka_section() {
  Section<KafkaConfig> s("Kafka. Absent: the embedded transport.");
  auto& brokers = s.key("brokers", &KafkaConfig::brokers, "Where to begin.").require().range(1, 64).example("[kafka-1.example.com:9092]");
  brokers.item.front().check(broker_complaint);
  s.key("group_id", &KafkaConfig::group_id, "Consumer groups are <group_id>.ingest and <group_id>.detect; transactional ids begin with it.")
      .check(topic_name_complaint);
  s.list("inputs", &KafkaConfig::inputs, input_section(), "Topics with raw records; needed by the role ingest.").range(0, 1000);
  s.section("security", &KafkaConfig::security, security_section());
  s.key("librdkafka", &KafkaConfig::librdkafka,
        "Passed through to librdkafka, property: value; what would break a promise of the engine is refused with the reason.")
      .example("{socket.keepalive.enable: \"true\"}");
  s.key("session_timeout", &KafkaConfig::session_timeout, "A process that is silent for this long loses its partitions.")
      .range(1000, 30 * kMinute);
  s.key("transaction_timeout", &KafkaConfig::transaction_timeout,
        "The broker aborts a unit that is open for this long; bounds how long a dead process blocks the next owner.")
      .range(1000, 15 * kMinute);
  s.key("checkpoint_timeout", &KafkaConfig::checkpoint_timeout,
        "The same for the writing of a checkpoint; at most transaction.max.timeout.ms of the broker.").range(10'000, 15 * kMinute);
  s.check(check_kafka);
  return s;
}

kafka::KafkaOptions kafka_options(const LoadedConfig& loaded) {
  const Config& config = loaded.config;
  const KafkaConfig& from = *config.kafka;
  kafka::KafkaOptions out;
  out.brokers = from.brokers;
  out.group_id = from.group_id;
  out.inputs = from.inputs;
  for (auto& input : out.inputs) input.tenant = lower_ascii(input.tenant);
  out.security = from.security;
  for (std::string Security::*file : {&Security::password_file, &Security::token_file, &Security::ca_file, &Security::certificate_file,
                                      &Security::key_file,
                                      &Security::key_password_file}) {
    out.security.*file = resolve(loaded, out.security.*file);
  }
  for (const auto& [name, value] : from.librdkafka) out.librdkafka[name] = value;
  out.prefix = config.topics.prefix;
  out.journal_partitions = config.topics.journal_partitions;
  out.replication_factor = config.topics.replication_factor;
  out.create_topics = config.topics.create;
  out.state_dir = resolve(loaded, config.state.dir);
  out.journal_retention = config.state.journal_retention;
  out.transaction_timeout = from.transaction_timeout;
  out.checkpoint_timeout = from.checkpoint_timeout;
  out.session_timeout = from.session_timeout;
  return out;
}

}  // namespace bartizan::cli
