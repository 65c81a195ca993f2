#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_rust(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_item"),
    FunctionNode("function_signature_item"),
    FunctionNode("macro_definition"),
    ContainerNode("struct_item"),
    ContainerNode("enum_item"),
    ContainerNode("union_item"),
    ContainerNode("trait_item"),
    ContainerNode("type_item"),
    ContainerNode("impl_item", DefinitionKind::kImpl),
    ContainerNode("mod_item", DefinitionKind::kNamespace),
    VariableNode("const_item"),
    VariableNode("static_item"),
    VariableNode("field_declaration", Naming::kGrammar),
};

}  // namespace

extern const LanguageSyntax kRustSyntax;
const LanguageSyntax kRustSyntax = {
    .name = "rust",
    .grammar = tree_sitter_rust,
    .rules = kRules,
};

}  // namespace sg
