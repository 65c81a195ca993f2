#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_kotlin(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_declaration"), FunctionNode("secondary_constructor"),
    ContainerNode("class_declaration"),   ContainerNode("object_declaration"),
    ContainerNode("companion_object"),    ContainerNode("type_alias"),
    VariableNode("property_declaration"), VariableNode("assignment", Naming::kLeftOfEquals),
};

}  // namespace

extern const LanguageSyntax kKotlinSyntax;
const LanguageSyntax kKotlinSyntax = {
    .name = "kotlin",
    .grammar = tree_sitter_kotlin,
    .rules = kRules,
};

}  // namespace sg
