#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_scala(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_definition"),   FunctionNode("function_declaration"),
    ContainerNode("class_definition"),     ContainerNode("object_definition"),
    ContainerNode("trait_definition"),     ContainerNode("enum_definition"),
    ContainerNode("extension_definition"), ContainerNode("given_definition"),
    ContainerNode("package_object"),       ContainerNode("type_definition"),
    VariableNode("val_definition"),        VariableNode("var_definition"),
    VariableNode("var_declaration"),
};

}  // namespace

extern const LanguageSyntax kScalaSyntax;
const LanguageSyntax kScalaSyntax = {
    .name = "scala",
    .grammar = tree_sitter_scala,
    .rules = kRules,
};

}  // namespace sg
