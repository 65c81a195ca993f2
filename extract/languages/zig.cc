#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_zig(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_declaration"),
    FunctionNode("test_declaration", Naming::kNone),
    ContainerNode("struct_declaration"),
    ContainerNode("enum_declaration"),
    VariableNode("variable_declaration", Naming::kBinding),
    VariableNode("expression_statement", Naming::kLeftOfEquals),
};

}  // namespace

extern const LanguageSyntax kZigSyntax;
const LanguageSyntax kZigSyntax = {
    .name = "zig",
    .grammar = tree_sitter_zig,
    .rules = kRules,
};

}  // namespace sg
