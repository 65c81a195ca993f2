#include "apps/sg/command_tree.h"

#include <CLI/CLI.hpp>

#include "apps/sg/option_view.h"

namespace sg {
namespace {

constexpr size_t kHeadingCells = 28;
constexpr size_t kTextCells = 70;

// `text` in lines of at most kTextCells, the second and later ones indented like the first.
std::string Wrap(std::string_view text) {
  std::string out;
  size_t column = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (column > 0 && column + 1 + end > kTextCells) {
      out += "\n" + std::string(kHeadingCells, ' ');
      column = 0;
    }
    if (column > 0) {
      out += ' ';
      ++column;
    }
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string Entry(std::string heading, const std::string& description) {
  heading.insert(0, "  ");
  if (heading.size() + 2 > kHeadingCells) {
    heading += "\n" + std::string(kHeadingCells, ' ');
  } else {
    heading.resize(kHeadingCells, ' ');
  }
  return heading + Wrap(description) + "\n";
}

// Options without a short name are indented so that the long names stand below each other.
std::string AlignedHeading(const OptionView& option) {
  const std::string heading = option.Heading();
  return heading.rfind("--", 0) == 0 ? "    " + heading : heading;
}

std::string Usage(const CommandView& view) {
  std::string out = view.name;
  if (!view.options.empty()) out += " [OPTIONS]";
  for (const OptionView& positional : view.positionals) {
    out += positional.required ? " " + positional.value : " [" + positional.value + "]";
    if (positional.repeats) out += "...";
  }
  if (!view.commands.empty()) out += " COMMAND";
  return out;
}

}  // namespace

std::string UsageLine(const CLI::App& command) { return Usage(ViewOf(command)); }

std::string RenderHelp(const CLI::App& command) {
  const CommandView view = ViewOf(command);
  std::string out = view.description + "\n\nUsage: " + Usage(view) + "\n";
  if (command.get_parent() == nullptr) out += "       sg [OPTIONS] QUERY [PATH]...\n";
  if (!view.positionals.empty()) out += "\nArguments:\n";
  for (const OptionView& positional : view.positionals) {
    out += Entry(positional.value, positional.description);
  }
  if (!view.commands.empty()) out += "\nCommands:\n";
  for (const CommandView& sub : view.commands) {
    out += Entry(sub.name.substr(sub.name.rfind(' ') + 1), sub.description);
  }
  std::string group;
  for (const OptionView& option : view.options) {
    if (option.group != group) out += "\n" + option.group + ":\n";
    group = option.group;
    out += Entry(AlignedHeading(option), option.description);
  }
  if (!view.footer.empty()) out += "\n" + view.footer + "\n";
  return out;
}

}  // namespace sg
