#include "tests/integration/embedded/revisions.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <set>

#include "tests/connectors/embedded/scratch.h"

namespace bartizan::testing {
namespace {

const rapidjson::Value* member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string text_of(const rapidjson::Value& object, const char* name) {
  const rapidjson::Value* v = member(object, name);
  return v != nullptr && v->IsString() ? v->GetString() : "";
}

// Records in Graph's shapes carry our members under a prefix.
constexpr const char* kGraphTenant = "@bartizan.tenantId";
constexpr const char* kGraphRevision = "@bartizan.revision";

// The key of a row that has revisions.
std::string key_of(const rapidjson::Document& record) {
  std::string key = text_of(record, "tenant_id") + text_of(record, kGraphTenant) + "/";
  const std::string id = text_of(record, "id");
  if (!id.empty()) return key + id;
  const rapidjson::Value* entity = member(record, "entity");
  if (entity == nullptr) return {};
  return key + text_of(*entity, "type") + "/" + text_of(*entity, "id");
}

}  // namespace

std::string check_revisions(const std::map<std::string, std::string>& outputs) {
  for (const auto& [name, bytes] : outputs) {
    if (!bytes.empty() && bytes.back() != '\n') return name + " ends in the middle of a line";
    std::map<std::string, std::uint64_t> last;
    std::set<std::string> audit_ids;
    for (const std::string& line : split_lines(bytes)) {
      rapidjson::Document record;
      record.Parse(line.c_str());
      if (record.HasParseError() || !record.IsObject()) return name + ": no JSON object: " + line.substr(0, 200);
      if (text_of(record, "schema") == "bartizan.tombstone/v1") {
        last.erase(text_of(record, "key"));
        continue;
      }
      if (text_of(record, "schema") == "bartizan.audit/v1" && !audit_ids.insert(text_of(record, "id")).second) return name + ": twice: " + line.substr(0, 200);
      const rapidjson::Value* own = member(record, "revision");
      const rapidjson::Value* revision = own != nullptr ? own : member(record, kGraphRevision);
      if (revision == nullptr) continue;
      std::uint64_t& before = last[key_of(record)];
      if (revision->GetUint64() <= before) return name + ": revision " + std::to_string(revision->GetUint64()) + " after " + std::to_string(before) + " of " + key_of(record);
      before = revision->GetUint64();
    }
  }
  return {};
}

std::map<std::string, std::vector<std::string>> by_tenant(std::string_view bytes, bool without_ids) {
  const std::string named[] = {"\"tenant_id\":\"", "\"" + std::string{kGraphTenant} + "\":\""};
  constexpr std::string_view kId = "\"id\":\"";
  std::map<std::string, std::vector<std::string>> out;
  for (std::string& line : split_lines(bytes)) {
    std::string tenant;
    for (const std::string& member : named) {
      if (const auto at = line.find(member); tenant.empty() && at != std::string::npos) tenant = line.substr(at + member.size(), 36);
    }
    const auto id = line.find(kId);
    if (without_ids && id != std::string::npos) line.erase(id, line.find('"', id + kId.size()) + 1 - id);
    out[tenant].push_back(std::move(line));
  }
  if (without_ids) std::sort(out[""].begin(), out[""].end());
  return out;
}

std::string difference(const std::map<std::string, std::vector<std::string>>& expected, const std::map<std::string, std::vector<std::string>>& found) {
  for (const auto& [tenant, lines] : expected) {
    const auto there = found.find(tenant);
    const std::vector<std::string> none;
    const std::vector<std::string>& others = there == found.end() ? none : there->second;
    for (std::size_t i = 0; i < std::max(lines.size(), others.size()); ++i) {
      const std::string a = i < lines.size() ? lines[i] : "(nothing)";
      const std::string b = i < others.size() ? others[i] : "(nothing)";
      if (a == b) continue;
      const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin()).first - a.begin());
      const std::size_t from = at > 60 ? at - 60 : 0;
      return "record " + std::to_string(i + 1) + " of tenant '" + tenant + "': expected ..." + a.substr(from, 200) + "... found ..." + b.substr(from, 200);
    }
  }
  for (const auto& [tenant, lines] : found) {
    if (expected.count(tenant) == 0 && !lines.empty()) return "tenant '" + tenant + "' has records where none were expected";
  }
  return {};
}

}  // namespace bartizan::testing
