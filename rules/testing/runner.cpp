#include "rules/testing/runner.h"

#include <algorithm>
#include <cmath>

#include "engine/pipeline/shard.h"
#include "engine/settings/binding.h"
#include "rules/testing/fired.h"
#include "rules/testing/test_events.h"

namespace bartizan::rule_testing {
namespace {

using settings::Diagnostics;
using settings::Node;
using settings::Section;

constexpr std::size_t kEventsMax = 300'000;  // of one case

struct ExpectText {
  std::string at;  // empty: whenever
  std::string rule;
  std::string entity;
  std::string severity;
  std::string title;
  settings::TextMap why;
};
struct CaseText {
  std::string name;
  std::vector<ShortEvent> history, events;
  std::vector<ExpectText> expect;
  std::vector<std::string> allow;
};
struct FileText {
  std::string schema;
  std::string rule;
  std::vector<CaseText> cases;
};

std::string complaint_about_offset(std::string_view text) { return parse_offset(text) ? "" : "is no offset such as 0m, 55m, 2d or -6h"; }
std::string complaint_about_severity(std::string_view text) {
  return severity_from(text) ? "" : "is no severity (informational, low, medium, high, critical)";
}

Section<FileText> file_section() {
  Section<ExpectText> expect("An alert that must fire.");
  expect.key("at", &ExpectText::at, "When it fired, or rose to this severity.").check(complaint_about_offset);
  expect.key("rule", &ExpectText::rule, "Default: the file's rule.");
  expect.key("entity", &ExpectText::entity, "By name, id or address; 'tenant' for the tenant.").require().range(1, 256);
  expect.key("severity", &ExpectText::severity, "low, medium, high.").require().check(complaint_about_severity);
  expect.key("title", &ExpectText::title, "Part of the title.");
  expect.key("why", &ExpectText::why, "Checks by a part of their name, with the actual value: text, a number, or 11879+-50.");
  Section<CaseText> one("A case.");
  one.key("name", &CaseText::name, "What happens, in words.").require().range(1, 200);
  one.list("history", &CaseText::history, short_event_section(true), "Ordinary days before.");
  one.list("events", &CaseText::events, short_event_section(false), "What happens from time 0 on.").require().range(1, 1000);
  one.list("expect", &CaseText::expect, expect, "What fires; an empty list: nothing.").require();
  one.key("allow", &CaseText::allow, "Other rules that may fire too.");
  Section<FileText> file("Tests of one rule.");
  file.key("schema", &FileText::schema, "Always bartizan.rule-test/v1.").require().check([](std::string_view t) {
    return std::string(t == "bartizan.rule-test/v1" ? "" : "is not bartizan.rule-test/v1");
  });
  file.key("rule", &FileText::rule, "The rule that is tested.").require();
  file.list("cases", &FileText::cases, one, "At least one that fires and one that stays silent.").require().range(1, 1000);
  return file;
}

/// Places of a case's parts, for messages.
struct CasePlaces {
  settings::Span at;
  std::vector<settings::Span> expect;
};

CasePlaces places_of(const Node& node) {
  CasePlaces out;
  out.at = node.at;
  for (const Node& e : node.find("expect")->items) out.expect.push_back(e.at);
  return out;
}

std::string offset_text(Time t) {
  const Duration d = t - kVirtualZero;
  return (d.count() < 0 ? "-" : "") + settings::format_duration(d.count() < 0 ? -d : d);
}

/// Runs events through a shard that has only this tenant.
class Line {
 public:
  explicit Line(const Bundle& bundle) : shard_(0, store_of(bundle), stats_) {
    JournalEntry activation;
    activation.append_time = kVirtualZero - std::chrono::hours{24 * 130};
    activation.body = BundleActivation{bundle.hash(), {}, static_cast<std::uint32_t>(bundle.rule_set()->rules.size()), {}};
    step(activation);
  }

  bool step(const JournalEntry& entry) {
    const Status status = shard_.step(entry, JournalPosition{0, offset_++, 0}, fired_);
    if (!status.ok() && error_.empty()) error_ = status.error().code + ": " + status.error().message;
    return status.ok();
  }
  void sign_in(const BuiltEvent& e) {
    JournalEntry entry;
    entry.source.source.input = "test";
    entry.source.source.file = "test";
    entry.source.offset = offset_;
    entry.append_time = e.time;
    entry.body = e.sign_in;
    step(entry);
  }
  void tick(Time t) {
    JournalEntry entry;
    entry.append_time = t;
    entry.body = Tick{};
    step(entry);
  }

  const FiredAlerts& fired() const { return fired_; }
  const std::string& error() const { return error_; }

 private:
  static std::shared_ptr<const RuleSetStore> store_of(const Bundle& bundle) {
    auto store = std::make_shared<BundleStore>();
    store->add(bundle);
    return store;
  }
  DetectStats stats_;
  Shard shard_;
  FiredAlerts fired_;
  std::int64_t offset_ = 0;
  std::string error_;
};

/// The number in "11879", and the tolerance in "11879+-50" or "11879±50".
struct Tolerance {
  double value = 0;
  double around = 0;
};
std::optional<Tolerance> parse_tolerance(std::string_view text) {
  std::size_t sign = text.find("+-");
  std::size_t width = 2;
  if (sign == std::string_view::npos) sign = text.find("\xC2\xB1");
  if (sign == std::string_view::npos) sign = text.size(), width = 0;
  const auto value = settings::parse_number(text.substr(0, sign));
  const auto around = width == 0 ? std::optional<double>(0) : settings::parse_number(text.substr(sign + width));
  return value && around ? std::optional(Tolerance{*value, *around}) : std::nullopt;
}

bool value_matches(const Node& actual, std::string_view wanted) {
  if (actual.kind == Node::Kind::list) {
    return std::any_of(actual.items.begin(), actual.items.end(), [wanted](const Node& n) { return n.text == wanted; });
  }
  const auto tolerance = parse_tolerance(wanted);
  const auto number = actual.quoted ? std::nullopt : settings::parse_number(actual.text);
  if (tolerance && number) return std::abs(*number - tolerance->value) <= tolerance->around;
  return actual.text == wanted;
}

/// What is wrong with the explanation; empty: all that is wanted is there.
std::string why_complaint(const Node& why, const settings::TextMap& wanted) {
  for (const auto& [name, value] : wanted) {
    const Node* actual = nullptr;
    for (const Node& check : why.items) {
      const std::string& text = check.find("check")->text;
      if (actual == nullptr && (text == name || text.find(name) != std::string::npos)) actual = check.find("actual");
    }
    if (actual == nullptr) return "no check named '" + name + "'";
    if (!value_matches(*actual, value)) return "'" + name + "' is " + actual->text + ", expected " + value;
  }
  return "";
}

bool entity_matches(const FiredAlert& alert, const ExpectText& expect) { return alert.is_about(expect.entity); }

/// Compares what fired with what was expected.
class Judge {
 public:
  Judge(const FileText& file, const CaseText& one, const CasePlaces& places, CaseResult& result)
      : file_(file), case_(one), places_(places), result_(result) {}

  void judge(const std::vector<FiredAlert>& fired) {
    covered_.assign(fired.size(), false);
    for (std::size_t i = 0; i < case_.expect.size(); ++i) expect(case_.expect[i], places_.expect[i], fired);
    for (std::size_t i = 0; i < fired.size(); ++i) {
      if (!covered_[i]) unexpected(fired[i]);
    }
  }

 private:
  void fail(const settings::Span& at, std::string message) { result_.failures.push_back(Failure{at, std::move(message)}); }

  void expect(const ExpectText& wanted, const settings::Span& at, const std::vector<FiredAlert>& fired) {
    const std::string& rule = wanted.rule.empty() ? file_.rule : wanted.rule;
    std::string nearest_miss;
    for (std::size_t i = 0; i < fired.size(); ++i) {
      if (fired[i].rule != rule || !entity_matches(fired[i], wanted)) continue;
      for (const Revision& revision : fired[i].revisions) {
        const std::string complaint = complaint_about(revision, wanted);
        if (!complaint.empty()) {
          nearest_miss = complaint;
          continue;
        }
        // An alert that goes on to rise needs an expectation of its own for the rise.
        covered_[i] = covered_[i] || &revision == &fired[i].last();
        return;
      }
    }
    fail(at, "expected " + rule + " " + wanted.severity + " on " + wanted.entity + (wanted.at.empty() ? "" : " at " + wanted.at) +
                 (nearest_miss.empty() ? ", but nothing such fired" : ", but " + nearest_miss));
  }

  static std::string complaint_about(const Revision& revision, const ExpectText& wanted) {
    if (revision.severity != wanted.severity) return "its severity is " + revision.severity;
    if (!wanted.at.empty()) {
      // Within the second: history moves within its minute, events do not.
      const Duration off = revision.at - (kVirtualZero + *parse_offset(wanted.at));
      if (off >= std::chrono::seconds{1} || off <= -std::chrono::seconds{1}) return "it fired at " + offset_text(revision.at);
    }
    if (revision.title.find(wanted.title) == std::string::npos) return "its title is '" + revision.title + "'";
    return why_complaint(revision.why, wanted.why);
  }

  void unexpected(const FiredAlert& alert) {
    const bool allowed = std::find(case_.allow.begin(), case_.allow.end(), alert.rule) != case_.allow.end();
    if (allowed && alert.rule != file_.rule) return;
    fail(places_.at, "unexpected: " + alert.rule + " " + alert.last().severity + " on " + alert.entity_text() + " at " + offset_text(alert.last().at) +
                         ": " + alert.last().title);
  }

  const FileText& file_;
  const CaseText& case_;
  const CasePlaces& places_;
  CaseResult& result_;
  std::vector<bool> covered_;
};

std::vector<std::unique_ptr<BuiltEvent>> events_of(const CaseText& one) {
  std::vector<std::unique_ptr<BuiltEvent>> all;
  std::uint64_t number = 0;
  const auto add = [&](const std::vector<ShortEvent>& events, bool history) {
    for (const ShortEvent& e : events) {
      std::vector<std::unique_ptr<BuiltEvent>> some = build_events(e, history, ++number);
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
  };
  add(one.history, true);
  add(one.events, false);
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->time < b->time; });
  return all;
}

CaseResult run_case(const FileText& file, const CaseText& one, const CasePlaces& places, const Bundle& bundle) {
  CaseResult result;
  result.name = one.name;
  result.at = places.at;
  result.expects_firing = std::any_of(one.expect.begin(), one.expect.end(), [&file](const ExpectText& e) { return e.rule.empty() || e.rule == file.rule; });
  const std::vector<std::unique_ptr<BuiltEvent>> events = events_of(one);
  if (events.size() > kEventsMax) {
    result.failures.push_back(Failure{places.at, "more than " + std::to_string(kEventsMax) + " events"});
    return result;
  }
  Line line(bundle);
  for (const auto& e : events) line.sign_in(*e);
  // News that waits for its turn comes out within 15 minutes of journal time.
  if (!events.empty()) line.tick(events.back()->time + std::chrono::minutes{16});
  if (!line.error().empty()) result.failures.push_back(Failure{places.at, line.error()});
  for (const FiredAlert& a : line.fired().all()) {
    for (const Revision& r : a.revisions) result.observed.push_back(offset_text(r.at) + " " + a.rule + " " + r.severity + " " + a.entity_text() + ": " + r.title);
  }
  Judge(file, one, places, result).judge(line.fired().all());
  return result;
}

}  // namespace

bool FileResult::passed() const {
  return std::all_of(cases.begin(), cases.end(), [](const CaseResult& c) { return c.failures.empty(); });
}
std::size_t FileResult::firing_cases() const {
  return static_cast<std::size_t>(std::count_if(cases.begin(), cases.end(), [](const CaseResult& c) { return c.expects_firing; }));
}
std::size_t FileResult::silent_cases() const { return cases.size() - firing_cases(); }

std::optional<FileResult> run_test_file(std::string file, std::string text, const Bundle& bundle, Diagnostics& diagnostics) {
  static const Section<FileText> section = file_section();
  const settings::Document document = settings::read_document(file, std::move(text), diagnostics);
  if (!diagnostics.ok()) return std::nullopt;
  const std::optional<FileText> read = settings::bind(section, document, diagnostics);
  if (!read) return std::nullopt;
  const auto& rules = bundle.rule_set()->rules;
  const bool known = std::any_of(rules.begin(), rules.end(), [&read](const Rule& r) { return r.alert.id == read->rule; });
  if (!known) {
    std::vector<std::string> ids;
    for (const Rule& r : rules) ids.push_back(r.alert.id);
    diagnostics.add(settings::code::kUnknownWord, "no rule '" + read->rule + "' is loaded", document.root.find("rule")->at, "/rule").suggestion =
        settings::nearest(read->rule, ids);
    return std::nullopt;
  }
  FileResult result;
  result.file = std::move(file);
  result.rule = read->rule;
  const Node& cases = *document.root.find("cases");
  for (std::size_t i = 0; i < read->cases.size(); ++i) {
    result.cases.push_back(run_case(*read, read->cases[i], places_of(cases.items[i]), bundle));
  }
  return result;
}

std::string describe_failures(const FileResult& result) {
  std::string out;
  for (const CaseResult& c : result.cases) {
    for (const Failure& f : c.failures) {
      out += result.file + ":" + std::to_string(f.at.line) + ": case '" + c.name + "': " + f.message + "\n";
    }
  }
  return out;
}

}  // namespace bartizan::rule_testing
