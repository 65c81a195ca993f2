#pragma once
// What the chunker makes of a file: chunks, and the definitions that start in them. Lines are
// 1-based and inclusive, byte ranges half-open, both of SourceText::utf8.

#include <cstdint>
#include <string>
#include <vector>

namespace sg {

// Numeric values are stored in the index: append only.
enum class DefinitionKind : uint8_t {
  kClass = 0,  // class, struct, enum, interface, trait, protocol, module of functions
  kImpl = 1,   // an implementation block of a type defined elsewhere
  kFunction = 2,
  kType = 3,      // alias, typedef
  kVariable = 4,  // constant, field, variable
  kNamespace = 5,
  kSection = 6,      // heading of a document
  kDeclaration = 7,  // a prototype, a member of an interface: what it is is elsewhere
};
inline constexpr uint32_t kDefinitionKindCount = 8;
const char* DefinitionKindName(DefinitionKind kind);

struct Definition {
  std::string name;  // as written, at most 80 bytes
  DefinitionKind kind = DefinitionKind::kFunction;
  uint32_t line_begin = 0;  // of the definition itself, without the comment above
  uint32_t line_end = 0;
  std::string scope;  // names of the enclosing definitions, joined by '.'; empty at top level
};

struct Chunk {
  uint32_t line_begin = 0;
  uint32_t line_end = 0;
  uint32_t byte_begin = 0;
  uint32_t byte_end = 0;
  std::string scope;  // definitions that start before this chunk and reach into it, joined by '.'
  std::string signature;  // of the definition that this chunk continues (empty if it starts its
                          // own); for passages
  std::vector<Definition> definitions;  // that start in this chunk, in order

  // The definition a person would name this chunk by: the first of the largest kind; null if none.
  const Definition* main_definition() const;
};

// The chunks of a file cover every line exactly once, in order.
struct ChunkedFile {
  std::vector<Chunk> chunks;
  std::string
      header_comment;   // first 600 bytes of the comments in the first chunk (docstrings count)
  bool parsed = false;  // by tree-sitter, not by the structural fall-back
};

}  // namespace sg
