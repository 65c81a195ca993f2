#include <algorithm>
#include <array>

#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_html(void);

namespace sg {
namespace {

// Elements that only group others.
constexpr std::array<std::string_view, 16> kGroups = {
    "html",   "head", "body",  "main", "article",  "section", "div",     "header",
    "footer", "nav",  "aside", "form", "template", "dialog",  "details", "fieldset"};

bool IsHeading(std::string_view tag) {
  return tag.size() == 2 && (tag[0] == 'h' || tag[0] == 'H') && tag[1] >= '1' && tag[1] <= '6';
}

// `<h2 ...>The text</h2>` -> The text.
std::string_view Inner(std::string_view element) {
  const size_t open = element.find('>');
  const size_t close = element.rfind('<');
  if (open == std::string_view::npos || close <= open) return {};
  const std::string_view inner = element.substr(open + 1, close - open - 1);
  const size_t begin = inner.find_first_not_of(" \t\n");
  return begin == std::string_view::npos ? std::string_view() : inner.substr(begin);
}

NodeMeaning Meaning(const SyntaxNode& node) {
  const std::string_view text = node.Text();
  const size_t end = text.find_first_of(" \t\n/>", 1);
  const std::string_view tag = text.substr(1, end == std::string_view::npos ? end : end - 1);
  if (IsHeading(tag)) {
    return {.role = NodeRole::kContainer,
            .kind = DefinitionKind::kSection,
            .name = Inner(text),
            .level = static_cast<uint32_t>(tag[1] - '0')};
  }
  const bool is_group = std::find(kGroups.begin(), kGroups.end(), tag) != kGroups.end();
  return {.role = is_group ? NodeRole::kGroup : NodeRole::kOrdinary};
}

constexpr NodeRule kRules[] = {
    RoleNode("element", NodeRole::kSpecial),
    RoleNode("attribute", NodeRole::kOrdinary),
};

}  // namespace

extern const LanguageSyntax kHtmlSyntax;
const LanguageSyntax kHtmlSyntax = {
    .name = "html",
    .grammar = tree_sitter_html,
    .rules = kRules,
    .special = Meaning,
    .is_document = true,
};

}  // namespace sg
