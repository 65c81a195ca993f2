#pragma once
// The table of subcommands and the shape of each: Define...() adds the options of a command to its
// CLI11 node and sets `run`, which main calls after parsing. A new subcommand is a file here, a row
// in the table in commands.cc and a tests/cli/*.test.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "apps/sg/settings.h"

namespace CLI {
class App;
}

namespace sg {

// Does the work of a parsed command line; returns the exit code.
using Action = std::function<int()>;

struct CommandRow {
  std::string_view name;
  std::string_view summary;
  bool hidden = false;
  void (*define)(CLI::App& command, Action& run) = nullptr;
};

// In the order of the help.
std::span<const CommandRow> CommandTable();

// The whole command line, as --help, completions and the man page show it. `run` is set by a
// successful parse.
std::unique_ptr<CLI::App> BuildCommandLine(Action& run);

// Parses and runs. Words that are no command are a search. Returns the exit code.
int RunCommandLine(int argc, const char* const* argv);

void DefineIndex(CLI::App& command, Action& run);
void DefineSearch(CLI::App& command, Action& run);
void DefineStatus(CLI::App& command, Action& run);
void DefineClear(CLI::App& command, Action& run);
void DefineModel(CLI::App& command, Action& run);
void DefineEmbed(CLI::App& command, Action& run);
void DefineSimilarity(CLI::App& command, Action& run);
void DefineEval(CLI::App& command, Action& run);
void DefineTune(CLI::App& command, Action& run);
void DefineHelp(CLI::App& command, Action& run);
void DefineCompletions(CLI::App& command, Action& run);
void DefineMan(CLI::App& command, Action& run);

// Flags that several commands share, each in one place.
void AddIndexFlag(CLI::App& command, Settings& flags);
void AddModelFlags(CLI::App& command, Settings& flags);
void AddChunkTokensOption(CLI::App& command, Settings& settings);
// How the tokens of multi-vector models are stored.
void AddStoredTokensOptions(CLI::App& command, Settings& settings);
// An option whose value is a size ("64M").
void AddSizeOption(CLI::App& command, const std::string& name, std::optional<uint64_t>& bytes,
                   const std::string& description, const std::string& group);

}  // namespace sg
