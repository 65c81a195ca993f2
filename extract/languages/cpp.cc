#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_cpp(void);

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
    SpecifierNode("class_specifier"),
    ContainerNode("namespace_definition", DefinitionKind::kNamespace),
    RoleNode("template_declaration", NodeRole::kWrapper),
    RoleNode("concept_definition", NodeRole::kContainer),
};

}  // namespace

extern const LanguageSyntax kCppSyntax;
const LanguageSyntax kCppSyntax = {
    .name = "cpp",
    .grammar = tree_sitter_cpp,
    .rules = kRules,
};

}  // namespace sg
