#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_c_sharp(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("method_declaration"),
    FunctionNode("constructor_declaration"),
    FunctionNode("delegate_declaration"),
    ContainerNode("class_declaration"),
    ContainerNode("struct_declaration"),
    ContainerNode("interface_declaration"),
    ContainerNode("enum_declaration"),
    ContainerNode("record_declaration"),
    ContainerNode("namespace_declaration", DefinitionKind::kNamespace),
    VariableNode("field_declaration", Naming::kGrammar),
    VariableNode("property_declaration", Naming::kGrammar),
};

}  // namespace

extern const LanguageSyntax kCSharpSyntax;
const LanguageSyntax kCSharpSyntax = {
    .name = "csharp",
    .grammar = tree_sitter_c_sharp,
    .rules = kRules,
};

}  // namespace sg
