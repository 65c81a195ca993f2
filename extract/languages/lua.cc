#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_lua(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_declaration"),
    FunctionNode("function_definition"),
    VariableNode("variable_declaration", Naming::kBinding),
    VariableNode("assignment_statement", Naming::kBinding),
};

}  // namespace

extern const LanguageSyntax kLuaSyntax;
const LanguageSyntax kLuaSyntax = {
    .name = "lua",
    .grammar = tree_sitter_lua,
    .rules = kRules,
};

}  // namespace sg
