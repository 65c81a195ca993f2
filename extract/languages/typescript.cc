// TypeScript, with and without JSX: two grammars of the same nodes.

#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_typescript(void);
extern "C" const TSLanguage* tree_sitter_tsx(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    RoleNode("ambient_declaration", NodeRole::kWrapper),
    FunctionNode("abstract_method_signature"),
    FunctionNode("method_signature"),
    ContainerNode("abstract_class_declaration"),
    ContainerNode("interface_declaration"),
    ContainerNode("enum_declaration"),
    ContainerNode("type_alias_declaration"),
    ContainerNode("module", DefinitionKind::kClass),
    ContainerNode("internal_module", DefinitionKind::kNamespace),
    VariableNode("public_field_definition", Naming::kGrammar),
    DeclarationNode("property_signature"),
};

}  // namespace

extern const LanguageSyntax kJavaScriptSyntax;

extern const LanguageSyntax kTypeScriptSyntax;
const LanguageSyntax kTypeScriptSyntax = {
    .name = "typescript",
    .grammar = tree_sitter_typescript,
    .base = &kJavaScriptSyntax,
    .rules = kRules,
};

extern const LanguageSyntax kTsxSyntax;
const LanguageSyntax kTsxSyntax = {
    .name = "tsx",
    .grammar = tree_sitter_tsx,
    .base = &kJavaScriptSyntax,
    .rules = kRules,
};

}  // namespace sg
