#include <algorithm>
#include <array>

#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_julia(void);

namespace sg {
namespace {

constexpr std::array<std::string_view, 7> kHeadWords = {
    "function", "macro", "mutable", "struct", "abstract", "primitive", "type"};

std::string_view SkipBlanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

// `function Base.show(io, x)` -> Base.show; `mutable struct Pool{T}` -> Pool.
std::string_view NameOfHead(std::string_view text) {
  while (true) {
    text = SkipBlanks(text);
    const size_t end = text.find_first_of(" \t\n({<=:;,");
    const std::string_view word = text.substr(0, end);
    if (std::find(kHeadWords.begin(), kHeadWords.end(), word) == kHeadWords.end()) return word;
    text.remove_prefix(word.size());
  }
}

// `f(x) = ...` is a function, `x = ...` a variable.
NodeMeaning OfAssignment(const SyntaxNode& node) {
  const std::string_view text = node.Text();
  const std::string_view name = NameOfHead(text);
  const bool is_function = name.size() < text.size() && text[name.size()] == '(';
  return {.role = is_function ? NodeRole::kFunction : NodeRole::kVariable,
          .kind = is_function ? DefinitionKind::kFunction : DefinitionKind::kVariable,
          .name = name};
}

NodeMeaning Meaning(const SyntaxNode& node) {
  const std::string_view type = node.type();
  if (type == "assignment") return OfAssignment(node);
  if (type == "string_literal") return {.role = NodeRole::kComment, .is_comment = true};
  const bool is_type = type == "struct_definition" || type == "abstract_definition";
  return {.role = is_type ? NodeRole::kContainer : NodeRole::kFunction,
          .kind = is_type ? DefinitionKind::kClass : DefinitionKind::kFunction,
          .name = NameOfHead(node.Text())};
}

constexpr NodeRule kRules[] = {
    RoleNode("function_definition", NodeRole::kSpecial),
    RoleNode("macro_definition", NodeRole::kSpecial),
    RoleNode("struct_definition", NodeRole::kSpecial),
    RoleNode("abstract_definition", NodeRole::kSpecial),
    RoleNode("assignment", NodeRole::kSpecial),
    RoleNode("string_literal", NodeRole::kSpecial),
    ContainerNode("module_definition", DefinitionKind::kNamespace),
    VariableNode("const_statement"),
    RoleNode("macrocall_expression", NodeRole::kWrapper),
    RoleNode("macro_argument_list", NodeRole::kGroup),
};

}  // namespace

extern const LanguageSyntax kJuliaSyntax;
const LanguageSyntax kJuliaSyntax = {
    .name = "julia",
    .grammar = tree_sitter_julia,
    .rules = kRules,
    .special = Meaning,
};

}  // namespace sg
