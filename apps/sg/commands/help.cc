#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/sg/command_tree.h"
#include "apps/sg/commands/commands.h"
#include "apps/sg/nearest.h"
#include "apps/sg/report.h"
#include "core/text/ascii.h"
#include "extract/language.h"

namespace sg {
namespace {

constexpr char kExitCodes[] =
    "Exit codes:\n"
    "  0    search: something was found; other commands: done\n"
    "  1    search: nothing was found\n"
    "  2    error: wrong usage, or the work could not be done (or not all of it)\n"
    "  130  interrupted with Ctrl-C; what was indexed until then is kept\n";

constexpr char kQueries[] =
    "What a query can be:\n"
    "  a question     sg \"how are sessions refreshed\"\n"
    "  some words     sg \"retry backoff http\"\n"
    "  an identifier  sg parse_args         its definition comes first\n"
    "  a path         sg src/auth/login.py\n"
    "  a place        sg \"server.go:120\"    a line of a stack trace\n"
    "  a phrase       sg '\"connection reset by peer\"'\n"
    "Filters narrow what is ranked:\n"
    "  -e REGEX keeps chunks that contain a match; -F and -w without -e take the query itself as\n"
    "  the text that must be there. -t LANG, -g GLOB and PATH arguments choose files.\n";

std::string Types() {
  std::string out = "Names for -t/--type, other names, and the files they stand for:\n";
  for (const Language& language : AllLanguages()) {
    std::string files;
    for (std::string_view extension : language.extensions) {
      files += " *";
      files += extension;
    }
    for (std::string_view name : language.file_names) {
      files += ' ';
      files += name;
    }
    std::string aliases;
    for (std::string_view alias : language.aliases) {
      aliases += aliases.empty() ? "" : ",";
      aliases += alias;
    }
    out += "  " + Padded(std::string(language.name), 13) + Padded(aliases, 18) + files + "\n";
  }
  return out;
}

std::string SettingsTopic() {
  std::string out =
      "Settings are read from the user's file (~/.config/sg/config.json), then the project's file\n"
      "(.sg.json at its top), then the environment, then flags; later ones win. Files are JSON;\n"
      "comments are allowed. A project cannot set what is marked with *.\n\n  " +
      Padded("key", 24) + Padded("environment", 16) + "meaning\n";
  for (const SettingRow& row : SettingRows()) {
    out += "  " + Padded(std::string(row.key) + (row.project ? "" : " *"), 24) +
           Padded(std::string(row.environment), 16) + std::string(row.meaning) + "\n";
  }
  return out;
}

struct Topic {
  std::string_view name, summary;
  std::string (*text)();
};

constexpr Topic kTopics[] = {
    {"queries", "what a query can be", [] { return std::string(kQueries); }},
    {"types", "languages for -t/--type", Types},
    {"settings", "settings files and environment", SettingsTopic},
    {"exit-codes", "what the exit codes mean", [] { return std::string(kExitCodes); }},
};

std::string Overview(const CLI::App& root) {
  std::string out = RenderHelp(root) + "\nTopics (sg help TOPIC):\n";
  for (const Topic& topic : kTopics) {
    out += "  " + Padded(std::string(topic.name), 12) + std::string(topic.summary) + "\n";
  }
  return out;
}

Result<std::string> HelpFor(const CLI::App& root, const std::vector<std::string>& words) {
  if (words.empty()) return Overview(root);
  std::vector<std::string_view> known;
  for (const Topic& topic : kTopics) {
    if (topic.name == words[0]) return topic.text();
    known.push_back(topic.name);
  }
  const CLI::App* command = &root;
  for (const std::string& word : words) {
    const auto all = command->get_subcommands([](const CLI::App*) { return true; });
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const CLI::App* app) { return app->get_name() == word; });
    if (found == all.end()) {
      for (const CLI::App* app : all) known.push_back(app->get_name());
      const auto nearest = NearestWord(word, known);
      return NotFoundError(
          "no help for '" + word + "'" +
          (nearest ? "; did you mean: sg help " + std::string(*nearest) + "?" : "; see: sg help"));
    }
    command = *found;
  }
  return RenderHelp(*command);
}

}  // namespace

void DefineHelp(CLI::App& command, Action& run) {
  const auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("TOPIC", *words, "A command, or: queries, types, settings, exit-codes");
  command.callback([words, &run, root = command.get_parent()] {
    run = [words, root]() -> int {
      const Result<std::string> text = HelpFor(*root, *words);
      if (!text.ok()) return Fail(text.status());
      return ExitCodeFor(Print(*text));
    };
  });
}

}  // namespace sg
