#include <algorithm>

#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_ocaml(void);
extern "C" const TSLanguage* tree_sitter_ocaml_interface(void);

namespace sg {
namespace {

// `let f x = ...` and `let f = fun x -> ...` are functions, `let x = ...` is a variable.
NodeMeaning OfLet(const SyntaxNode& node) {
  const TSNode pattern = ChildOfField(node.node, "pattern");
  if (ts_node_is_null(pattern)) return {};
  const std::string_view pattern_type = TypeOf(pattern);
  if (pattern_type != "value_name" && pattern_type != "parenthesized_operator") return {};
  const TSNode body = ChildOfField(node.node, "body");
  const TSNode second = ts_node_named_child(node.node, 1);
  const bool is_function = (!ts_node_is_null(second) && TypeOf(second) == "parameter") ||
                           (!ts_node_is_null(body) && (TypeOf(body) == "fun_expression" ||
                                                       TypeOf(body) == "function_expression"));
  return {.role = is_function ? NodeRole::kFunction : NodeRole::kVariable,
          .kind = is_function ? DefinitionKind::kFunction : DefinitionKind::kVariable,
          .name = TextOf(pattern, node.source)};
}

// `exception Full of int`.
NodeMeaning OfException(const SyntaxNode& node) {
  std::string_view text = node.Text();
  text.remove_prefix(std::min(text.size(), text.find_first_of(" \t\n")));
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\n")));
  return {.role = NodeRole::kContainer,
          .kind = DefinitionKind::kClass,
          .name = text.substr(0, text.find_first_of(" \t\n="))};
}

// `val take : t -> int` is a function, `val limit : int` a variable.
NodeMeaning OfValue(const SyntaxNode& node) {
  const bool is_function = node.Text().find("->") != std::string_view::npos;
  return {.role = is_function ? NodeRole::kFunction : NodeRole::kVariable,
          .kind = is_function ? DefinitionKind::kFunction : DefinitionKind::kVariable,
          .naming = Naming::kFirstChild};
}

NodeMeaning Meaning(const SyntaxNode& node) {
  const std::string_view type = node.type();
  if (type == "let_binding") return OfLet(node);
  return type == "value_specification" ? OfValue(node) : OfException(node);
}

constexpr NodeRule kRules[] = {
    RoleNode("value_definition", NodeRole::kWrapper),
    RoleNode("let_binding", NodeRole::kSpecial),
    RoleNode("type_definition", NodeRole::kWrapper),
    ContainerNode("type_binding"),
    RoleNode("module_definition", NodeRole::kWrapper),
    ContainerNode("module_binding", DefinitionKind::kClass, Naming::kFirstChild),
    ContainerNode("module_type_definition", DefinitionKind::kClass, Naming::kFirstChild),
    RoleNode("class_definition", NodeRole::kWrapper),
    ContainerNode("class_binding", DefinitionKind::kClass, Naming::kFirstChild),
    FunctionNode("method_definition", Naming::kFirstChild),
    FunctionNode("external", Naming::kFirstChild),
    RoleNode("value_specification", NodeRole::kSpecial),
    RoleNode("structure", NodeRole::kGroup),
    RoleNode("signature", NodeRole::kGroup),
    RoleNode("object_expression", NodeRole::kGroup),
    RoleNode("exception_definition", NodeRole::kSpecial),
};

// Interfaces (.mli) have a grammar of their own.
constexpr LanguageSyntax kInterfaceSyntax = {
    .name = "ocaml",
    .grammar = tree_sitter_ocaml_interface,
    .rules = kRules,
    .special = Meaning,
};

bool HasLineThatStarts(std::string_view text, std::string_view with_newline) {
  return text.starts_with(with_newline.substr(1)) ||
         text.find(with_newline) != std::string_view::npos;
}

const LanguageSyntax* Choose(std::string_view text) {
  const bool is_interface = HasLineThatStarts(text, "\nval ") && !HasLineThatStarts(text, "\nlet ");
  return is_interface ? &kInterfaceSyntax : nullptr;
}

}  // namespace

extern const LanguageSyntax kOcamlSyntax;
const LanguageSyntax kOcamlSyntax = {
    .name = "ocaml",
    .grammar = tree_sitter_ocaml,
    .rules = kRules,
    .special = Meaning,
    .choose = Choose,
};

}  // namespace sg
