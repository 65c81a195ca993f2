#include <CLI/CLI.hpp>

#include "apps/sg/command_tree.h"
#include "apps/sg/option_view.h"
#include "apps/sg/settings.h"

namespace sg {
namespace {

// `text` for roff: backslashes and hyphens literal, no line taken for a request.
std::string Roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

std::string OptionEntry(const OptionView& option) {
  std::string out = ".TP\n";
  for (size_t i = 0; i < option.names.size(); ++i) {
    out += (i > 0 ? ", " : "") + std::string("\\fB") + Roff(option.names[i]) + "\\fR";
  }
  if (!option.value.empty()) {
    out += (option.names.empty() ? "\\fI" : " \\fI") + Roff(option.value) + "\\fR";
  }
  return out + "\n" + Roff(option.description) + "\n";
}

std::string Synopsis(const CommandView& command) {
  std::string out = ".br\n\\fB" + Roff(command.name) + "\\fR";
  if (!command.options.empty()) out += " [\\fIOPTIONS\\fR]";
  for (const OptionView& positional : command.positionals) {
    const std::string value = "\\fI" + Roff(positional.value) + "\\fR";
    out += positional.required ? " " + value : " [" + value + "]";
    if (positional.repeats) out += "...";
  }
  if (!command.commands.empty()) out += " \\fICOMMAND\\fR";
  return out + "\n";
}

std::string CommandSection(const CommandView& command) {
  std::string out = ".SS " + Roff(command.name) + "\n" + Roff(command.description) + ".\n";
  for (const OptionView& positional : command.positionals) out += OptionEntry(positional);
  std::string group;
  for (const OptionView& option : command.options) {
    if (option.group != group) out += ".PP\n\\fI" + Roff(option.group) + "\\fR\n";
    group = option.group;
    out += OptionEntry(option);
  }
  for (const CommandView& nested : command.commands) out += CommandSection(nested);
  if (!command.footer.empty()) out += ".PP\n.nf\n" + Roff(command.footer) + "\n.fi\n";
  return out;
}

std::string EnvironmentSection() {
  std::string out = ".SH ENVIRONMENT\n";
  for (const SettingRow& row : SettingRows()) {
    if (row.environment.empty()) continue;
    out += ".TP\n\\fB" + Roff(row.environment) + "\\fR\n" + Roff(row.meaning) + "\n";
  }
  out += ".TP\n\\fBSG_CONFIG\\fR\nthe user's settings file\n";
  return out + ".TP\n\\fBNO_COLOR\\fR\nno color unless asked for with \\-\\-color\n";
}

constexpr char kExitAndFiles[] =
    ".SH FILES\n"
    ".TP\n\\fI~/.config/sg/config.json\\fR\nthe user's settings (sg help settings)\n"
    ".TP\n\\fI.sg.json\\fR\na project's settings, at its top\n"
    ".TP\n\\fI.sg/index.db\\fR\na project's index\n"
    ".TP\n\\fI.gitignore\\fR, \\fI.ignore\\fR, \\fI.sgignore\\fR\nfiles to leave out\n"
    ".SH EXIT STATUS\n"
    ".TP\n\\fB0\\fR\nsomething was found; for other commands: done\n"
    ".TP\n\\fB1\\fR\nnothing was found\n"
    ".TP\n\\fB2\\fR\nerror\n"
    ".TP\n\\fB130\\fR\ninterrupted\n"
    ".SH SEE ALSO\n.BR rg (1),\n.BR grep (1)\n";

}  // namespace

std::string RenderManPage(const CLI::App& root, std::string_view version) {
  const CommandView view = ViewOf(root);
  std::string out = ".TH SG 1 \"\" \"sg " + std::string(version) + "\" \"User Commands\"\n";
  out += ".SH NAME\nsg, sgx \\- local semantic code search\n.SH SYNOPSIS\n";
  out += "\\fBsg\\fR [\\fIOPTIONS\\fR] \\fIQUERY\\fR [\\fIPATH\\fR]...\n";
  for (const CommandView& command : view.commands) out += Synopsis(command);
  out +=
      ".SH DESCRIPTION\n"
      "Finds code by meaning and by words, offline. The first search in a project makes an index "
      "in "
      ".sg/index.db; later ones keep it up to date. \\fBsgx\\fR is the same program, for systems "
      "where another one is called sg.\n";
  out += ".SH COMMANDS\n";
  for (const CommandView& command : view.commands) out += CommandSection(command);
  return out + EnvironmentSection() + kExitAndFiles;
}

}  // namespace sg
