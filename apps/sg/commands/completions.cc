#include <CLI/CLI.hpp>

#include "apps/sg/command_tree.h"
#include "apps/sg/commands/commands.h"
#include "apps/sg/report.h"

namespace sg {

void DefineCompletions(CLI::App& command, Action& run) {
  const auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")->required();
  command.callback([shell, &run, root = command.get_parent()] {
    run = [shell, root]() -> int {
      const std::optional<std::string> script = RenderCompletions(*root, *shell);
      if (!script) {
        return Fail(InvalidArgumentError("no completions for '" + *shell +
                                         "'; there are some for bash, zsh and fish"));
      }
      return ExitCodeFor(Print(*script));
    };
  });
}

void DefineMan(CLI::App& command, Action& run) {
  command.callback([&run, root = command.get_parent()] {
    run = [root]() -> int { return ExitCodeFor(Print(RenderManPage(*root, SG_VERSION))); };
  });
}

}  // namespace sg
