#include "connectors/cli/completion.h"

#include <functional>
#include <string_view>

namespace bartizan::cli {
namespace {

using Visit = std::function<void(const CommandWords&, const std::string& path)>;

/// Every command with its path: "" is the program, "/config/show" a command.
void walk(const CommandWords& command, const std::string& path, const Visit& visit) {
  visit(command, path);
  for (const auto& sub : command.commands) walk(sub, path + "/" + sub.name, visit);
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : between).append(word);
  return out;
}

/// Text inside single quotes of a POSIX shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) c == '\'' ? out.append("'\\''") : out.append(1, c);
  return out + "'";
}

/// Paths of all commands as patterns of a `case`.
std::string known_paths(const CommandWords& root, std::string_view between = "|") {
  std::vector<std::string> paths;
  walk(root, "", [&](const CommandWords&, const std::string& path) {
    if (!path.empty()) paths.push_back(path);
  });
  return joined(paths, between);
}

std::vector<std::string> option_names(const CommandWords& command) {
  std::vector<std::string> out;
  for (const auto& option : command.options) out.insert(out.end(), option.names.begin(), option.names.end());
  return out;
}

// ------------------------------------------------------------------------------------------------ bash

std::string bash_values(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::file: return "COMPREPLY=($(compgen -f -- \"$cur\"))";
    case ValueKind::folder: return "COMPREPLY=($(compgen -d -- \"$cur\"))";
    case ValueKind::choice: return "COMPREPLY=($(compgen -W " + quoted(joined(option.choices, " ")) + " -- \"$cur\"))";
    case ValueKind::none:
    case ValueKind::text: break;
  }
  return "COMPREPLY=()";
}

std::string bash_script(const CommandWords& root) {
  std::string values;
  std::string words;
  walk(root, "", [&](const CommandWords& command, const std::string& path) {
    for (const auto& option : command.options) {
      if (option.kind == ValueKind::none) continue;
      std::vector<std::string> patterns;
      for (const auto& name : option.names) patterns.push_back(quoted(path + ":" + name));
      values += "    " + joined(patterns, "|") + ") " + bash_values(option) + "; return ;;\n";
    }
    std::vector<std::string> plain;
    for (const auto& sub : command.commands) plain.push_back(sub.name);
    if (command.positional.kind == ValueKind::choice) {
      plain.insert(plain.end(), command.positional.choices.begin(), command.positional.choices.end());
    }
    words += "    " + quoted(path) + ") options=" + quoted(joined(option_names(command), " ")) + " plain=" + quoted(joined(plain, " ")) +
        " ;;\n";
  });
  return "# bash completion of bartizan. In ~/.bashrc:  source <(bartizan completion bash)\n"
         "_bartizan() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} at='' options='' plain='' i\n"
         "  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case \"$at/${COMP_WORDS[i]}\" in\n"
         "      " + known_paths(root) + ") at=\"$at/${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at:$prev\" in\n" + values +
         "  esac\n"
         "  case \"$at\" in\n" + words +
         "  esac\n"
         "  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")); return; fi\n"
         "  COMPREPLY=($(compgen -W \"$plain\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _bartizan bartizan\n";
}

// ------------------------------------------------------------------------------------------------ zsh

/// name:help for _describe.
std::string described(const std::string& name, const std::string& help) {
  std::string out;
  for (const char c : name + "\n" + help) c == ':' ? out.append("\\:") : out.append(1, c);
  out[out.find('\n')] = ':';
  return quoted(out);
}

std::string zsh_values(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::file: return "_files";
    case ValueKind::folder: return "_files -/";
    case ValueKind::choice: return "compadd -- " + joined(option.choices, " ");
    case ValueKind::none:
    case ValueKind::text: break;
  }
  return "_message value";
}

std::string zsh_script(const CommandWords& root) {
  std::string values;
  std::string words;
  walk(root, "", [&](const CommandWords& command, const std::string& path) {
    std::string commands;
    std::string options;
    for (const auto& sub : command.commands) commands += " " + described(sub.name, sub.help);
    for (const auto& choice : command.positional.choices) commands += " " + quoted(choice);
    for (const auto& option : command.options) {
      std::vector<std::string> patterns;
      for (const auto& name : option.names) {
        options += " " + described(name, option.help);
        patterns.push_back(quoted(path + ":" + name));
      }
      if (option.kind != ValueKind::none) values += "    (" + joined(patterns, "|") + ") " + zsh_values(option) + "; return ;;\n";
    }
    words += "    (" + quoted(path) + ")\n      commands=(" + commands + " )\n      options=(" + options + " ) ;;\n";
  });
  return "#compdef bartizan\n"
         "# zsh completion of bartizan. In ~/.zshrc, after compinit:  source <(bartizan completion zsh)\n"
         "_bartizan() {\n"
         "  local at='' i\n"
         "  local -a commands options\n"
         "  for ((i = 2; i < CURRENT; i++)); do\n"
         "    case \"$at/$words[i]\" in\n"
         "      (" + known_paths(root) + ") at=\"$at/$words[i]\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$at:$words[CURRENT-1]\" in\n" + values +
         "  esac\n"
         "  case \"$at\" in\n" + words +
         "  esac\n"
         "  if [[ $words[CURRENT] == -* ]]; then _describe -o option options; return; fi\n"
         "  if (( $#commands )); then _describe command commands; else _files; fi\n"
         "}\n"
         "compdef _bartizan bartizan\n";
}

// ------------------------------------------------------------------------------------------------ fish

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_values(const OptionWords& option) {
  switch (option.kind) {
    case ValueKind::none: return "";
    case ValueKind::file: return " -r -F";
    case ValueKind::folder: return " -x -a '(__fish_complete_directories)'";
    case ValueKind::choice: return " -x -a " + fish_quoted(joined(option.choices, " "));
    case ValueKind::text: break;
  }
  return " -x";
}

std::string fish_script(const CommandWords& root) {
  std::string lines;
  walk(root, "", [&](const CommandWords& command, const std::string& path) {
    const std::string here = "complete -c bartizan -n '__bartizan_at " + path + "'";
    for (const auto& sub : command.commands) lines += here + " -f -a " + sub.name + " -d " + fish_quoted(sub.help) + "\n";
    for (const auto& choice : command.positional.choices) lines += here + " -f -a " + fish_quoted(choice) + "\n";
    for (const auto& option : command.options) {
      lines += here;
      for (const auto& name : option.names) lines += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      lines += fish_values(option) + " -d " + fish_quoted(option.help) + "\n";
    }
  });
  return "# fish completion of bartizan:  bartizan completion fish > ~/.config/fish/completions/bartizan.fish\n"
         "function __bartizan_at\n"
         "  set -l at ''\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    switch \"$at/$word\"\n"
         "      case " + known_paths(root, " ") + "\n"
         "        set at \"$at/$word\"\n"
         "    end\n"
         "  end\n"
         "  test \"$at\" = \"$argv\"\n"
         "end\n" + lines;
}

}  // namespace

std::string completion_script(const std::string& shell, const CommandWords& root) {
  if (shell == "bash") return bash_script(root);
  if (shell == "zsh") return zsh_script(root);
  if (shell == "fish") return fish_script(root);
  return {};
}

}  // namespace bartizan::cli
