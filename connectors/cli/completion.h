#pragma once
// Completion scripts for shells, made from the tree of commands.

#include <cstdint>
#include <string>
#include <vector>

namespace bartizan::cli {

enum class ValueKind : std::uint8_t { none, text, file, folder, choice };

struct OptionWords {
  std::vector<std::string> names;  // "-c", "--config"
  std::string help;
  ValueKind kind = ValueKind::none;  // none: a flag
  std::vector<std::string> choices;
};

struct CommandWords {
  std::string name;
  std::string help;
  std::vector<OptionWords> options;
  OptionWords positional;  // without names; kind none: the command takes no words
  std::vector<CommandWords> commands;
};

/// A script for `bash`, `zsh` or `fish`; empty for another word. Calls nothing of ours while it completes.
std::string completion_script(const std::string& shell, const CommandWords& root);

}  // namespace bartizan::cli
