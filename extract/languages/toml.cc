#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_toml(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    EntryNode("pair", Naming::kFirstChild),
    ContainerNode("table", DefinitionKind::kClass, Naming::kFirstChild),
    ContainerNode("table_array_element", DefinitionKind::kClass, Naming::kFirstChild),
};

}  // namespace

extern const LanguageSyntax kTomlSyntax;
const LanguageSyntax kTomlSyntax = {
    .name = "toml",
    .grammar = tree_sitter_toml,
    .rules = kRules,
};

}  // namespace sg
