#include <algorithm>
#include <array>
#include <string_view>

#include "connectors/kafka/client.h"

namespace bartizan::kafka {
namespace {

struct Refused {
  std::string_view property, because;
};

constexpr std::string_view kOwnSetting = "it has a setting of its own";
constexpr std::string_view kSecret = "secrets are read from files: use kafka.security";
constexpr std::string_view kPositions = "positions are committed with what was made from them, not on a timer";
constexpr std::string_view kGapless = "the journal must be complete and in order: acks=all, idempotent, no limit in time or tries";
constexpr std::string_view kTransactions = "outputs and positions commit in one transaction that only their writer may name";
constexpr std::string_view kReading = "an engine that reads aborted or skipped records would give other answers";

// Sorted by property.
constexpr auto kRefused = std::to_array<Refused>({
    {"acks", kGapless},
    {"auto.commit.enable", kPositions},
    {"auto.commit.interval.ms", kPositions},
    {"auto.offset.reset", "a position that is gone must be an error, not a jump"},
    {"bootstrap.servers", "set kafka.brokers"},
    {"check.crcs", "broken batches must be seen"},
    {"delivery.report.only.error", "every delivery is counted"},
    {"delivery.timeout.ms", kGapless},
    {"enable.auto.commit", kPositions},
    {"enable.auto.offset.store", kPositions},
    {"enable.gapless.guarantee", kGapless},
    {"enable.idempotence", kGapless},
    {"enable.partition.eof", kReading},
    {"enable.sasl.oauthbearer.unsecure.jwt", "a token that nobody signed is no proof: use kafka.security.token_file"},
    {"enabled_events", "events are read by callbacks"},
    {"group.id", "set kafka.group_id: two groups are made from it, so that an INGEST process that joins moves no DETECT state"},
    {"group.instance.id", "one configuration is used by many engines: they would shut each other out"},
    {"group.protocol", "the engine's handling of joins and leaves is proved for the classic protocol"},
    {"group.protocol.type", "the engine's handling of joins and leaves is proved for the classic protocol"},
    {"isolation.level", kReading},
    {"log.queue", "log lines are read by a callback"},
    {"message.send.max.retries", kGapless},
    {"message.timeout.ms", kGapless},
    {"metadata.broker.list", "set kafka.brokers"},
    {"offset.store.method", kPositions},
    {"partition.assignment.strategy", "partitions of INGEST and DETECT move by rules of their own (cooperative assignors of librdkafka before 2.6 can crash)"},
    {"partitioner", "readers count on an entity's records lying in one partition, placed by murmur2 of the key"},
    {"plugin.library.paths", "it would load foreign code into the engine"},
    {"request.required.acks", kGapless},
    {"retries", kGapless},
    {"sasl.kerberos.keytab", "GSSAPI is not supported: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"},
    {"sasl.mechanism", "set kafka.security.mechanism"},
    {"sasl.mechanisms", "set kafka.security.mechanism"},
    {"sasl.oauthbearer.client.secret", kSecret},
    {"sasl.oauthbearer.config", "set kafka.security.token_file"},
    {"sasl.oauthbearer.method", "tokens come from a file: set kafka.security.token_file"},
    {"sasl.password", kSecret},
    {"sasl.username", "set kafka.security.username"},
    {"security.protocol", "set kafka.security.protocol"},
    {"session.timeout.ms", kOwnSetting},
    {"ssl.ca.location", "set kafka.security.ca_file"},
    {"ssl.certificate.location", "set kafka.security.certificate_file"},
    {"ssl.certificate.pem", "set kafka.security.certificate_file"},
    {"ssl.key.location", "set kafka.security.key_file"},
    {"ssl.key.password", kSecret},
    {"ssl.key.pem", kSecret},
    {"ssl.keystore.location", "set kafka.security.certificate_file and key_file"},
    {"ssl.keystore.password", kSecret},
    {"test.mock.broker.rtt", "a mock broker keeps nothing"},
    {"test.mock.num.brokers", "a mock broker keeps nothing"},
    {"transaction.timeout.ms", kOwnSetting},
    {"transactional.id", kTransactions},
});

constexpr bool sorted() {
  for (std::size_t i = 1; i < kRefused.size(); ++i) {
    if (!(kRefused[i - 1].property < kRefused[i].property)) return false;
  }
  return true;
}
static_assert(sorted());

}  // namespace

std::string_view refused_because(std::string_view property) {
  if (property.ends_with("_cb") || property == "opaque" || property == "default_topic_conf") return "a callback or handle cannot be given as text";
  const auto* found = std::lower_bound(kRefused.begin(), kRefused.end(), property,
                                       [](const Refused& r, std::string_view p) { return r.property < p; });
  return found != kRefused.end() && found->property == property ? found->because : std::string_view{};
}

std::string_view value_refused_because(std::string_view property, std::string_view value) {
  if (property != "debug") return {};
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    std::string_view word = value.substr(at, comma - at);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (word == "all" || word == "security" || word == "conf") return "this debug context writes credentials to the log";
    at = comma + 1;
  }
  return {};
}

}  // namespace bartizan::kafka
