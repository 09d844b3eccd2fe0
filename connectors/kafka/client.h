#pragma once
// librdkafka clients made from our options: one place for handles, security, pass-through settings and their deny list.

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "connectors/kafka/options.h"
#include "engine/model/result.h"

namespace bartizan::kafka {

struct ConfFree { void operator()(rd_kafka_conf_t* c) const { rd_kafka_conf_destroy(c); } };
struct ClientFree { void operator()(rd_kafka_t* c) const { rd_kafka_destroy(c); } };
struct MessageFree { void operator()(rd_kafka_message_t* m) const { rd_kafka_message_destroy(m); } };
struct ListFree { void operator()(rd_kafka_topic_partition_list_t* l) const { rd_kafka_topic_partition_list_destroy(l); } };
struct ErrorFree { void operator()(rd_kafka_error_t* e) const { rd_kafka_error_destroy(e); } };
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, ConfFree>;
using ClientPtr = std::unique_ptr<rd_kafka_t, ClientFree>;
using MessagePtr = std::unique_ptr<rd_kafka_message_t, MessageFree>;
using ListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t, ListFree>;
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, ErrorFree>;

/// Sets one property. REQUIRES: the name and the value are known to librdkafka (ours are).
void set(rd_kafka_conf_t* conf, const char* name, const std::string& value);
/// Sets one property unless the pass-through settings name it (under this name or another of librdkafka's for the same thing).
void set_default(rd_kafka_conf_t* conf, const KafkaOptions& options, const char* name, const std::string& value);

/// Brokers, security, client id `bartizan-<purpose>`, log and error callbacks (client_log.h), then the pass-through settings.
/// Error codes: `bad_setting` (a pass-through name or value that librdkafka does not take, or one on the deny list: the message says why),
/// `secret_file` (unreadable). No secret is ever in a message.
Result<ConfPtr> base_conf(const KafkaOptions& options, std::string_view purpose);

/// Makes the client and takes the configuration over. OAUTHBEARER tokens are read on a thread of the client's own, so that none expires
/// while nobody polls. Error `client`.
Result<ClientPtr> make_client(rd_kafka_type_t type, ConfPtr conf);

/// For a client that was told that a topic it uses is missing: 2.0.2 does not always come back from destroying such a client. It stays
/// until the process ends.
void let_go(ClientPtr client);

/// The error callback of every client: hands the error on (client_log.h). One that has a callback of its own calls it.
void note_client_error(rd_kafka_t* client, int error, const char* reason, void* opaque);

/// Why a pass-through property is refused; empty: it is not.
std::string_view refused_because(std::string_view property);
/// Why this value of a pass-through property is refused although the property is not (debug contexts that print secrets); empty: it is not.
std::string_view value_refused_because(std::string_view property, std::string_view value);

}  // namespace bartizan::kafka
