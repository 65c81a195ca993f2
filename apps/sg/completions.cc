#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/sg/command_tree.h"
#include "apps/sg/option_view.h"
#include "extract/language.h"

namespace sg {
namespace {

// What a shell offers for a value.
enum class ValueKind { kNone, kWords, kFiles, kFolders };

struct Completion {
  ValueKind kind = ValueKind::kNone;
  std::vector<std::string> words;
};

std::vector<std::string> LanguageNames() {
  std::vector<std::string> names;
  for (const Language& language : AllLanguages()) names.emplace_back(language.name);
  return names;
}

Completion CompletionOf(const OptionView& option) {
  if (std::vector<std::string> words = option.Choices(); !words.empty()) {
    return {ValueKind::kWords, std::move(words)};
  }
  if (option.value == "LANG") return {ValueKind::kWords, LanguageNames()};
  if (option.value == "FILE" || option.value == "FILE:LINE" || option.value == "PATH") {
    return {ValueKind::kFiles, {}};
  }
  if (option.value == "DIR") return {ValueKind::kFolders, {}};
  return {};
}

std::string Joined(const std::vector<std::string>& words, const char* separator) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : separator) + word;
  return out;
}

std::string LastWord(const std::string& name) { return name.substr(name.rfind(' ') + 1); }

// The text between single quotes of any shell.
std::string Quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string> AllNames(const CommandView& command) {
  std::vector<std::string> names;
  for (const OptionView& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

std::vector<std::string> CommandNames(const CommandView& view) {
  std::vector<std::string> names;
  for (const CommandView& command : view.commands) names.push_back(LastWord(command.name));
  return names;
}

// ---- bash ----

std::string BashValues(const CommandView& command) {
  std::string out;
  for (const OptionView& option : command.options) {
    const Completion completion = CompletionOf(option);
    if (option.value.empty()) continue;
    out += "        " + Joined(option.names, "|") + ") ";
    switch (completion.kind) {
      case ValueKind::kWords:
        out +=
            "COMPREPLY=($(compgen -W " + Quoted(Joined(completion.words, " ")) + " -- \"$cur\"))";
        break;
      case ValueKind::kFiles: out += "COMPREPLY=($(compgen -f -- \"$cur\"))"; break;
      case ValueKind::kFolders: out += "COMPREPLY=($(compgen -d -- \"$cur\"))"; break;
      case ValueKind::kNone: out += "COMPREPLY=()"; break;
    }
    out += "; return ;;\n";
  }
  return out;
}

std::string BashCommand(const CommandView& command, const std::string& pattern) {
  std::string out =
      "    " + pattern + ")\n      case \"$prev\" in\n" + BashValues(command) + "      esac\n";
  out += "      if [[ $cur == -* ]]; then\n        COMPREPLY=($(compgen -W " +
         Quoted(Joined(AllNames(command), " ")) + " -- \"$cur\"))\n";
  if (!command.commands.empty()) {
    out += "      else\n        COMPREPLY=($(compgen -W " +
           Quoted(Joined(CommandNames(command), " ")) + " -- \"$cur\"))\n";
  } else {
    out += "      else\n        COMPREPLY=($(compgen -f -- \"$cur\"))\n";
  }
  return out + "      fi ;;\n";
}

std::string Bash(const CommandView& view) {
  std::string out =
      "# bash completion of sg, made by: sg completions bash\n"
      "_sg() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  COMPREPLY=()\n"
      "  if [[ $COMP_CWORD == 1 && $cur != -* ]]; then\n"
      "    COMPREPLY=($(compgen -W " +
      Quoted(Joined(CommandNames(view), " ")) +
      " -- \"$cur\"))\n    return\n  fi\n  case ${COMP_WORDS[1]} in\n";
  const CommandView* search = nullptr;
  for (const CommandView& command : view.commands) {
    if (LastWord(command.name) == "search") search = &command;
    out += BashCommand(command, LastWord(command.name));
  }
  // A bare search has the flags of search.
  if (search != nullptr) out += BashCommand(*search, "*");
  return out + "  esac\n}\ncomplete -o filenames -F _sg sg sgx\n";
}

// ---- zsh ----

std::string ZshText(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string ZshAction(const OptionView& option) {
  const Completion completion = CompletionOf(option);
  switch (completion.kind) {
    case ValueKind::kWords: return "(" + Joined(completion.words, " ") + ")";
    case ValueKind::kFiles: return "_files";
    case ValueKind::kFolders: return "_files -/";
    case ValueKind::kNone: return " ";
  }
  return " ";
}

std::string ZshCommand(const CommandView& command) {
  std::string out;
  for (const OptionView& option : command.options) {
    for (const std::string& name : option.names) {
      std::string spec = (option.repeats ? "*" : "") + name;
      if (!option.value.empty() && name.rfind("--", 0) == 0) spec += "=";
      spec += "[" + ZshText(option.description) + "]";
      if (!option.value.empty()) {
        spec += ":" + ZshText(option.value) + ":" + ZshAction(option);
      }
      out += "        " + Quoted(spec) + " \\\n";
    }
  }
  const bool nested = !command.commands.empty();
  const std::string rest =
      nested ? "*:command:(" + Joined(CommandNames(command), " ") + ")" : "*:path:_files";
  return out + "        " + Quoted(rest) + "\n";
}

std::string Zsh(const CommandView& view) {
  std::string out =
      "#compdef sg sgx\n# zsh completion of sg, made by: sg completions zsh\n"
      "_sg() {\n  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
      "    local -a commands=(\n";
  for (const CommandView& command : view.commands) {
    out += "      " + Quoted(LastWord(command.name) + ":" + ZshText(command.description)) + "\n";
  }
  out += "    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n";
  for (const CommandView& command : view.commands) {
    if (LastWord(command.name) == "search") continue;
    out += "    " + LastWord(command.name) +
           ")\n      shift words; (( CURRENT-- ))\n"
           "      _arguments -S \\\n" +
           ZshCommand(command) + "      ;;\n";
  }
  for (const CommandView& command : view.commands) {
    if (LastWord(command.name) != "search") continue;
    out +=
        "    *)\n      [[ $words[2] == search ]] && { shift words; (( CURRENT-- )); }\n"
        "      _arguments -S \\\n" +
        ZshCommand(command) + "      ;;\n";
  }
  return out +
         "  esac\n}\nif [[ $funcstack[1] == _sg ]]; then _sg \"$@\"; else compdef _sg sg sgx; fi\n";
}

// ---- fish ----

std::string FishOption(const OptionView& option, const std::string& condition) {
  std::string out = "complete -c sg -n " + Quoted(condition);
  for (const std::string& name : option.names) {
    out += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  const Completion completion = CompletionOf(option);
  switch (completion.kind) {
    case ValueKind::kWords: out += " -xa " + Quoted(Joined(completion.words, " ")); break;
    case ValueKind::kFiles: out += " -rF"; break;
    case ValueKind::kFolders: out += " -xa '(__fish_complete_directories)'"; break;
    case ValueKind::kNone: out += option.value.empty() ? "" : " -x"; break;
  }
  return out + " -d " + Quoted(option.description) + "\n";
}

std::string Fish(const CommandView& view) {
  std::string out = "# fish completion of sg, made by: sg completions fish\n";
  const std::string names = Joined(CommandNames(view), " ");
  for (const CommandView& command : view.commands) {
    out += "complete -c sg -n __fish_use_subcommand -a " + LastWord(command.name) + " -d " +
           Quoted(command.description) + "\n";
  }
  for (const CommandView& command : view.commands) {
    const std::string name = LastWord(command.name);
    // A bare search has the flags of search.
    std::string others = names;
    if (const size_t at = others.find("search "); at == 0) others.erase(0, 7);
    const std::string condition = name == "search" ? "not __fish_seen_subcommand_from " + others
                                                   : "__fish_seen_subcommand_from " + name;
    for (const OptionView& option : command.options) out += FishOption(option, condition);
    for (const CommandView& nested : command.commands) {
      out += "complete -c sg -f -n " + Quoted(condition) + " -a " + LastWord(nested.name) + " -d " +
             Quoted(nested.description) + "\n";
    }
  }
  return out + "complete -c sgx -w sg\n";
}

}  // namespace

std::optional<std::string> RenderCompletions(const CLI::App& root, std::string_view shell) {
  const CommandView view = ViewOf(root);
  if (shell == "bash") return Bash(view);
  if (shell == "zsh") return Zsh(view);
  if (shell == "fish") return Fish(view);
  return std::nullopt;
}

}  // namespace sg
