#pragma once
// The command line as text: help, completions of three shells and the manual page, all made from
// the one CLI11 tree so that they cannot drift from what the program accepts. Pure functions.

#include <optional>
#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace sg {

// "sg search [OPTIONS] QUERY [PATH]...".
std::string UsageLine(const CLI::App& command);

// What --help prints.
std::string RenderHelp(const CLI::App& command);

// The completion script for "bash", "zsh" or "fish"; nullopt for any other shell.
std::optional<std::string> RenderCompletions(const CLI::App& root, std::string_view shell);

// sg(1) in man(7) macros. `version` goes into its foot.
std::string RenderManPage(const CLI::App& root, std::string_view version);

}  // namespace sg
