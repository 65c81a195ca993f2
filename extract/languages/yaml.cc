#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_yaml(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    EntryNode("block_mapping_pair"),
    EntryNode("flow_pair"),
    EntryNode("block_sequence_item", Naming::kNone),
    RoleNode("document", NodeRole::kGroup),
    RoleNode("block_node", NodeRole::kGroup),
    RoleNode("block_mapping", NodeRole::kGroup),
    RoleNode("block_sequence", NodeRole::kGroup),
};

}  // namespace

extern const LanguageSyntax kYamlSyntax;
const LanguageSyntax kYamlSyntax = {
    .name = "yaml",
    .grammar = tree_sitter_yaml,
    .rules = kRules,
    .max_line_depth = 200,
};

}  // namespace sg
