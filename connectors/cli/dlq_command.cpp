// dlq list, dlq show: the dead letters of the embedded transport.

#include <filesystem>
#include <fstream>
#include <optional>

#include <rapidjson/document.h>
#include <unistd.h>

#include "connectors/cli/commands.h"
#include "connectors/cli/config.h"
#include "connectors/cli/exit_code.h"

namespace bartizan::cli {
namespace {

std::string text_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd()) return {};
  if (member->value.IsString()) return {member->value.GetString(), member->value.GetStringLength()};
  if (member->value.IsUint64()) return std::to_string(member->value.GetUint64());
  return {};
}

/// file:line[index] or topic[partition]@offset[index].
std::string place_of(const rapidjson::Value& letter) {
  const auto source = letter.FindMember("source");
  if (source == letter.MemberEnd() || !source->value.IsObject()) return {};
  const std::string index = text_of(source->value, "index");
  const std::string tail = index.empty() ? "" : "[" + index + "]";
  const std::string file = text_of(source->value, "file");
  if (!file.empty()) return file + ":" + text_of(source->value, "line") + tail;
  return text_of(source->value, "topic") + "[" + text_of(source->value, "partition") + "]@" + text_of(source->value, "offset") + tail;
}

/// RFC 4648 with padding; stops at the first byte that is not of the alphabet.
std::string decode_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    unsigned v = 0;
    if (c >= 'A' && c <= 'Z') v = static_cast<unsigned>(c - 'A');
    else if (c >= 'a' && c <= 'z') v = static_cast<unsigned>(c - 'a') + 26;
    else if (c >= '0' && c <= '9') v = static_cast<unsigned>(c - '0') + 52;
    else if (c == '+') v = 62;
    else if (c == '/') v = 63;
    else break;
    bits = bits << 6 | v;
    if (++count == 4) {
      out.push_back(static_cast<char>(bits >> 16));
      out.push_back(static_cast<char>(bits >> 8));
      out.push_back(static_cast<char>(bits));
      bits = count = 0;
    }
  }
  if (count == 3) {
    out.push_back(static_cast<char>(bits >> 10));
    out.push_back(static_cast<char>(bits >> 2));
  } else if (count == 2) {
    out.push_back(static_cast<char>(bits >> 4));
  }
  return out;
}

/// The file to read: --file, or the configured output folder's. No value: the problem has been printed.
std::optional<std::string> letters_file(const Global& global, const DlqOptions& options) {
  if (!options.file.empty()) return options.file;
  settings::Diagnostics diagnostics;
  const auto config = load_config(global.config_files, diagnostics);
  if (!diagnostics.all().empty()) write_error(settings::render(diagnostics, wants_colour(global.colour, STDERR_FILENO)));
  if (!config) return std::nullopt;
  return (std::filesystem::path(resolve(*config, config->config.files.output)) / "dead-letter.ndjson").string();
}

/// Calls `visit(number, letter)` for each one; false stops. Returns an exit code.
template <class Visit>
int each_letter(const Global& global, const std::string& path, Visit&& visit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (!std::filesystem::exists(path)) return kDone;  // nothing has been refused yet
    say_error(global, "cannot read '" + path + "'");
    return kUnavailable;
  }
  std::uint64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    rapidjson::Document letter;
    letter.Parse(line.data(), line.size());
    if (letter.HasParseError() || !letter.IsObject()) {
      say_error(global, path + ":" + std::to_string(number) + ": not a dead letter");
      return kInvalid;
    }
    if (!visit(number, letter)) break;
  }
  return kDone;
}

}  // namespace

int dlq_list(const Global& global, const DlqOptions& options) {
  const auto path = letters_file(global, options);
  if (!path) return kInvalid;
  Rows rows({"number", "detected_at", "reason", "stage", "source", "size", "detail"});
  rows.raw_column(0);
  rows.raw_column(5);
  const int code = each_letter(global, *path, [&](std::uint64_t number, const rapidjson::Value& letter) {
    if (options.reason.empty() || text_of(letter, "reason") == options.reason) {
      rows.add({std::to_string(number), text_of(letter, "detected_at"), text_of(letter, "reason"), text_of(letter, "stage"), place_of(letter),
                text_of(letter, "size"), text_of(letter, "detail")});
    }
    return true;
  });
  if (code != kDone) return code;
  if (rows.size() == 0) say(global, "no dead letters in " + *path);
  rows.print(global.format, wants_colour(global.colour, STDOUT_FILENO));
  return kDone;
}

int dlq_show(const Global& global, const DlqOptions& options) {
  const auto path = letters_file(global, options);
  if (!path) return kInvalid;
  bool found = false;
  const int code = each_letter(global, *path, [&](std::uint64_t number, const rapidjson::Value& letter) {
    if (number != options.number) return true;
    found = true;
    const std::string bytes = decode_base64(text_of(letter, "value_base64"));
    if (options.raw) {
      write_out(bytes);
      return false;
    }
    std::string out;
    for (const char* name : {"reason", "stage", "detail", "detected_at", "size", "sha256", "engine_version"}) {
      const std::string value = text_of(letter, name);
      if (!value.empty()) out += std::string(name) + std::string(16 - std::string_view(name).size(), ' ') + printable(value) + "\n";
    }
    out += "source          " + printable(place_of(letter)) + "\n\n" + printable(bytes) + "\n";
    write_out(out);
    return false;
  });
  if (code == kDone && !found) {
    say_error(global, "there is no dead letter number " + std::to_string(options.number) + " in " + *path);
    return kUsage;
  }
  return code;
}

}  // namespace bartizan::cli
