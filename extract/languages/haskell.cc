#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_haskell(void);

namespace sg {
namespace {

// `f, g :: Int` belongs to the equations of f below it.
NodeMeaning Meaning(const SyntaxNode& node) {
  const std::string_view text = node.Text();
  const size_t end = text.starts_with('(') ? text.find(')') + 1 : text.find_first_of(" \t\n,:");
  const bool is_function = text.find("->") != std::string_view::npos;
  return {.role = NodeRole::kAttribute,
          .kind = is_function ? DefinitionKind::kFunction : DefinitionKind::kVariable,
          .name = text.substr(0, end),
          .cut_before = true};
}

constexpr NodeRule kRules[] = {
    FunctionNode("function"),
    ContainerNode("class"),
    ContainerNode("data_type"),
    ContainerNode("newtype"),
    ContainerNode("type_synomym"),
    ContainerNode("instance"),
    VariableNode("pattern_synonym", Naming::kGrammar),
    RoleNode("signature", NodeRole::kSpecial),
};

}  // namespace

extern const LanguageSyntax kHaskellSyntax;
const LanguageSyntax kHaskellSyntax = {
    .name = "haskell",
    .grammar = tree_sitter_haskell,
    .rules = kRules,
    .special = Meaning,
    .equations = true,
};

}  // namespace sg
