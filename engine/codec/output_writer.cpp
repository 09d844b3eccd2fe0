#include "engine/codec/output_writer.h"

#include <string>

#include "engine/codec/json_out.h"
#include "engine/model/check.h"

namespace bartizan {

Topic topic_of(EntityType type) {
  BARTIZAN_CHECK(carries_risk(type));
  if (type == EntityType::user) return Topic::risky_users;
  return type == EntityType::agent ? Topic::risky_agents : Topic::risky_workload_identities;
}

namespace {

OutputRecord tombstone(Topic topic, std::string_view tenant_id, const std::string& subject) {
  const std::string key = std::string{tenant_id} + '/' + subject;
  JsonOut out;
  out.open();
  out.text("schema", "bartizan.tombstone/v1");
  out.text("topic", topic_name(topic));
  out.text("key", key, 512);
  out.close();
  OutputRecord record = output_record(topic, "tombstone.v1", out.take());
  record.tombstone = true;
  record.key = key;
  record.ce_source += '/' + std::string{tenant_id};
  record.ce_subject = subject;
  record.ce_id = subject;
  record.ce_dataschema.clear();  // the value is null
  return record;
}

}  // namespace

OutputRecord write_entity_tombstone(std::string_view tenant_id, EntityType type, std::string_view id) {
  return tombstone(topic_of(type), tenant_id, std::string{to_word(type)} + '/' + std::string{id});
}

OutputRecord write_sign_in_tombstone(std::string_view tenant_id, std::string_view id) {
  return tombstone(Topic::risky_sign_ins, tenant_id, "sign_in/" + std::string{id});
}

}  // namespace bartizan
