// What is made from the tree of commands: help, completions, man page.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/sg/command_tree.h"
#include "apps/sg/commands/commands.h"
#include "apps/sg/option_view.h"

namespace sg {
namespace {

class CommandLine : public ::testing::Test {
 protected:
  // Calls `visit` for each visible command, however deep.
  template <typename Visit>
  static void ForEach(const CommandView& view, const Visit& visit) {
    visit(view);
    for (const CommandView& command : view.commands) ForEach(command, visit);
  }

  Action run_;
  std::unique_ptr<CLI::App> app_ = BuildCommandLine(run_);
};

TEST_F(CommandLine, EveryOptionIsDescribedAndInAGroup) {
  ForEach(ViewOf(*app_), [](const CommandView& view) {
    EXPECT_NE(view.description, "") << view.name;
    for (const OptionView& option : view.options) {
      EXPECT_NE(option.description, "") << view.name << " " << option.Heading();
      EXPECT_NE(option.group, "") << view.name << " " << option.Heading();
      // CLI11's own words for types ("TEXT", "UINT") tell a user nothing.
      for (const char* type : {"TEXT", "UINT", "INT", "FLOAT", "BOOLEAN"}) {
        EXPECT_NE(option.value, type) << view.name << " " << option.Heading();
      }
    }
  });
}

TEST_F(CommandLine, EveryLeafCommandHasExamples) {
  ForEach(ViewOf(*app_), [](const CommandView& view) {
    if (!view.commands.empty() || view.name == "sg help") return;
    EXPECT_NE(view.footer.find("Examples:\n"), std::string::npos) << view.name;
  });
}

TEST_F(CommandLine, HelpFitsATerminal) {
  ForEach(ViewOf(*app_), [&](const CommandView& view) {
    const CLI::App* command = app_.get();
    for (size_t at = view.name.find(' '); at != std::string::npos;) {
      const size_t end = view.name.find(' ', at + 1);
      command = command->get_subcommand(view.name.substr(at + 1, end - at - 1));
      at = end;
    }
    const std::string help = RenderHelp(*command);
    for (size_t begin = 0; begin < help.size();) {
      const size_t end = std::min(help.find('\n', begin), help.size());
      EXPECT_LE(end - begin, 100u) << help.substr(begin, end - begin);
      begin = end + 1;
    }
  });
}

TEST_F(CommandLine, CompletionsAndManPageHaveEveryOption) {
  const std::string bash = RenderCompletions(*app_, "bash").value();
  const std::string zsh = RenderCompletions(*app_, "zsh").value();
  const std::string fish = RenderCompletions(*app_, "fish").value();
  std::string man = RenderManPage(*app_, "1.2.3");
  man.erase(std::remove(man.begin(), man.end(), '\\'), man.end());
  for (const CommandView& command : ViewOf(*app_).commands) {
    for (const OptionView& option : command.options) {
      for (const std::string& name : option.names) {
        EXPECT_NE(bash.find(name), std::string::npos) << name;
        EXPECT_NE(zsh.find(name), std::string::npos) << name;
        EXPECT_NE(man.find(name), std::string::npos) << name;
        if (name.rfind("--", 0) == 0) {
          EXPECT_NE(fish.find("-l " + name.substr(2)), std::string::npos) << name;
        }
      }
    }
  }
  EXPECT_FALSE(RenderCompletions(*app_, "tcsh").has_value());
}

TEST_F(CommandLine, ChoicesAreCompleted) {
  const std::string bash = RenderCompletions(*app_, "bash").value();
  EXPECT_NE(bash.find("'hybrid semantic keyword'"), std::string::npos);
  EXPECT_NE(bash.find("python"), std::string::npos);  // -t LANG
}

TEST_F(CommandLine, HiddenCommandsStayHidden) {
  const std::string help = RenderHelp(*app_);
  EXPECT_EQ(help.find("completions"), std::string::npos);
  EXPECT_EQ(help.find("\n  man"), std::string::npos);
}

}  // namespace
}  // namespace sg
