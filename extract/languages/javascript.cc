#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_javascript(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_declaration"),
    FunctionNode("generator_function_declaration"),
    FunctionNode("method_definition"),
    ContainerNode("class"),
    ContainerNode("class_declaration"),
    VariableNode("lexical_declaration"),
    VariableNode("variable_declaration"),
    VariableNode("expression_statement", Naming::kLeftOfEquals),
    RoleNode("export_statement", NodeRole::kWrapper),
};

}  // namespace

extern const LanguageSyntax kJavaScriptSyntax;
const LanguageSyntax kJavaScriptSyntax = {
    .name = "javascript",
    .grammar = tree_sitter_javascript,
    .rules = kRules,
};

}  // namespace sg
