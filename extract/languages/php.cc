#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_php(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_definition"),
    FunctionNode("method_declaration"),
    ContainerNode("class_declaration"),
    ContainerNode("interface_declaration"),
    ContainerNode("trait_declaration"),
    ContainerNode("enum_declaration"),
    ContainerNode("namespace_definition", DefinitionKind::kNamespace),
    VariableNode("const_declaration"),
    VariableNode("property_declaration", Naming::kGrammar),
    VariableNode("expression_statement", Naming::kLeftOfEquals),
};

}  // namespace

extern const LanguageSyntax kPhpSyntax;
const LanguageSyntax kPhpSyntax = {
    .name = "php",
    .grammar = tree_sitter_php,
    .rules = kRules,
};

}  // namespace sg
