#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_css(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    EntryNode("rule_set", Naming::kHead),
    EntryNode("media_statement", Naming::kHead),
    EntryNode("supports_statement", Naming::kHead),
    EntryNode("keyframes_statement", Naming::kHead),
    EntryNode("scope_statement", Naming::kHead),
    EntryNode("at_rule", Naming::kHead),
    RoleNode("block", NodeRole::kGroup),
    RoleNode("keyframe_block_list", NodeRole::kGroup),
};

}  // namespace

extern const LanguageSyntax kCssSyntax;
const LanguageSyntax kCssSyntax = {
    .name = "css",
    .grammar = tree_sitter_css,
    .rules = kRules,
};

}  // namespace sg
