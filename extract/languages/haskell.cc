#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_haskell(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function"),
    ContainerNode("class"),
    ContainerNode("data_type"),
    ContainerNode("newtype"),
    ContainerNode("type_synomym"),
    ContainerNode("instance"),
    VariableNode("pattern_synonym", Naming::kGrammar),
    VariableNode("signature", Naming::kGrammar),
};

}  // namespace

extern const LanguageSyntax kHaskellSyntax;
const LanguageSyntax kHaskellSyntax = {
    .name = "haskell",
    .grammar = tree_sitter_haskell,
    .rules = kRules,
};

}  // namespace sg
