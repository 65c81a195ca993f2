#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_bash(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_definition"),
};

}  // namespace

extern const LanguageSyntax kBashSyntax;
const LanguageSyntax kBashSyntax = {
    .name = "bash",
    .grammar = tree_sitter_bash,
    .rules = kRules,
};

}  // namespace sg
