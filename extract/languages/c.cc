#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_c(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("preproc_function_def"),
    FunctionNode("function_definition"),
    SpecifierNode("struct_specifier"),
    SpecifierNode("enum_specifier"),
    SpecifierNode("union_specifier"),
    ContainerNode("type_definition"),
    VariableNode("preproc_def"),
    VariableNode("field_declaration", Naming::kGrammar),
    VariableNode("expression_statement", Naming::kLeftOfEquals),
};

}  // namespace

extern const LanguageSyntax kCSyntax;
const LanguageSyntax kCSyntax = {
    .name = "c",
    .grammar = tree_sitter_c,
    .rules = kRules,
};

}  // namespace sg
