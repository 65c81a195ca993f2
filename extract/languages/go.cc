#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_go(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_declaration"),
    FunctionNode("method_declaration"),
    FunctionNode("method_elem"),
    ContainerNode("type_spec"),
    ContainerNode("type_alias"),
    VariableNode("const_declaration", Naming::kGrammar),
    VariableNode("var_declaration", Naming::kGrammar),
    VariableNode("field_declaration", Naming::kGrammar),
    RoleNode("type_declaration", NodeRole::kWrapper),
};

}  // namespace

extern const LanguageSyntax kGoSyntax;
const LanguageSyntax kGoSyntax = {
    .name = "go",
    .grammar = tree_sitter_go,
    .rules = kRules,
};

}  // namespace sg
