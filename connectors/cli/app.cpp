#include "connectors/cli/app.h"

#include <algorithm>
#include <functional>
#include <map>

#include <CLI/CLI.hpp>

#include "connectors/cli/commands.h"
#include "connectors/cli/completion.h"
#include "connectors/cli/exit_code.h"
#include "engine/settings/diagnostic.h"
#include "engine/settings/units.h"

namespace bartizan::cli {
namespace {

constexpr const char* kHelp = R"(Find risky users, sign-ins, workload identities and agents in Microsoft Entra sign-in streams.

  bartizan demo                            try it: no broker, no configuration
  bartizan replay FILE... --output DIR     sign-in files through the whole line
  bartizan run -c bartizan.yaml            detect on live inputs

Start        demo  init  run  replay
Check        validate  config  schema
Operate      status  risk  dlq  journal
Shell        completion  version

Options      -c, --config FILE   -o, --output-format FORMAT   -q, --quiet   -v, --verbose   --color WHEN
Exit codes   0 done  1 findings  2 usage  3 invalid  4 unavailable  5 internal
Help         bartizan COMMAND --help
)";

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 findings, 2 usage, 3 invalid configuration or rule, 4 something outside is unavailable, 5 internal";

constexpr Duration kTimeoutMin{std::chrono::seconds{1}};
constexpr Duration kTimeoutMax{std::chrono::minutes{10}};

/// The commands with their options; one object per run of the program.
class Application {
 public:
  Application();
  int run(std::vector<std::string> arguments);
  std::string help_of_all() const;

 private:
  using Action = std::function<int()>;
  CLI::App* command(CLI::App& parent, const char* name, const char* what, const char* examples, Action action);
  void add_line_commands();
  void add_check_commands();
  void add_operate_commands();
  void add_dead_letter_commands();
  void add_verdict_commands();
  int fail(const std::string& message);
  template <class Enum>
  void add_choice(CLI::App& app, const std::string& flag, Enum& value, const std::map<std::string, Enum>& words, const std::string& help);
  void add_word(CLI::App& app, const std::string& name, std::string& value, const std::vector<std::string>& words, const std::string& help,
                const char* type);
  void add_global_flags(CLI::App& app);
  void add_timeout(CLI::App& app);
  CommandWords words_of(const CLI::App& app) const;
  OptionWords words_of(const CLI::Option& option) const;
  int completion();
  std::string unknown_word(const CLI::App& app, const std::string& kind, const std::string& word) const;
  const CLI::App* deepest() const;

  CLI::App app_{"", "bartizan"};
  Global global_;
  RunOptions run_;
  ReplayOptions replay_;
  DemoCommandOptions demo_;
  InitOptions init_;
  ValidateOptions validate_;
  StatusOptions status_;
  ConfigShowOptions config_show_;
  SchemaOptions schema_;
  DlqOptions dlq_;
  JournalDumpOptions journal_;
  RiskOptions risk_;
  bool version_json_ = false;
  std::string shell_;
  std::map<const CLI::App*, Action> actions_;
  std::map<const CLI::Option*, std::vector<std::string>> choices_;  // words that an option takes
};

/// Help with the whole path of words in its usage line.
std::string help_of(const CLI::App& app) {
  std::string parents;
  for (const CLI::App* up = app.get_parent(); up != nullptr; up = up->get_parent()) {
    parents = up->get_name() + (parents.empty() ? "" : " " + parents);
  }
  return app.help(parents);
}

template <class Enum>
void Application::add_choice(CLI::App& app, const std::string& flag, Enum& value, const std::map<std::string, Enum>& words,
                             const std::string& help) {
  const CLI::Option* option =
      app.add_option(flag, value, help)->transform(CLI::CheckedTransformer(words, CLI::ignore_case).description(""))->type_name("WORD");
  for (const auto& [word, meaning] : words) choices_[option].push_back(word);
}

/// An option or a positional that takes one of some words.
void Application::add_word(CLI::App& app, const std::string& name, std::string& value, const std::vector<std::string>& words,
                           const std::string& help, const char* type) {
  choices_[app.add_option(name, value, help)->check(CLI::IsMember(words).description(""))->type_name(type)] = words;
}

/// Flags that work before and after the command.
void Application::add_global_flags(CLI::App& app) {
  app.add_option("-c,--config", global_.config_files, "Configuration file; may be given several times, later ones win")->type_name("FILE");
  add_choice(app, "-o,--output-format", global_.format,
             {{"table", OutputFormat::table}, {"json", OutputFormat::json}, {"ndjson", OutputFormat::ndjson}, {"csv", OutputFormat::csv}},
             "table, json, ndjson or csv (default: table on a terminal, otherwise ndjson)");
  app.add_flag("-q,--quiet", global_.quiet, "No progress and no hints");
  app.add_flag("-v,--verbose", global_.verbose, "Say more");
  add_choice(app, "--color", global_.colour,
             {{"auto", ColourMode::automatic}, {"always", ColourMode::always}, {"never", ColourMode::never}},
             "auto, always or never (NO_COLOR counts too)");
}

/// For commands that ask brokers.
void Application::add_timeout(CLI::App& app) {
  const auto take = [this](const std::string& text) {
    const auto time = settings::parse_duration(text);
    if (!time || *time < kTimeoutMin || *time > kTimeoutMax) {
      throw CLI::ValidationError("--timeout", "'" + printable(text, 40) + "' is not a time from 1s to 10m");
    }
    global_.timeout = *time;
  };
  app.add_option_function<std::string>("--timeout", take, "On Kafka: how long the brokers may take to answer at first (default: 15s)")
      ->type_name("TIME");
}

Application::Application() {
  app_.require_subcommand(0, 1);
  app_.set_help_flag("-h,--help", "Show this help");
  app_.allow_extras();
  add_global_flags(app_);
  add_line_commands();
  add_check_commands();
  add_operate_commands();
}

CLI::App* Application::command(CLI::App& parent, const char* name, const char* what, const char* examples, Action action) {
  CLI::App* sub = parent.add_subcommand(name, what);
  sub->set_help_flag("-h,--help", "Show this help");
  sub->allow_extras();
  sub->footer(std::string("Examples:\n") + examples + "\n" + kExitCodes);
  add_global_flags(*sub);
  if (action) actions_[sub] = std::move(action);
  return sub;
}

void Application::add_line_commands() {
  CLI::App* c = command(app_, "run", "Read the configured inputs, detect, write outputs; serve metrics and health",
                        "  bartizan run -c bartizan.yaml\n  bartizan run -c bartizan.yaml --once",
                        [this] { return cli::run(global_, run_); });
  c->add_flag("--once", run_.once, "Stop when the inputs are read to their end");

  c = command(app_, "replay", "Put files through the whole line; two replays give the same bytes",
              "  bartizan replay signins.ndjson.gz --output out\n  bartizan replay 'day-*.ndjson' --output out --fail-on-alert high\n"
              "  bartizan replay --journal -c bartizan.yaml --output out",
              [this] { return cli::replay(global_, replay_); });
  c->add_option("files", replay_.files, "Files or globs: plain, gzip or zstd; - is standard input")->type_name("FILE...");
  c->add_option("--output", replay_.output, "Folder for alerts.ndjson, risky-users.ndjson, ...")->type_name("DIR");
  c->add_option("--rules", replay_.rules, "Folder of a rule pack (default: the configuration's, else the built-in pack)")->type_name("DIR");
  c->add_option("--tenant", replay_.tenant, "Tenant id for records that carry none")->type_name("ID");
  c->add_flag("--force", replay_.force, "Replace the outputs in a folder that is not empty");
  c->add_flag("--journal", replay_.journal,
              "Replay the configured journal instead of files: of the state folder, or on Kafka from its start to its present end, "
              "writing nothing there");
  add_word(*c, "--fail-on-alert", replay_.fail_on_alert, {"informational", "low", "medium", "high", "critical"},
           "Exit with 1 when an alert of this severity or higher was written", "SEVERITY");
  add_timeout(*c);

  c = command(app_, "demo", "Watch attacks being found in a made-up tenant",
              "  bartizan demo\n  bartizan demo --scenario passwordSpray --seed 3\n  bartizan demo --once --headless\n"
              "  bartizan demo --broker 127.0.0.1:9092\n"
              "  bartizan demo --broker kafka-1.example.com:9093 -c bartizan.yaml",
              [this] { return cli::demo(global_, demo_); });
  c->add_option("--seed", demo_.seed, "Another seed, another tenant")->type_name("N");
  c->add_option("--scenario", demo_.scenario, "One attack by its name, or all")->type_name("NAME");
  c->add_flag("--once", demo_.once, "End after the story (it always does until there is a console to stay up for)");
  c->add_flag("--headless", demo_.headless, "No pauses, no colours, no progress bar: the same bytes every time");
  c->add_option("--speed", demo_.speed, "How much faster than life the story runs (default: it fits in 40 s)")->type_name("X");
  c->add_option("--broker", demo_.broker, "Play through topics of this Kafka cluster, with a prefix of their own; security as in --config")
      ->type_name("HOST:PORT");
  c->add_flag("--keep", demo_.keep, "Leave those topics when it ends (default: they are deleted)");
  c->add_option("--output", demo_.output, "Keep the output files in this folder, new or empty (default: they are removed at the end)")
      ->type_name("DIR");
  add_timeout(*c);

  c = command(app_, "init", "Write a commented configuration, a rule pack and a folder layout",
              "  bartizan init\n  bartizan init my-tenant",
              [this] { return cli::init(global_, init_); });
  c->add_option("directory", init_.directory, "Where (default: here)")->type_name("DIR");
  c->add_flag("--force", init_.force, "Replace files that exist");
}

void Application::add_check_commands() {
  CLI::App* c = command(app_, "validate", "Check configuration and rules, offline; every error at once",
                        "  bartizan validate -c bartizan.yaml\n  bartizan validate --environment -c bartizan.yaml",
                        [this] { return cli::validate(global_, validate_); });
  c->add_option("--rules", validate_.rules, "Folder of a rule pack (default: the configuration's)")->type_name("DIR");
  c->add_flag("--environment", validate_.environment,
              "Look outside too, reading only: brokers, TLS, topics and their settings, rights; files and folders");
  add_timeout(*c);

  CLI::App* config = command(app_, "config", "Show the configuration or its schema",
                             "  bartizan config show --origin -c bartizan.yaml\n  bartizan config schema", nullptr);
  config->require_subcommand(0, 1);
  c = command(*config, "show", "Every value in force", "  bartizan config show --origin -c bartizan.yaml",
              [this] { return cli::config_show(global_, config_show_); });
  c->add_flag("--origin", config_show_.origin, "With the place that set each value");
  command(*config, "schema", "JSON schema of bartizan.yaml, for editors", "  bartizan config schema > bartizan.schema.json",
          [this] { return cli::config_schema(global_); });

  c = command(app_, "schema", "JSON schemas of the records: list, print, or check a file of records",
              "  bartizan schema\n  bartizan schema alert.v1\n  bartizan schema --check out/alerts.ndjson",
              [this] { return cli::schema(global_, schema_); });
  c->add_option("name", schema_.name, "Schema to print, for example alert.v1")->type_name("NAME");
  c->add_option("--check", schema_.file, "Check every line of this file (- is standard input) against the schema it names")
      ->type_name("FILE");

  c = command(app_, "version", "Version and build", "  bartizan version --json", [this] {
    if (version_json_) global_.format = OutputFormat::json;
    return cli::version(global_);
  });
  c->add_flag("--json", version_json_, "As a JSON object");

  c = command(app_, "completion", "Completion script for a shell",
              "  source <(bartizan completion bash)\n  bartizan completion fish > ~/.config/fish/completions/bartizan.fish",
              [this] { return completion(); });
  add_word(*c, "shell", shell_, {"bash", "zsh", "fish"}, "bash, zsh or fish", "SHELL");
}

void Application::add_operate_commands() {
  CLI::App* s = command(app_, "status", "Where the line stands: assignment, lag, committed and checkpoint positions, bundle, guarantee",
                        "  bartizan status -c bartizan.yaml\n  bartizan status -c bartizan.yaml -o json",
                        [this] { return cli::status(global_, status_); });
  s->add_flag("--brief", status_.brief, "Without checkpoints: on Kafka they are looked for in the state topic");
  add_timeout(*s);

  add_dead_letter_commands();

  CLI::App* journal = command(app_, "journal", "The journal", "  bartizan journal dump -c bartizan.yaml -o ndjson", nullptr);
  journal->require_subcommand(0, 1);
  CLI::App* c = command(*journal, "dump", "One line per journal entry, repeats included",
                        "  bartizan journal dump -c bartizan.yaml --from 0:1200 -o ndjson",
                        [this] { return cli::journal_dump(global_, journal_); });
  c->add_option("--from", journal_.from, "Begin at partition P, offset O")->type_name("P:O");
  c->add_option("--limit", journal_.limit, "At most this many entries")->type_name("N");
  add_timeout(*c);

  add_verdict_commands();
}

void Application::add_dead_letter_commands() {
  CLI::App* dlq = command(app_, "dlq", "Dead letters: records that could not be used",
                          "  bartizan dlq list -c bartizan.yaml\n  bartizan dlq show 3 -c bartizan.yaml\n"
                          "  bartizan dlq replay -c bartizan.yaml",
                          nullptr);
  dlq->require_subcommand(0, 1);
  CLI::App* c = command(*dlq, "list", "One line per dead letter", "  bartizan dlq list --reason bad_time",
                        [this] { return cli::dlq_list(global_, dlq_); });
  c->add_option("--reason", dlq_.reason, "Only this reason")->type_name("REASON");
  c->add_option("--file", dlq_.file, "File to read (default: the configured file or topic)")->type_name("FILE");
  add_timeout(*c);
  c = command(*dlq, "show", "One dead letter with its original bytes", "  bartizan dlq show 3\n  bartizan dlq show 3 --raw > record.json",
              [this] { return cli::dlq_show(global_, dlq_); });
  c->add_option("number", dlq_.number, "Its number in `dlq list`")->type_name("N")->required();
  c->add_flag("--raw", dlq_.raw, "Only the original bytes");
  c->add_option("--file", dlq_.file, "File to read (default: the configured file or topic)")->type_name("FILE");
  add_timeout(*c);
  c = command(*dlq, "replay", "Send original bytes to the input again, after the cause is mended",
              "  bartizan dlq replay -c bartizan.yaml --reason missing_tenant\n  bartizan dlq replay 3 7 --to signins/again.ndjson --yes",
              [this] { return cli::dlq_replay(global_, dlq_); });
  c->add_option("numbers", dlq_.numbers, "Their numbers in `dlq list` (default: all)")->type_name("N");
  c->add_option("--reason", dlq_.reason, "Only this reason")->type_name("REASON");
  c->add_option("--to", dlq_.to,
                "Embedded transport: input file that the records are appended to; on Kafka they go to the topic that they came from")
      ->type_name("FILE");
  c->add_option("--file", dlq_.file, "File to read (default: the configured file or topic)")->type_name("FILE");
  c->add_flag("--yes", dlq_.yes, "Do not ask; needed where standard input is no terminal");
  add_timeout(*c);
}

void Application::add_verdict_commands() {
  CLI::App* r = command(app_, "risk", "Give a verdict on a user, workload identity, agent or sign-in",
                        "  bartizan risk dismiss user/8c1d2e3f-4a5b-4c6d-8e7f-901a2b3c4d5e --tenant 3b6a1f7e-52c4-4d0b-9a38-6e1c0f4d7b21 "
                        "-c bartizan.yaml",
                        nullptr);
  r->require_subcommand(0, 1);
  const std::vector<std::pair<const char*, const char*>> actions = {
      {"dismiss", "Benign: end the risk, keep flagging the like"},
      {"confirm-compromised", "True: set the risk to high"},
      {"confirm-safe", "False: end the risk (not for service principals and managed identities)"}};
  for (const auto& [name, what] : actions) {
    CLI::App* c = command(*r, name, what, "  bartizan risk dismiss agent/11111111-2222-4333-8444-555555555555 --tenant ID --note 'known job'",
                          [this, action = std::string(name)] {
                            risk_.action = action;
                            return cli::risk(global_, risk_);
                          });
    c->add_option("target", risk_.target, "user/ID, service_principal/ID, managed_identity/ID, agent/ID or sign_in/ID")
        ->type_name("TYPE/ID")->required();
    c->add_option("--tenant", risk_.tenant, "Tenant id (default: files.tenant)")->type_name("ID");
    c->add_option("--author", risk_.author, "Who decides (default: the login name)")->type_name("NAME");
    c->add_option("--note", risk_.note, "Why")->type_name("TEXT");
    c->add_option("--revision", risk_.revision, "Revision of the row that the verdict is about; newer findings survive it")->type_name("N");
    c->add_option("--id", risk_.id, "UUID of the command; a repeated one changes nothing (default: a new one)")->type_name("UUID");
    add_timeout(*c);
  }
}

int Application::fail(const std::string& message) {
  write_error("error: " + message + "\n");
  return kUsage;
}

OptionWords Application::words_of(const CLI::Option& option) const {
  OptionWords out;
  for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  out.help = option.get_description();
  const auto choices = choices_.find(&option);
  const std::string type = option.get_type_name();
  if (choices != choices_.end()) {
    out.kind = ValueKind::choice;
    out.choices = choices->second;
  } else if (option.get_items_expected_max() > 0 || option.get_positional()) {
    out.kind = type.starts_with("FILE") ? ValueKind::file : type.starts_with("DIR") ? ValueKind::folder : ValueKind::text;
  }
  return out;
}

CommandWords Application::words_of(const CLI::App& app) const {
  CommandWords out;
  out.name = app.get_name();
  out.help = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) out.positional = words_of(*option);
    else out.options.push_back(words_of(*option));
  }
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) out.commands.push_back(words_of(*sub));
  return out;
}

int Application::completion() {
  const std::string script = completion_script(shell_, words_of(app_));
  if (script.empty()) return fail("name a shell: bash, zsh or fish\n  see: bartizan completion --help");
  return write_out(script) ? kDone : kUnavailable;
}

std::string Application::unknown_word(const CLI::App& app, const std::string& kind, const std::string& word) const {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(sub->get_name());
  if (kind == "option") {
    names.clear();
    for (const CLI::Option* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  const std::string near = settings::nearest(word, names);
  return "unknown " + kind + " '" + printable(word, 60) + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?");
}

const CLI::App* Application::deepest() const {
  const CLI::App* at = &app_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

int Application::run(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app_.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* at = deepest();
    return write_out(at == &app_ ? kHelp : help_of(*at)) ? kDone : kUnavailable;
  } catch (const CLI::ParseError& e) {
    const CLI::App* at = deepest();
    return fail(std::string(e.what()) + "\n  see: " + (at == &app_ ? "bartizan --help" : "bartizan " + at->get_name() + " --help"));
  }
  const CLI::App* at = deepest();
  for (const CLI::App* level = &app_;; level = level->get_subcommands().front()) {
    for (const auto& word : level->remaining()) {
      if (word == "--") continue;
      const bool option = word.size() > 1 && word[0] == '-';
      if (option || actions_.count(at) == 0) {
        return fail(unknown_word(option ? *at : *level, option ? "option" : "command", word.substr(0, word.find('='))));
      }
      return fail("unexpected argument '" + printable(word, 60) + "'\n  see: bartizan " + at->get_name() + " --help");
    }
    if (level->get_subcommands().empty()) break;
  }
  const auto action = actions_.find(at);
  if (action == actions_.end()) {
    write_error(at == &app_ ? std::string(kHelp) : help_of(*at));
    return kUsage;
  }
  return action->second();
}

std::string Application::help_of_all() const {
  std::string out =
      "# Command line\n\nGenerated from the program's own help. Data goes to standard output; progress, logs and hints go to standard "
      "error. `-o` chooses the form of tables:\na table on a terminal, otherwise one JSON object a line. Colour is never the only "
      "carrier of a meaning and follows `--color` and `NO_COLOR`.\n\n"
      "| exit code | meaning |\n| --- | --- |\n| 0 | done |\n"
      "| 1 | done, and there is something to look at (`--fail-on-alert`, `schema --check`, `dlq replay` that left some, a demo that missed "
      "an attack) |\n"
      "| 2 | wrong usage: unknown command, option or word |\n"
      "| 3 | configuration or rule is invalid, zero rules included; topics whose settings or partitions are not as they must be |\n"
      "| 4 | something outside is unavailable: file, folder, disk, port, broker, right |\n| 5 | internal error |\n"
      "| 130, 143 | interrupted, terminated, before the line had drained: `stop.grace` was over, or a second signal came. "
      "Nothing is lost |\n";
  const std::function<void(const CLI::App&, const std::string&)> add = [&](const CLI::App& app, const std::string& name) {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      const std::string full = name + " " + sub->get_name();
      if (actions_.count(sub) > 0) out += "\n## " + full + "\n\n```\n" + sub->help(name) + "```\n";
      add(*sub, full);
    }
  };
  add(app_, "bartizan");
  return out;
}

}  // namespace

std::string help_markdown() { return Application{}.help_of_all(); }

int run_app(const std::vector<std::string>& arguments) {
  try {
    Application application;
    return application.run(arguments);
  } catch (const std::exception& e) {
    write_error(std::string("internal error: ") + e.what() +
                "\nThis is a defect. Please report it with the output of `bartizan version --json`.\n");
    return kInternal;
  }
}

}  // namespace bartizan::cli
