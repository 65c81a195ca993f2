#include "apps/sg/option_view.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace sg {
namespace {

OptionView ViewOfOption(const CLI::Option& option) {
  OptionView view;
  for (const std::string& name : option.get_snames()) view.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) view.names.push_back("--" + name);
  const bool takes_value = option.get_items_expected_max() > 0;
  if (view.names.empty()) {
    view.value = option.get_name(/*positional=*/true);
  } else if (takes_value) {
    view.value = option.get_type_name();
  }
  view.description = option.get_description();
  view.group = option.get_group();
  view.repeats = option.get_expected_max() > 1;
  view.required = option.get_required();
  return view;
}

std::string FullName(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : FullName(*parent) + " " + app.get_name();
}

}  // namespace

std::string OptionView::Heading() const {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  if (!value.empty()) out += (out.empty() ? "" : " ") + value;
  return out;
}

std::vector<std::string> OptionView::Choices() const {
  std::vector<std::string> words;
  if (value.find('|') == std::string::npos) return words;
  for (size_t begin = 0; begin <= value.size();) {
    const size_t end = std::min(value.find('|', begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

CommandView ViewOf(const CLI::App& app) {
  CommandView view{
      .name = FullName(app), .description = app.get_description(), .footer = app.get_footer()};
  std::vector<std::string> groups;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionView shown = ViewOfOption(*option);
    if (shown.names.empty()) {
      view.positionals.push_back(std::move(shown));
      continue;
    }
    if (std::find(groups.begin(), groups.end(), shown.group) == groups.end()) {
      groups.push_back(shown.group);
    }
    view.options.push_back(std::move(shown));
  }
  // CLI11 puts the help flag, which every command has, before all others.
  const auto rank = [&](const OptionView& o) {
    return std::find(groups.begin(), groups.end(), o.group) - groups.begin();
  };
  if (groups.size() > 1) std::rotate(groups.begin(), groups.begin() + 1, groups.end());
  std::stable_sort(view.options.begin(), view.options.end(),
                   [&](const OptionView& a, const OptionView& b) { return rank(a) < rank(b); });
  const auto all = [](const CLI::App*) { return true; };
  for (const CLI::App* command : app.get_subcommands(all)) {
    if (!command->get_group().empty()) view.commands.push_back(ViewOf(*command));
  }
  return view;
}

}  // namespace sg
