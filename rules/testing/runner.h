#pragma once
// Executes a rule's test file (`<id>.test.yml`, docs/rules.md) through the real fold, on a virtual clock.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/settings/diagnostic.h"
#include "rules/packs/bundle.h"

namespace bartizan::rule_testing {

/// What went wrong in a case, at the line of the expectation or event that it is about.
struct Failure {
  settings::Span at;
  std::string message;
};

struct CaseResult {
  std::string name;
  settings::Span at;                  // of the case
  bool expects_firing = false;        // of the file's own rule
  std::vector<Failure> failures;      // empty: passed
  std::vector<std::string> observed;  // what fired, one line each, in order: `10m suspiciousSignins high invoice-sync`
};

struct FileResult {
  std::string file;
  std::string rule;
  std::vector<CaseResult> cases;
  bool passed() const;
  std::size_t firing_cases() const;
  std::size_t silent_cases() const;
};

/// Reads and runs a test file with all rules of the bundle. No value when the text is wrong (`diagnostics` tells) or has no case.
///
/// A case passes when each expected alert fired, with its severity, time and `why`, and nothing else did: neither of the file's rule nor of
/// another one (unless `allow` names that).
std::optional<FileResult> run_test_file(std::string file, std::string text, const Bundle& bundle, settings::Diagnostics& diagnostics);

/// `file:line: case 'name': message`, one line per failure.
std::string describe_failures(const FileResult& result);

}  // namespace bartizan::rule_testing
