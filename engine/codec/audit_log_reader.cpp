#include "engine/codec/audit_log_reader.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/codec/record_rules.h"

namespace bartizan {
namespace {

using F = Field;

struct OperationWord {
  std::string_view name;
  DirectoryOperation operation;
};
/// A plain "Change user password" is none of them: whoever knows the password can do that.
constexpr OperationWord kOperations[] = {
    {"reset password (self-service)", DirectoryOperation::password_reset_by_user},
    {"reset password (by admin)", DirectoryOperation::password_reset_by_admin},
    {"reset user password", DirectoryOperation::password_reset_by_admin},
    {"add service principal credentials", DirectoryOperation::credential_added},
    {"update application - certificates and secrets management", DirectoryOperation::credential_added},
    {"disable account", DirectoryOperation::account_disabled},
    {"enable account", DirectoryOperation::account_enabled},
    {"delete user", DirectoryOperation::account_deleted},
    {"hard delete user", DirectoryOperation::account_deleted},
    {"restore user", DirectoryOperation::account_restored},
};

/// Lower case, an en dash as a hyphen, no blanks at the ends: Microsoft writes the same name in several ways.
std::string plain_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i, 3) == "\xe2\x80\x93") {
      out += '-';
      i += 2;
    } else {
      out += name[i];
    }
  }
  lower_ascii(out.data(), out.size());
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out.erase(0, out.find_first_not_of(' '));
  return out;
}

std::optional<DirectoryOperation> operation_of(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const OperationWord& o : kOperations) {
    if (o.name == plain) return o.operation;
  }
  return std::nullopt;
}

std::optional<EntityType> target_type_of(std::string_view word) {
  if (is_word(word, "User")) return EntityType::user;
  if (is_word(word, "ServicePrincipal") || is_word(word, "Application")) return EntityType::service_principal;
  constexpr std::string_view kAgent = "agent";
  if (word.size() >= kAgent.size() && is_word(word.substr(0, kAgent.size()), kAgent)) return EntityType::agent;
  return std::nullopt;
}

/// `KeyIdentifier=<guid>` in a key's description.
constexpr std::string_view kKeyIdentifier = "KeyIdentifier=";
constexpr std::size_t kGuidBytes = 36;

}  // namespace

AuditOutcome AuditLogReader::read(const FeedRecord& record, const DecodeOptions& options, RecordProblem& problem, DirectoryChange& out) {
  out = DirectoryChange{};
  if (!body_.open(record, SourceObject::audit_log, problem)) return AuditOutcome::problem;
  const FieldReader r{body_.json(), body_.places(), arena_, problem};
  const auto operation = operation_of(r.text(F::activity_name));
  const std::string_view result = r.text(F::audit_result);
  if (problem.found) return AuditOutcome::problem;
  if (!operation || !(result.empty() || is_word(result, "success"))) return AuditOutcome::other_operation;
  out.operation = *operation;
  out.tenant_id = body_.tenant(record, options, problem);
  out.id = r.id(F::id);
  if (out.id.empty()) problem.set(DeadLetterReason::missing_id, "no id");
  if (!read_target(r, problem, out) && !problem.found) {
    problem.set(DeadLetterReason::missing_entity, "targetResources: no user, service principal or agent");
  }
  out.actor = read_actor(r, problem);
  const auto published = body_.published(record, problem);
  const auto arrival = options.arrival ? options.arrival : published;
  out.event_time = activity_time(r, {F::activity_time}, arrival, problem).value_or(Time{});
  out.published_time = published.value_or(out.event_time);
  return problem.found ? AuditOutcome::problem : AuditOutcome::change;
}

/// The first target of a type that the operation can be about.
bool AuditLogReader::read_target(const FieldReader& r, RecordProblem& problem, DirectoryChange& out) {
  Token t = 0;
  JsonIndex* json = r.array(F::target_resources, targets_, t);
  if (json == nullptr || json->first(t + 1) == ']') return false;
  for (++t;; ++t) {
    if (json->first(t) != '{') {
      r.bad(F::target_resources, "objects");
      return false;
    }
    target_ = FieldPlaces{};
    t = walk_object(*json, t, SourceObject::audit_target, target_);
    const FieldReader target{*json, target_, arena_, problem};
    if (take_target(target, out)) {
      if (out.operation == DirectoryOperation::credential_added) read_new_keys(target, problem, out);
      return true;
    }
    if (problem.found || json->first(t) != ',') return false;
  }
}

bool AuditLogReader::take_target(const FieldReader& target, DirectoryChange& out) {
  const auto type = target_type_of(target.text(F::target_type));
  const bool of_workload = out.operation == DirectoryOperation::credential_added;
  if (!type || (*type == EntityType::user) == of_workload) return false;
  out.target_type = *type;
  out.target_id = target.id_or_none(F::id);
  out.target_name = target.text(F::display_name);
  out.target_principal_name = target.lower_text(F::user_principal_name, kUserPrincipalNameBytesMax);
  return !out.target_id.empty();
}

void AuditLogReader::read_new_keys(const FieldReader& target, RecordProblem& problem, DirectoryChange& out) {
  Token t = 0;
  JsonIndex* json = target.array(F::modified_properties, nested_, t);
  if (json == nullptr || json->first(t + 1) == ']') return;
  for (++t; json->first(t) == '{'; ++t) {
    entry_ = FieldPlaces{};
    t = walk_object(*json, t, SourceObject::modified_property, entry_);
    const FieldReader property{*json, entry_, arena_, problem};
    if (is_word(property.text(F::display_name), "KeyDescription")) {
      note_new_keys(property.text(F::old_value, kRecordBytesMax), property.text(F::new_value, kRecordBytesMax), out);
    }
    if (json->first(t) != ',') return;
  }
}

void AuditLogReader::note_new_keys(std::string_view before, std::string_view after, DirectoryChange& out) {
  std::size_t count = 0;
  for (std::size_t at = after.find(kKeyIdentifier); at != std::string_view::npos && count < kNewKeysMax;
       at = after.find(kKeyIdentifier, at + 1)) {
    const std::string_view key = after.substr(at + kKeyIdentifier.size(), kGuidBytes);
    std::uint64_t hi = 0;
    std::uint64_t lo = 0;
    if (before.find(key) == std::string_view::npos && parse_guid(key, hi, lo)) new_keys_[count++] = Id::from_guid(hi, lo);
  }
  out.new_keys = {new_keys_.data(), count};
}

std::string_view AuditLogReader::read_actor(const FieldReader& r, RecordProblem& problem) {
  if (r.shape(F::initiated_by) == FieldReader::Shape::absent) return {};
  FieldPlaces initiator;
  JsonIndex* json = body_.nested(F::initiated_by, SourceObject::initiator, nested_, initiator, problem);
  if (json == nullptr) return {};
  for (const Field f : {F::initiator_user, F::initiator_app}) {
    if (json->first(initiator[f]) != '{' || initiator[f] == 0) continue;
    FieldPlaces who;
    walk_object(*json, initiator[f], SourceObject::principal, who);
    const FieldReader principal{*json, who, arena_, problem};
    const std::string_view name = principal.lower_text(F::user_principal_name, kUserPrincipalNameBytesMax);
    if (!name.empty()) return name;
    const std::string_view shown = principal.text(F::display_name);
    if (!shown.empty()) return shown;
  }
  return {};
}

}  // namespace bartizan
