#include "extract/chunk_syntax.h"

extern "C" const TSLanguage* tree_sitter_json(void);

namespace sg {
namespace {

constexpr NodeRule kRules[] = {
    EntryNode("pair"),
};

}  // namespace

extern const LanguageSyntax kJsonSyntax;
const LanguageSyntax kJsonSyntax = {
    .name = "json",
    .grammar = tree_sitter_json,
    .rules = kRules,
    .descend_from_root = true,
};

}  // namespace sg
