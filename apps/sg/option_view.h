#pragma once
// A CLI11 command as plain data, for those who turn the command line into text. Only
// command_tree.cc, completions.cc and man_page.cc use it.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sg {

struct OptionView {
  std::vector<std::string> names;  // "-k", "--top-k"; empty for a positional argument
  std::string value;               // "N", "auto|always|never", "QUERY"; empty for a flag
  std::string description;
  std::string group;
  bool repeats = false;
  bool required = false;

  // "-k, --top-k N".
  std::string Heading() const;
  // The words of a value "a|b|c"; empty for others.
  std::vector<std::string> Choices() const;
};

struct CommandView {
  std::string name;  // "sg search"
  std::string description;
  std::string footer;  // examples
  std::vector<OptionView> positionals;
  std::vector<OptionView> options;  // grouped: equal groups stand together
  std::vector<CommandView> commands;
};

// Hidden options and commands (group "") are left out.
CommandView ViewOf(const CLI::App& app);

}  // namespace sg
