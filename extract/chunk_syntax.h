#pragma once
// What the chunker knows of a language: its grammar and the meaning of its node types. One value a
// language, in languages/<name>.cc; the table that lists them is in chunk_syntax.cc. Only the
// chunker includes this. Immutable data: any thread.

#include <tree_sitter/api.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "extract/chunk.h"

namespace sg {

// What a node type means to the chunker. Nodes without a rule are kOrdinary: a statement, before
// which a file may be cut.
enum class NodeRole : uint8_t {
  kOrdinary,
  kComment,    // belongs to the node after it
  kAttribute,  // attribute, decorator, annotation: belongs to the node after it
  kFunction,   // definition; nothing inside it defines variables
  kContainer,  // definition whose members are definitions of their own
  kVariable,   // definition if it has a name and is outside of functions
  kEntry,      // key of a data file: a definition whose members matter only when it is large
  kWrapper,    // `export`, `template <...>`, decorated definition: begins the definition inside it
  kAtomic,     // never cut inside: a code fence, a table
  kGroup,      // a list of members without a meaning of its own
  kSpecial,    // LanguageSyntax::special decides
};

// Where the name of a definition stands.
enum class Naming : uint8_t {
  kGrammar,       // the field `name`, the innermost declarator, or the first identifier
  kNone,          // nowhere: cut as a definition, but without one
  kLeftOfEquals,  // a.b.NAME = ...
  kAnnotated,     // NAME: type, NAME: type = ..., a.b.NAME = ...
  kBinding,       // pub const NAME: T = ..., local NAME = ..., NAME = ...
  kKeyword,       // the word after const, let, var, val, static, define, final; else kGrammar
  kKey,           // the field `key`, without quotes
  kHead,          // the text up to `{`
  kFirstChild,    // the first word of the first named child
};

struct NodeRule {
  std::string_view type;
  NodeRole role = NodeRole::kOrdinary;
  DefinitionKind kind = DefinitionKind::kFunction;
  Naming naming = Naming::kGrammar;
  bool needs_body = false;  // `struct foo *p;` mentions a type, `struct foo {...}` defines it
};

// Short forms for the tables of languages/.
constexpr NodeRule FunctionNode(std::string_view type, Naming naming = Naming::kGrammar) {
  return {.type = type, .role = NodeRole::kFunction, .naming = naming};
}
constexpr NodeRule ContainerNode(std::string_view type,
                                 DefinitionKind kind = DefinitionKind::kClass,
                                 Naming naming = Naming::kGrammar) {
  return {.type = type, .role = NodeRole::kContainer, .kind = kind, .naming = naming};
}
constexpr NodeRule SpecifierNode(std::string_view type) {
  return {.type = type,
          .role = NodeRole::kContainer,
          .kind = DefinitionKind::kClass,
          .needs_body = true};
}
constexpr NodeRule VariableNode(std::string_view type, Naming naming = Naming::kKeyword) {
  return {.type = type,
          .role = NodeRole::kVariable,
          .kind = DefinitionKind::kVariable,
          .naming = naming};
}
constexpr NodeRule DeclarationNode(std::string_view type) {
  return {.type = type,
          .role = NodeRole::kVariable,
          .kind = DefinitionKind::kDeclaration,
          .naming = Naming::kGrammar};
}
constexpr NodeRule EntryNode(std::string_view type, Naming naming = Naming::kKey) {
  return {
      .type = type, .role = NodeRole::kEntry, .kind = DefinitionKind::kVariable, .naming = naming};
}
constexpr NodeRule RoleNode(std::string_view type, NodeRole role) {
  return {.type = type, .role = role};
}

// A node with the text it comes from.
struct SyntaxNode {
  TSNode node;
  std::string_view source;

  std::string_view type() const { return ts_node_type(node); }
  std::string_view Text() const {
    // A parser reads one line end more than there is.
    const size_t begin = std::min<size_t>(ts_node_start_byte(node), source.size());
    return source.substr(begin, ts_node_end_byte(node) - begin);
  }
};

inline std::string_view TypeOf(TSNode node) { return ts_node_type(node); }
inline std::string_view TextOf(TSNode node, std::string_view source) {
  return SyntaxNode{.node = node, .source = source}.Text();
}
inline TSNode ChildOfField(TSNode node, std::string_view name) {
  return ts_node_child_by_field_name(node, name.data(), static_cast<uint32_t>(name.size()));
}

// What LanguageSyntax::special says of one node.
struct NodeMeaning {
  NodeRole role = NodeRole::kOrdinary;
  DefinitionKind kind = DefinitionKind::kFunction;
  std::string_view name;          // a part of the source; empty: no definition
  bool is_comment = false;        // its rows are documentation
  bool cut_before = false;        // kAttribute: a place to cut even if no definition follows
  Naming naming = Naming::kNone;  // where to look if `name` is empty
  uint32_t level = 0;             // of a heading, 1 the highest; 0: none
};

struct LanguageSyntax {
  std::string_view name;  // as in extract/language.h
  const TSLanguage* (*grammar)() = nullptr;
  // The language that this one adds to; null for none. Its rules hold here too, `rules` over them.
  const LanguageSyntax* base = nullptr;
  std::span<const NodeRule> rules;
  NodeMeaning (*special)(const SyntaxNode& node) = nullptr;
  // Returns another syntax for this very text (interfaces, dialects), null for this one.
  const LanguageSyntax* (*choose)(std::string_view text) = nullptr;
  // Texts with a line nested deeper than this are not parsed: the scanner keeps a stack in a buffer
  // of 1,024 bytes and does not look whether it fits. 0: no limit.
  uint32_t max_line_depth = 0;
  bool equations = false;    // neighbours of one name are one definition: `f 0 = 1`, `f n = n`
  bool docstrings = false;   // a string that opens a body documents the definition
  bool is_document = false;  // long segments are split after sentences, scopes join by " > "
  bool descend_from_root = false;  // data: the members of the root value are the entries
};

// Returns the syntax of a language, null where there is no grammar (the structural fall-back).
const LanguageSyntax* FindSyntax(std::string_view language_name);

// All of them, in the order of the table.
std::span<const LanguageSyntax* const> AllSyntaxes();

}  // namespace sg
