#include "connectors/cli/bundle_record.h"

#include <algorithm>
#include <chrono>

#include "connectors/cli/terminal.h"
#include "engine/model/sha256.h"
#include "engine/model/time.h"

namespace bartizan::cli {
namespace {

constexpr std::size_t kFilesMax = 5000;  // bundle.v1

std::string file_entry(const std::string& path, const char* kind, const std::string& bytes) {
  return "{\"path\":" + json_text(path) + ",\"kind\":\"" + kind + "\",\"sha256\":\"" + sha256_hex(bytes) + "\",\"size\":" +
         std::to_string(bytes.size()) + "}";
}

}  // namespace

std::string bundle_record(const Bundle& bundle) {
  std::vector<std::pair<std::string, std::string>> entries;  // by path
  for (const auto& file : bundle.files()) entries.emplace_back(file.path, file_entry(file.path, "rule", file.bytes));
  entries.emplace_back("engine.yaml", file_entry("engine.yaml", "config", engine_settings_text(bundle.rule_set()->settings)));
  std::sort(entries.begin(), entries.end());
  if (entries.size() > kFilesMax) entries.resize(kFilesMax);
  std::string files;
  for (const auto& [path, entry] : entries) files.append(files.empty() ? "" : ",").append(entry);
  const Time now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  return "{\"schema\":\"bartizan.bundle/v1\",\"hash\":\"" + bundle.hash() + "\",\"files\":[" + files + "],\"rule_count\":" +
         std::to_string(bundle.rule_set()->rules.size()) +
         ",\"activated_at\":\"" + format_time(now) + "\",\"by\":\"start\",\"engine_version\":\"" BARTIZAN_VERSION "\"}";
}

}  // namespace bartizan::cli
