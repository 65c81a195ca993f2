#include <algorithm>

#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_markdown(void);

namespace sg {
namespace {

// "Title" of `Title { #anchor .class }`, an attribute list as several dialects know it.
std::string_view WithoutAttributes(std::string_view title) {
  const size_t last = title.find_last_not_of(" \t\n#");
  const size_t open = title.rfind('{');
  if (last == std::string_view::npos || open == std::string_view::npos || title[last] != '}') {
    return title;
  }
  const size_t first = title.find_first_not_of(" \t", open + 1);
  const bool attributes = first != std::string_view::npos &&
                          std::string_view("#.:/").find(title[first]) != std::string_view::npos;
  return attributes && open > 0 ? title.substr(0, open) : title;
}

// `## Title ##` or a title over a line of `=` or `-`.
NodeMeaning Meaning(const SyntaxNode& node) {
  std::string_view text = node.Text();
  NodeMeaning meaning{.role = NodeRole::kContainer, .kind = DefinitionKind::kSection};
  if (node.type() == "atx_heading") {
    text.remove_prefix(std::min(text.find('#'), text.size()));
    meaning.level = static_cast<uint32_t>(std::min(text.find_first_not_of('#'), text.size()));
    text.remove_prefix(meaning.level);
    text = text.substr(0, text.find('\n'));
  } else {
    const size_t last = text.find_last_not_of(" \t\n");
    meaning.level = last != std::string_view::npos && text[last] == '=' ? 1 : 2;
    const size_t underline = text.rfind('\n', last);
    text = text.substr(0, underline == std::string_view::npos ? 0 : underline);
  }
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  meaning.name = WithoutAttributes(text);
  return meaning;
}

constexpr NodeRule kRules[] = {
    RoleNode("section", NodeRole::kGroup),
    RoleNode("atx_heading", NodeRole::kSpecial),
    RoleNode("setext_heading", NodeRole::kSpecial),
    RoleNode("fenced_code_block", NodeRole::kAtomic),
    RoleNode("pipe_table", NodeRole::kAtomic),
    RoleNode("minus_metadata", NodeRole::kAtomic),
    RoleNode("plus_metadata", NodeRole::kAtomic),
    RoleNode("paragraph", NodeRole::kOrdinary),
};

}  // namespace

extern const LanguageSyntax kMarkdownSyntax;
const LanguageSyntax kMarkdownSyntax = {
    .name = "markdown",
    .grammar = tree_sitter_markdown,
    .rules = kRules,
    .special = Meaning,
    .max_line_depth = 200,
    .is_document = true,
};

}  // namespace sg
