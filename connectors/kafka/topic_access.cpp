#include "connectors/kafka/topic_access.h"

#include <algorithm>
#include <memory>

#include "connectors/kafka/admin.h"
#include "connectors/kafka/producer.h"
#include "connectors/kafka/pulse.h"
#include "connectors/kafka/reader.h"

namespace bartizan::kafka {
namespace {

struct QueueFree { void operator()(rd_kafka_queue_t* q) const { rd_kafka_queue_destroy(q); } };
struct EventFree { void operator()(rd_kafka_event_t* e) const { rd_kafka_event_destroy(e); } };
struct OptionsFree { void operator()(rd_kafka_AdminOptions_t* o) const { rd_kafka_AdminOptions_destroy(o); } };

int milliseconds_of(std::chrono::milliseconds d) { return static_cast<int>(d.count()); }

Error group_error(const std::string& group, rd_kafka_resp_err_t code, const char* text) {
  const bool refused = code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
  return Error{refused ? "not_authorized" : "unreachable", "group " + group + ": " + (text != nullptr ? text : rd_kafka_err2str(code))};
}

GroupMember member_of(const rd_kafka_MemberDescription_t* from) {
  GroupMember out;
  out.client_id = rd_kafka_MemberDescription_client_id(from);
  out.host = rd_kafka_MemberDescription_host(from);
  const rd_kafka_MemberAssignment_t* assignment = rd_kafka_MemberDescription_assignment(from);
  const rd_kafka_topic_partition_list_t* partitions = assignment != nullptr ? rd_kafka_MemberAssignment_partitions(assignment) : nullptr;
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i) out.partitions.emplace_back(partitions->elems[i].topic, partitions->elems[i].partition);
  std::sort(out.partitions.begin(), out.partitions.end());
  return out;
}

}  // namespace

Status reach(const KafkaOptions& options) {
  const auto admin = Admin::connect(options);
  return admin.ok() ? Status{Ok{}} : Status{admin.error()};
}

Status put_messages(const KafkaOptions& options, std::string_view purpose, const std::vector<OutMessage>& messages) {
  if (Status reached = reach(options); !reached.ok()) return reached;
  Pulse pulse;
  auto producer = Producer::make(options, purpose, {}, pulse);
  if (!producer.ok()) return producer.error();
  Producer& out = *producer.value();
  for (const OutMessage& message : messages) {
    if (!out.send(message)) break;
  }
  if (out.flush(kErrandMax) && !out.failed()) return Ok{};
  if (out.failed()) return Error{"not_delivered", out.trouble()};
  return Error{"unreachable", "the brokers did not take the messages within " + std::to_string(kErrandMax.count()) + " s" +
                                  (out.trouble().empty() ? "" : ": " + out.trouble())};
}

Status read_topic(const KafkaOptions& options, const std::string& topic, const std::function<bool(const rd_kafka_message_t&)>& visit) {
  if (Status reached = reach(options); !reached.ok()) return reached;
  Pulse pulse;
  auto reader = make_reader(options, "errand", Isolation::committed);
  if (!reader.ok()) return reader.error();
  const auto count = partition_count(reader.value().get(), topic, pulse, kErrandMax);
  if (!count.ok()) return count.error();
  bool more = true;
  for (std::int32_t p = 0; p < count.value() && more; ++p) {
    const auto ends = watermarks(reader.value().get(), topic, p, pulse, kErrandMax);
    if (!ends.ok()) return ends.error();
    const Status read = read_stretch(options, topic, p, ends.value().low, ends.value().high, Isolation::committed, pulse, [&](const rd_kafka_message_t& m) { return more = visit(m); });
    if (!read.ok()) return read;
  }
  return Ok{};
}

Result<std::vector<GroupMember>> group_members(const KafkaOptions& options, const std::string& group) {
  auto reader = make_reader(options, "errand", Isolation::committed);
  if (!reader.ok()) return reader.error();
  rd_kafka_t* const client = reader.value().get();
  const std::unique_ptr<rd_kafka_queue_t, QueueFree> queue{rd_kafka_queue_new(client)};
  const std::unique_ptr<rd_kafka_AdminOptions_t, OptionsFree> admin{rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS)};
  char text[256];
  rd_kafka_AdminOptions_set_request_timeout(admin.get(), milliseconds_of(kErrandMax), text, sizeof text);
  const char* names[] = {group.c_str()};
  rd_kafka_DescribeConsumerGroups(client, names, 1, admin.get(), queue.get());
  const std::unique_ptr<rd_kafka_event_t, EventFree> event{rd_kafka_queue_poll(queue.get(), milliseconds_of(kErrandMax) + 1000)};
  if (!event) return Error{"unreachable", "group " + group + ": no answer"};
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return group_error(group, rd_kafka_event_error(event.get()), rd_kafka_event_error_string(event.get()));
  std::size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t** groups = rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event.get()), &count);
  std::vector<GroupMember> out;
  for (std::size_t g = 0; g < count; ++g) {
    const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(groups[g]);
    if (error != nullptr) return group_error(group, rd_kafka_error_code(error), rd_kafka_error_string(error));
    for (std::size_t m = 0; m < rd_kafka_ConsumerGroupDescription_member_count(groups[g]); ++m) out.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(groups[g], m)));
  }
  std::sort(out.begin(), out.end(), [](const GroupMember& a, const GroupMember& b) { return a.partitions < b.partitions; });
  return out;
}

}  // namespace bartizan::kafka
