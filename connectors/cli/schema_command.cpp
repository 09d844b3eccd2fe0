// schema: list, print, check.

#include <fstream>
#include <iostream>
#include <map>
#include <memory>

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/exit_code.h"
#include "connectors/cli/record_schemas.h"
#include "engine/settings/diagnostic.h"

namespace bartizan::cli {
namespace {

const RecordSchema* find_schema(std::string_view name) {
  for (const auto& schema : record_schemas()) {
    if (schema.name == name) return &schema;
  }
  return nullptr;
}

/// Schemas compiled once; `bartizan.alert/v1` of a record names alert.v1.
class Checker {
 public:
  /// What is wrong with one line, or empty.
  std::string complaint(const std::string& line) {
    rapidjson::Document record;
    record.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(line.data(), line.size());
    if (record.HasParseError()) {
      return std::string(rapidjson::GetParseError_En(record.GetParseError())) + " at byte " + std::to_string(record.GetErrorOffset());
    }
    const std::string name = schema_name(record);
    if (name.empty()) return "no `schema` member that names a Bartizan record";
    const auto* schema = compiled(name);
    if (schema == nullptr) return "unknown schema '" + printable(name, 60) + "'";
    rapidjson::SchemaValidator validator(*schema);
    if (record.Accept(validator)) return {};
    rapidjson::StringBuffer where;
    validator.GetInvalidDocumentPointer().Stringify(where);
    return name + ": '" + std::string(where.GetString()) + "' breaks " + validator.GetInvalidSchemaKeyword();
  }

 private:
  static std::string schema_name(const rapidjson::Document& record) {
    if (!record.IsObject()) return {};
    const auto member = record.FindMember("schema");
    if (member == record.MemberEnd() || !member->value.IsString()) return {};
    std::string name = member->value.GetString();
    if (name.rfind("bartizan.", 0) != 0) return {};
    name = name.substr(9);
    const std::size_t slash = name.find('/');
    if (slash != std::string::npos) name[slash] = '.';
    return name;
  }

  const rapidjson::SchemaDocument* compiled(const std::string& name) {
    auto& slot = compiled_[name];
    if (!slot) {
      const RecordSchema* schema = find_schema(name);
      if (schema == nullptr) return nullptr;
      rapidjson::Document text;
      text.Parse(schema->text.data(), schema->text.size());
      slot = std::make_unique<rapidjson::SchemaDocument>(text);
    }
    return slot.get();
  }

  std::map<std::string, std::unique_ptr<rapidjson::SchemaDocument>> compiled_;
};

int check(const Global& global, const std::string& file) {
  std::ifstream opened;
  if (file != "-") {
    opened.open(file);
    if (!opened) {
      say_error(global, "cannot read '" + file + "'");
      return kUnavailable;
    }
  }
  std::istream& in = file == "-" ? std::cin : opened;
  Checker checker;
  std::uint64_t number = 0;
  std::uint64_t wrong = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty()) continue;
    const std::string complaint = checker.complaint(line);
    if (complaint.empty()) continue;
    if (++wrong <= 20) write_error(file + ":" + std::to_string(number) + ": " + complaint + "\n");
  }
  say(global, std::to_string(number) + " lines, " + std::to_string(wrong) + " wrong");
  return wrong == 0 ? kDone : kFindings;
}

}  // namespace

int schema(const Global& global, const SchemaOptions& options) {
  if (!options.file.empty()) return check(global, options.file);
  if (options.name.empty()) {
    Rows rows({"name", "bytes"});
    rows.raw_column(1);
    for (const auto& s : record_schemas()) rows.add({std::string{s.name}, std::to_string(s.text.size())});
    rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
    return kDone;
  }
  const RecordSchema* found = find_schema(options.name);
  if (found == nullptr) {
    std::vector<std::string> names;
    for (const auto& s : record_schemas()) names.emplace_back(s.name);
    const std::string near = settings::nearest(options.name, names);
    say_error(global, "unknown schema '" + printable(options.name, 60) + "'" +
              (near.empty() ? "; see `bartizan schema`" : "; did you mean '" + near + "'?"));
    return kUsage;
  }
  return write_out(found->text) ? kDone : kUnavailable;
}

}  // namespace bartizan::cli
