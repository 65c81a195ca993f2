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
    RoleNode("const_declaration", NodeRole::kWrapper),
    RoleNode("var_declaration", NodeRole::kWrapper),
    RoleNode("var_spec_list", NodeRole::kGroup),
    VariableNode("const_spec", Naming::kGrammar),
    VariableNode("var_spec", Naming::kGrammar),
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
