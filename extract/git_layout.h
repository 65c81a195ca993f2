#pragma once
// Where git keeps what a walk needs: the git directory of a work tree and the excludes files
// outside of it. Reads files only, never runs git. Functions may be called from any thread.

#include <optional>
#include <string>
#include <string_view>

namespace sg {

// Returns the common git directory (the one with info/exclude and config) if `folder` is the top of
// a work tree: a .git directory with a HEAD, or a .git file of a submodule or linked work tree.
std::optional<std::string> FindGitDirectory(const std::string& folder);

// The file that core.excludesFile names; without it $XDG_CONFIG_HOME/git/ignore or
// ~/.config/git/ignore; empty where neither is known. Reads the system's and the user's
// configuration with [include], then `git_directory`/config if that is not empty; [includeIf] is
// not read. The file need not exist.
std::string GlobalExcludesFile(const std::string& git_directory);

// The value that `variable` of `section` (both lower-case, no subsection) has at last in the text
// of a git configuration file; nullopt if it has none.
std::optional<std::string> GitConfigValue(std::string_view text, std::string_view section,
                                          std::string_view variable);

}  // namespace sg
