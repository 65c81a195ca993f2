#pragma once
// Reads the outline of a file (cut points and definitions) from its tree-sitter tree.

#include <tree_sitter/api.h>

#include <vector>

#include "extract/chunk_outline.h"
#include "extract/chunk_syntax.h"
#include "extract/chunker.h"

namespace sg {

// The rules of a language resolved to the numbers of its node types, so that a walk compares no
// strings. Immutable after construction.
class SyntaxTable {
 public:
  explicit SyntaxTable(const LanguageSyntax& syntax);

  struct NodeType {
    NodeRole role = NodeRole::kOrdinary;
    DefinitionKind kind = DefinitionKind::kFunction;
    Naming naming = Naming::kNone;
    bool needs_body = false;
    bool descends = false;    // its children are statements or members
    bool is_name = false;     // an identifier of some kind
    bool holds_name = false;  // a declarator or specification: its name is inside
    bool is_body = false;
    bool is_string = false;
    bool is_statement = false;  // expression_statement
  };
  const NodeType& type(TSNode node) const {
    const size_t symbol = ts_node_symbol(node);
    return types_[symbol < types_.size() ? symbol : types_.size() - 1];
  }
  const LanguageSyntax& syntax() const { return *syntax_; }

  TSFieldId name_field, declarator_field, type_field, body_field, key_field;

 private:
  const LanguageSyntax* syntax_;
  std::vector<NodeType> types_;  // by symbol; ERROR is out of range and mapped to the last
};

// REQUIRES: `root` is the root of the tree of `source`. O(nodes visited) time; nodes inside small
// statements are not visited. No recursion: depth is bounded by kMaxDepth frames.
Outline OutlineTree(const SyntaxTable& table, TSNode root, const SourceText& source,
                    const ChunkOptions& options);

}  // namespace sg
