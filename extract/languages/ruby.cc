#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_ruby(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("method"),
    FunctionNode("singleton_method"),
    ContainerNode("class"),
    ContainerNode("module"),
    VariableNode("assignment", Naming::kLeftOfEquals),
};

}  // namespace

extern const LanguageSyntax kRubySyntax;
const LanguageSyntax kRubySyntax = {
    .name = "ruby",
    .grammar = tree_sitter_ruby,
    .rules = kRules,
};

}  // namespace sg
