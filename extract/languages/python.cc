#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_python(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_definition"),
    ContainerNode("class_definition"),
    VariableNode("expression_statement", Naming::kAnnotated),
    VariableNode("assignment", Naming::kBinding),
    RoleNode("decorated_definition", NodeRole::kWrapper),
};

}  // namespace

extern const LanguageSyntax kPythonSyntax;
const LanguageSyntax kPythonSyntax = {
    .name = "python",
    .grammar = tree_sitter_python,
    .rules = kRules,
    .docstrings = true,
};

}  // namespace sg
