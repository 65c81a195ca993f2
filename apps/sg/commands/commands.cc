#include "apps/sg/commands/commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/sg/command_tree.h"
#include "apps/sg/nearest.h"
#include "apps/sg/report.h"
#include "apps/sg/sizes.h"

namespace sg {
namespace {

constexpr CommandRow kCommands[] = {
    {"search", "Search with words, a question or an identifier", false, DefineSearch},
    {"index", "Make or update the index of a folder", false, DefineIndex},
    {"status", "Show what is indexed and whether it is up to date", false, DefineStatus},
    {"clear", "Delete an index", false, DefineClear},
    {"model", "List, download, show, verify or remove models", false, DefineModel},
    {"embed", "Print the vectors of texts", false, DefineEmbed},
    {"similarity", "Print how similar two texts are", false, DefineSimilarity},
    {"eval", "Measure how good search is on a set of queries", false, DefineEval},
    {"tune", "Fit the ranking to your own project", false, DefineTune},
    {"help", "Show help for a command or a topic", false, DefineHelp},
    {"completions", "Print the completion script for a shell", true, DefineCompletions},
    {"man", "Print the manual page", true, DefineMan},
};

bool IsCommand(std::string_view word) {
  return std::any_of(std::begin(kCommands), std::end(kCommands),
                     [word](const CommandRow& row) { return row.name == word; });
}

// Whether the command line is for the program itself or names a command, not a bare search.
bool NamesCommand(const std::vector<std::string>& words) {
  if (words.empty()) return true;
  const std::string& first = words.front();
  return IsCommand(first) || first == "-h" || first == "--help" || first == "-V" ||
         first == "--version";
}

// The command that a bare search was perhaps meant to be.
std::string MistypedHint(const std::vector<std::string>& words) {
  const bool one_word = words.front().find_first_of(" \t") == std::string::npos;
  if (!one_word || IsCommand(words.front())) return "";
  std::vector<std::string_view> names;
  for (const CommandRow& row : kCommands) {
    if (!row.hidden) names.push_back(row.name);
  }
  const auto nearest = NearestWord(words.front(), names);
  if (!nearest) return "";
  return "'" + words.front() + "' is no command, so it is searched for; did you mean: sg " +
         std::string(*nearest) + "?";
}

// The command that the parse got to.
const CLI::App& ParsedCommand(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  return *command;
}

// The known option that an unknown one was probably meant to be.
std::string OptionHint(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  for (const std::string& word : command.remaining(/*recurse=*/true)) {
    const std::string name = word.substr(0, word.find('='));
    if (name.rfind("--", 0) != 0 || name.size() < 4) continue;
    if (const auto nearest = NearestWord(name, known)) {
      return "; did you mean " + std::string(*nearest) + "?";
    }
  }
  return "";
}

// What was wrong, and where to read on.
int UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = ParsedCommand(app);
  std::string message = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    message = "unknown argument:";
    for (const std::string& word : app.remaining(/*recurse=*/true)) message += " " + word;
    message += OptionHint(command);
  }
  if (const size_t at = message.find(" excludes "); at != std::string::npos) {
    message.replace(at, 10, " cannot be used together with ");
  }
  std::string name = command.get_name();
  for (const CLI::App* parent = command.get_parent(); parent; parent = parent->get_parent()) {
    name = parent->get_name() + " " + name;
  }
  Say(message + "\nUsage: " + UsageLine(command) + "\nSee: " + name + " --help");
  return kExitError;
}

// Parses `words` with `app`; returns an exit code if that ends the program.
std::optional<int> Parse(CLI::App& app, std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return ExitCodeFor(Print(RenderHelp(ParsedCommand(app))));
  } catch (const CLI::CallForVersion& version) {
    return ExitCodeFor(Print(std::string(version.what()) + "\n"));
  } catch (const CLI::ParseError& error) {
    return UsageError(app, error);
  }
  return std::nullopt;
}

}  // namespace

std::span<const CommandRow> CommandTable() { return kCommands; }

std::unique_ptr<CLI::App> BuildCommandLine(Action& run) {
  auto app = std::make_unique<CLI::App>("Local semantic code search: ask your code a question.");
  app->name("sg");
  app->set_version_flag("-V,--version", "sg " SG_VERSION, "Show the version");
  app->set_help_flag("-h,--help", "Show this help");
  app->require_subcommand(0, 1);
  for (const CommandRow& row : kCommands) {
    CLI::App* command = app->add_subcommand(std::string(row.name), std::string(row.summary));
    command->set_help_flag("-h,--help", "Show this help");
    if (row.hidden) command->group("");
    row.define(*command, run);
  }
  app->footer(
      "Examples:\n"
      "  sg \"where are passwords hashed\"     search; indexes the project on first use\n"
      "  sg search -k 3 -t rust parse_args   an identifier, Rust files only\n"
      "  sg index ~/src/project              make or update an index\n"
      "\n"
      "Everything that is not a command is a search: sg \"query\" = sg search \"query\".\n"
      "Exit codes: 0 found, 1 nothing found, 2 error, 130 interrupted.");
  return app;
}

int RunCommandLine(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  Action run;
  const std::unique_ptr<CLI::App> app = BuildCommandLine(run);
  if (words.empty()) {
    std::string help = RenderHelp(*app);
    help.pop_back();
    Say("no query given\n" + help);
    return kExitError;
  }
  if (!NamesCommand(words)) {
    if (const std::string hint = MistypedHint(words); !hint.empty()) Say(hint);
    words.insert(words.begin(), "search");
  }
  if (const std::optional<int> code = Parse(*app, std::move(words))) return *code;
  return run ? run() : kExitFound;
}

void AddIndexFlag(CLI::App& command, Settings& flags) {
  command
      .add_option("--index", flags.index,
                  "Use this index file instead of the folder's own (.sg/index.db)")
      ->type_name("FILE");
}

void AddModelFlags(CLI::App& command, Settings& flags) {
  command
      .add_option("--model", flags.model,
                  "Use this model (see: sg model list), or auto: content decides")
      ->type_name("NAME");
  command.add_option("--model-path", flags.model_path, "Use the model in this folder")
      ->type_name("DIR");
}

namespace {

// Accepts the numbers of a table.
std::function<std::string(const std::string&)> OneOf(std::span<const uint64_t> numbers) {
  return [numbers](const std::string& text) -> std::string {
    std::string all;
    for (const uint64_t number : numbers) {
      if (text == std::to_string(number)) return "";
      all += (all.empty() ? "" : ", ") + std::to_string(number);
    }
    return text + " is none of " + all;
  };
}

}  // namespace

void AddChunkTokensOption(CLI::App& command, Settings& settings) {
  command
      .add_option("--max-tokens-per-chunk", settings.max_tokens_per_chunk,
                  "Tokens that an encoder reads of a chunk: 512, 1024, 2048, 4096 or 8192")
      ->type_name("N")
      ->check(OneOf(kChunkTokens), "");
}

void AddStoredTokensOptions(CLI::App& command, Settings& settings) {
  command
      .add_option("--token-bits", settings.token_bits,
                  "Bits a dimension of a multi-vector model's tokens: 4 (default) or 2")
      ->type_name("N")
      ->check(OneOf(kTokenBits), "");
  command.add_flag_callback(
      "--pool-tokens", [&] { settings.pool_tokens = true; },
      "Make one of every two tokens of a multi-vector model");
}

void AddSizeOption(CLI::App& command, const std::string& name, std::optional<uint64_t>& bytes,
                   const std::string& description, const std::string& group) {
  command
      .add_option_function<std::string>(
          name,
          [&bytes, name](const std::string& text) {
            const Result<uint64_t> size = ParseSize(text);
            if (!size.ok()) throw CLI::ValidationError(name, size.status().message());
            bytes = *size;
          },
          description)
      ->type_name("SIZE")
      ->group(group);
}

}  // namespace sg
