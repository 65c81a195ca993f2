#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_swift(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("function_declaration"),
    FunctionNode("init_declaration"),
    FunctionNode("protocol_function_declaration"),
    FunctionNode("macro_definition"),
    ContainerNode("class_declaration"),
    ContainerNode("protocol_declaration"),
    VariableNode("property_declaration"),
    VariableNode("typealias_declaration", Naming::kGrammar),
};

}  // namespace

extern const LanguageSyntax kSwiftSyntax;
const LanguageSyntax kSwiftSyntax = {
    .name = "swift",
    .grammar = tree_sitter_swift,
    .rules = kRules,
};

}  // namespace sg
