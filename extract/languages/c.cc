#include "extract/chunk_syntax.h"
#include "extract/languages/c_declaration.h"

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
    RoleNode("field_declaration", NodeRole::kSpecial),
    RoleNode("declaration", NodeRole::kSpecial),
    VariableNode("expression_statement", Naming::kLeftOfEquals),
};

}  // namespace

extern const LanguageSyntax kCSyntax;
const LanguageSyntax kCSyntax = {
    .name = "c",
    .grammar = tree_sitter_c,
    .rules = kRules,
    .special = MeaningOfDeclaration,
};

}  // namespace sg
