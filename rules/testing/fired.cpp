#include "rules/testing/fired.h"

#include <algorithm>

#include "engine/model/check.h"
#include "rules/testing/test_events.h"

namespace bartizan::rule_testing {
namespace {

std::string text_at(const settings::Node& node, std::string_view key) {
  const settings::Node* n = node.find(key);
  return n != nullptr ? n->text : std::string();
}

}  // namespace

bool FiredAlert::is_about(std::string_view name) const {
  if (name == entity_id || name == entity_name || name == entity_principal || name == entity_type) return true;
  const std::string_view kind = entity_type == "service_principal"  ? "sp"
                                : entity_type == "managed_identity" ? "mi"
                                                                    : std::string_view(entity_type);
  return entity_id == id_for(kind, name);
}

std::string FiredAlert::entity_text() const {
  return entity_type == "tenant" ? entity_type : entity_name.empty() ? entity_id : entity_name;
}

void FiredAlerts::emit(OutputRecord&& record) {
  if (record.topic != Topic::alerts) return;
  // JSON is YAML: the settings reader reads our own alerts.
  settings::Diagnostics diagnostics;
  const settings::Document document = settings::read_document("alert", record.value, diagnostics);
  BARTIZAN_CHECK(diagnostics.ok());
  const settings::Node& alert = document.root;
  const std::string id = text_at(alert, "id");
  auto found = std::find_if(alerts_.begin(), alerts_.end(), [&id](const FiredAlert& a) { return a.id == id; });
  if (found == alerts_.end()) {
    const settings::Node& entity = *alert.find("entity");
    FiredAlert fired;
    fired.id = id;
    fired.rule = text_at(*alert.find("rule"), "id");
    fired.entity_type = text_at(entity, "type");
    fired.entity_id = text_at(entity, "id");
    fired.entity_name = text_at(entity, "name");
    fired.entity_principal = text_at(entity, "user_principal_name");
    found = alerts_.insert(alerts_.end(), std::move(fired));
  }
  const std::string severity = text_at(alert, "severity");
  if (!found->revisions.empty() && found->last().severity == severity) return;
  found->revisions.push_back(Revision{parse_time(text_at(alert, "last_updated")).value_or(Time{}), severity, text_at(alert, "title"), *alert.find("why")});
}

}  // namespace bartizan::rule_testing
