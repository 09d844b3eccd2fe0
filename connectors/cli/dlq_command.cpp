// dlq list, show, replay: records that could not be used.

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/dead_letters.h"
#include "connectors/cli/errand.h"
#include "connectors/cli/exit_code.h"
#include "connectors/kafka/topic_access.h"
#include "connectors/kafka/topics.h"

namespace bartizan::cli {
namespace {

/// Where the letters are: a file, or a cluster's topic.
struct Letters {
  std::string name;
  std::string path;
  std::optional<kafka::KafkaOptions> kafka;
  Status each(const VisitLetter& visit) const { return kafka ? letters_in_topic(*kafka, visit) : letters_in_file(path, visit); }
};

/// --file, or what the configuration says. No value: the problem has been printed.
std::optional<Letters> find_letters(const Global& global, const DlqOptions& options) {
  Letters out;
  if (!options.file.empty()) {
    out.name = out.path = options.file;
    return out;
  }
  settings::Diagnostics diagnostics;
  const auto config = load_config(global.config_files, diagnostics);
  if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, wants_colour(global.colour, STDERR_FILENO)));
  if (!config) return std::nullopt;
  if (config->config.kafka) {
    out.kafka = errand_options(global, *config);
    out.name = kafka::topic(*out.kafka, Topic::dead_letter);
  } else {
    out.name = out.path = (std::filesystem::path(resolve(*config, config->config.files.output)) / "dead-letter.ndjson").string();
  }
  return out;
}

int failed(const Global& global, const Error& error) {
  say_error(global, error.message);
  return error.code == "invalid" ? kInvalid : exit_code_of(error);
}

std::string with_label(const std::string& name, const std::string& value) {
  return name + std::string(16 - name.size(), ' ') + printable(value) + "\n";
}

/// What dlq replay sends: chosen letters that are whole.
struct Chosen {
  std::vector<StoredLetter> letters;
  std::uint64_t cut = 0;       // only a part of the original is kept
  std::uint64_t homeless = 0;  // Kafka: no topic is known
};

bool is_chosen(const DlqOptions& options, std::uint64_t number, const StoredLetter& letter) {
  if (!options.reason.empty() && letter.field("reason") != options.reason) return false;
  return options.numbers.empty() || std::find(options.numbers.begin(), options.numbers.end(), number) != options.numbers.end();
}

Result<Chosen> choose(const Letters& letters, const DlqOptions& options) {
  Chosen out;
  const Status read = letters.each([&](std::uint64_t number, const StoredLetter& letter) {
    if (!is_chosen(options, number, letter)) return true;
    if (letter.is_cut()) ++out.cut;
    else if (letters.kafka && letter.source.count("topic") == 0) ++out.homeless;
    else out.letters.push_back(letter);
    return true;
  });
  if (!read.ok()) return read.error();
  return out;
}

/// Yes by flag, or by a person at a terminal.
bool agreed(const DlqOptions& options, const std::string& question) {
  if (options.yes) return true;
  write_error(question + " [y/N] ");
  std::string answer;
  return std::getline(std::cin, answer) && (answer == "y" || answer == "yes");
}

Status send_to_file(const std::string& path, const std::vector<StoredLetter>& letters) {
  std::string text;
  for (const auto& letter : letters) text += letter.bytes + "\n";
  std::ofstream out(path, std::ios::binary | std::ios::app);
  out << text;
  out.close();
  if (!out) return Error{"unwritable", "cannot write '" + path + "': " + std::strerror(errno)};
  return Ok{};
}

Status send_to_topics(const kafka::KafkaOptions& options, const std::vector<StoredLetter>& letters) {
  std::vector<kafka::OutMessage> messages;
  for (const auto& letter : letters) {
    kafka::OutMessage message;
    message.topic = letter.source.at("topic");
    message.value = letter.bytes;
    messages.push_back(std::move(message));
  }
  return kafka::put_messages(options, "dlq", messages);
}

}  // namespace

int dlq_list(const Global& global, const DlqOptions& options) {
  const auto letters = find_letters(global, options);
  if (!letters) return kInvalid;
  Rows rows({"number", "detected_at", "reason", "stage", "source", "size", "detail"});
  rows.raw_column(0);
  rows.raw_column(5);
  const Status read = letters->each([&](std::uint64_t number, const StoredLetter& letter) {
    if (!is_chosen(options, number, letter)) return true;
    rows.add({std::to_string(number), letter.field("detected_at"), letter.field("reason"), letter.field("stage"), letter.place(),
              letter.field("size"), letter.field("detail")});
    return true;
  });
  if (!read.ok()) return failed(global, read.error());
  if (rows.size() == 0) say(global, "no dead letters in " + letters->name);
  rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

int dlq_show(const Global& global, const DlqOptions& options) {
  const auto letters = find_letters(global, options);
  if (!letters) return kInvalid;
  bool found = false;
  const Status read = letters->each([&](std::uint64_t number, const StoredLetter& letter) {
    if (number != options.number) return true;
    found = true;
    if (options.raw) {
      write_out(letter.bytes);
      return false;
    }
    std::string out;
    for (const char* name : {"reason", "stage", "detail", "detected_at", "size", "sha256", "engine_version"}) {
      if (const std::string value = letter.field(name); !value.empty()) out += with_label(name, value);
    }
    write_out(out + with_label("source", letter.place()) + "\n" + printable(letter.bytes) + "\n");
    return false;
  });
  if (!read.ok()) return failed(global, read.error());
  if (found) return kDone;
  say_error(global, "there is no dead letter number " + std::to_string(options.number) + " in " + letters->name);
  return kUsage;
}

int dlq_replay(const Global& global, const DlqOptions& options) {
  const auto letters = find_letters(global, options);
  if (!letters) return kInvalid;
  if (letters->kafka.has_value() != options.to.empty()) {
    say_error(global, letters->kafka ? "--to is for files; on Kafka every record goes back to the topic it came from"
                                     : "--to FILE is needed: an input file that the records are appended to");
    return kUsage;
  }
  const auto chosen = choose(*letters, options);
  if (!chosen) return failed(global, chosen.error());
  const auto& sent = chosen.value().letters;
  const std::uint64_t left = chosen.value().cut + chosen.value().homeless;
  const std::string target = letters->kafka ? "the topics they came from" : options.to;
  if (sent.empty() && left == 0) {
    say(global, "no dead letters to send in " + letters->name);
    return kDone;
  }
  if (!options.yes && !is_terminal(STDIN_FILENO)) {
    say_error(global, "would send " + std::to_string(sent.size()) + " records to " + target + "; --yes says that you mean it");
    return kUsage;
  }
  if (!sent.empty() && !agreed(options, "send " + std::to_string(sent.size()) + " records to " + target + "?")) return kDone;
  const Status done = letters->kafka ? send_to_topics(*letters->kafka, sent) : send_to_file(options.to, sent);
  if (!done.ok()) return failed(global, done.error());
  Rows rows({"sent", "cut", "no_topic", "to"});
  for (std::size_t column = 0; column < 3; ++column) rows.raw_column(column);
  rows.add({std::to_string(sent.size()), std::to_string(chosen.value().cut), std::to_string(chosen.value().homeless), target});
  rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
  if (left > 0) say(global, "records of which only a part is kept, or whose topic is unknown, were not sent");
  return left > 0 ? kFindings : kDone;
}

}  // namespace bartizan::cli
