#include "extract/chunk_syntax.h"
#include "extract/languages/c_declaration.h"

extern "C" const TSLanguage* tree_sitter_cpp(void);

namespace sg {
namespace {

// The name after byte `at`: `a::b` of `namespace a::b {`.
std::string_view WordAfter(std::string_view source, size_t at) {
  const size_t begin = source.find_first_not_of(" \t\n", at);
  if (begin == std::string_view::npos) return {};
  const size_t end = source.find_first_of(" \t\n{", begin);
  return source.substr(begin, end == std::string_view::npos ? end : end - begin);
}

// `MACRO namespace a {` and `class EXPORT A {` are read as functions without parameters: the
// grammar knows no preprocessor. They are what they look like.
NodeMeaning OfFunction(const SyntaxNode& node) {
  const NodeMeaning function{.role = NodeRole::kFunction, .naming = Naming::kGrammar};
  const TSNode declarator = ChildOfField(node.node, "declarator");
  if (ts_node_is_null(declarator) || TypeOf(declarator) != "identifier") return function;
  const std::string_view name = TextOf(declarator, node.source);
  if (name == "namespace") {
    return {.role = NodeRole::kContainer,
            .kind = DefinitionKind::kNamespace,
            .name = WordAfter(node.source, ts_node_end_byte(declarator))};
  }
  const TSNode type = ChildOfField(node.node, "type");
  if (ts_node_is_null(type) || !TypeOf(type).ends_with("_specifier")) return function;
  if (TypeOf(type) == "primitive_type") return function;
  return {.role = NodeRole::kContainer, .kind = DefinitionKind::kClass, .name = name};
}

NodeMeaning OfDeclaration(const SyntaxNode& node) {
  const NodeMeaning meaning = MeaningOfDeclaration(node);
  if (meaning.kind != DefinitionKind::kVariable) return meaning;
  const TSNode declarator = ChildOfField(node.node, "declarator");
  const TSNode inner = ChildOfField(declarator, "declarator");
  if (!ts_node_is_null(inner) && TypeOf(inner) == "function_declarator") {  // misread after EXPORT
    return {.role = NodeRole::kFunction, .naming = Naming::kGrammar};
  }
  return meaning;
}

NodeMeaning Meaning(const SyntaxNode& node) {
  if (node.type() == "field_declaration") return MeaningOfDeclaration(node);
  return node.type() == "declaration" ? OfDeclaration(node) : OfFunction(node);
}

constexpr NodeRule kRules[] = {
    SpecifierNode("class_specifier"),
    ContainerNode("namespace_definition", DefinitionKind::kNamespace),
    ContainerNode("concept_definition"),
    RoleNode("template_declaration", NodeRole::kWrapper),
    RoleNode("function_definition", NodeRole::kSpecial),
};

}  // namespace

extern const LanguageSyntax kCSyntax;
extern const LanguageSyntax kCppSyntax;
const LanguageSyntax kCppSyntax = {
    .name = "cpp",
    .grammar = tree_sitter_cpp,
    .base = &kCSyntax,
    .rules = kRules,
    .special = Meaning,
};

}  // namespace sg
