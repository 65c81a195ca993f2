#pragma once
// What a declaration of C, C++ and Objective-C means: `int f(void);` declares a function that is
// defined elsewhere, `int a = 1;` defines a variable. Only the languages' tables include this.

#include "extract/chunk_syntax.h"

namespace sg {

// Whether `node` declares a function. `int (*f)(void)` declares a variable.
inline bool DeclaresFunction(TSNode node) {
  constexpr int kMaxLevels = 8;  // of pointers and references to what it returns
  TSNode inner = ChildOfField(node, "declarator");
  for (int level = 0; level < kMaxLevels && !ts_node_is_null(inner); ++level) {
    const std::string_view type = TypeOf(inner);
    if (type == "function_declarator") {
      const TSNode name = ChildOfField(inner, "declarator");
      return !ts_node_is_null(name) && TypeOf(name) != "parenthesized_declarator";
    }
    if (type != "pointer_declarator" && type != "reference_declarator") return false;
    const TSNode next = ChildOfField(inner, "declarator");
    inner = ts_node_is_null(next) ? ts_node_named_child(inner, 0) : next;
  }
  return false;
}

inline NodeMeaning MeaningOfDeclaration(const SyntaxNode& node) {
  NodeMeaning variable{
      .role = NodeRole::kVariable, .kind = DefinitionKind::kVariable, .naming = Naming::kGrammar};
  if (DeclaresFunction(node.node)) {
    variable.kind = DefinitionKind::kDeclaration;
    return variable;
  }
  if (node.type() == "field_declaration") return variable;
  const TSNode declarator = ChildOfField(node.node, "declarator");
  const bool has_value = !ts_node_is_null(declarator) && TypeOf(declarator) == "init_declarator";
  return has_value ? variable : NodeMeaning{};
}

}  // namespace sg
