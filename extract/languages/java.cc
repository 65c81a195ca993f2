#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_java(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    FunctionNode("method_declaration"),
    FunctionNode("constructor_declaration"),
    ContainerNode("class_declaration"),
    ContainerNode("enum_declaration"),
    ContainerNode("interface_declaration"),
    ContainerNode("record_declaration"),
    VariableNode("constant_declaration", Naming::kGrammar),
    VariableNode("field_declaration", Naming::kGrammar),
};

}  // namespace

extern const LanguageSyntax kJavaSyntax;
const LanguageSyntax kJavaSyntax = {
    .name = "java",
    .grammar = tree_sitter_java,
    .rules = kRules,
};

}  // namespace sg
