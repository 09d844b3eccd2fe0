#include "connectors/metrics/exposition.h"

#include <catch2/catch.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace bartizan;

namespace {

MetricsSource sample() {
  MetricsSource source;
  source.version = "0.1.0";
  source.compiler = "g++ 12.2";
  source.bundle_hash = std::string(64, 'a');
  source.rule_ids = {"mfaFatigue", "passwordSpray", "unlikelyTravel"};
  return source;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Names in `# TYPE` lines.
std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("# TYPE ", 0) == 0) out.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return out;
}

}  // namespace

TEST_CASE("every known series is there from the start, at 0", "[metrics]") {
  const std::string text = metrics_text(sample());
  for (const auto* line : {"bartizan_alerts_total{rule=\"passwordSpray\",severity=\"high\",mode=\"live\"} 0", "bartizan_dead_letters_total{reason=\"bad_time\"} 0",
                           "bartizan_events_total{category=\"managed_identity\",agent=\"true\"} 0", "bartizan_risky_entities{entity_type=\"agent\",level=\"high\"} 0",
                           "bartizan_detection_latency_seconds_bucket{le=\"+Inf\"} 0", "bartizan_recovery_hash_mismatches_total 0",
                           "bartizan_ingest_risk_reports_total 0", "bartizan_ingest_directory_changes_total 0", "bartizan_risk_reports_total 0",
                           "bartizan_directory_changes_total 0"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("counters show where they belong", "[metrics]") {
  DetectStats detect;
  IngestStats ingest;
  detect.events[2][1].add(3);
  detect.rules.of("passwordSpray").alerts[static_cast<std::size_t>(Severity::high)][0].add();
  detect.rules.of("passwordSpray").suppressed[static_cast<std::size_t>(Suppression::learning)].add(2);
  detect.detection_latency.observe(0.02);
  ingest.risk_reports.add(5);
  ingest.directory_changes.add(6);
  detect.risk_reports.add(7);
  detect.directory_changes.add(8);
  ingest.dead_letters[static_cast<std::size_t>(DeadLetterReason::bad_time)].add(4);
  MetricsSource source = sample();
  source.detect = &detect;
  source.ingest = &ingest;
  const std::string text = metrics_text(source);
  CHECK(text.find("bartizan_events_total{category=\"service_principal\",agent=\"true\"} 3") != std::string::npos);
  CHECK(text.find("bartizan_alerts_total{rule=\"passwordSpray\",severity=\"high\",mode=\"live\"} 1") != std::string::npos);
  CHECK(text.find("bartizan_alerts_suppressed_total{rule=\"passwordSpray\",cause=\"learning\"} 2") != std::string::npos);
  CHECK(text.find("bartizan_dead_letters_total{reason=\"bad_time\"} 4") != std::string::npos);
  CHECK(text.find("bartizan_ingest_risk_reports_total 5") != std::string::npos);
  CHECK(text.find("bartizan_ingest_directory_changes_total 6") != std::string::npos);
  CHECK(text.find("bartizan_risk_reports_total 7") != std::string::npos);
  CHECK(text.find("bartizan_directory_changes_total 8") != std::string::npos);
  CHECK(text.find("bartizan_detection_latency_seconds_bucket{le=\"0.05\"} 1") != std::string::npos);
  CHECK(text.find("bartizan_detection_latency_seconds_bucket{le=\"0.01\"} 0") != std::string::npos);
}

TEST_CASE("with a hundred rules a scrape stays below 3,000 series", "[metrics]") {
  MetricsSource source = sample();
  source.rule_ids.clear();
  for (int i = 0; i < 100; ++i) source.rule_ids.push_back("rule" + std::to_string(i));
  std::istringstream in(metrics_text(source));
  int series = 0;
  for (std::string line; std::getline(in, line);) series += line.empty() || line[0] == '#' ? 0 : 1;
  CHECK(series < 3000);
}

TEST_CASE("promtool finds nothing to complain about", "[metrics]") {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    WARN("skipped: promtool is not installed (tests/run.sh installs it)");
    return;
  }
  const auto path = std::filesystem::temp_directory_path() / "bartizan-exposition.txt";
  std::ofstream(path) << metrics_text(sample());
  CHECK(std::system(("promtool check metrics < " + path.string()).c_str()) == 0);
  std::filesystem::remove(path);
}

TEST_CASE("the metrics page is what the code says", "[metrics][docs]") {
  const std::string path = std::string(BARTIZAN_SOURCE_DIR) + "/docs/metrics.md";
  if (std::getenv("BARTIZAN_REWRITE") != nullptr) std::ofstream(path) << metrics_markdown();
  CHECK(read_file(path) == metrics_markdown());
  for (const auto& name : names_in(metrics_text(sample()))) {
    INFO(name);
    CHECK(metrics_markdown().find("| `" + name + "` |") != std::string::npos);
  }
}
