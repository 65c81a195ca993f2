#include "extract/chunk.h"

namespace sg {

const char* DefinitionKindName(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::kClass: return "class";
    case DefinitionKind::kImpl: return "impl";
    case DefinitionKind::kFunction: return "function";
    case DefinitionKind::kType: return "type";
    case DefinitionKind::kVariable: return "variable";
    case DefinitionKind::kNamespace: return "namespace";
    case DefinitionKind::kSection: return "section";
    case DefinitionKind::kDeclaration: return "declaration";
  }
  return "unknown";
}

namespace {

// The larger, the better it names a chunk.
int NamingRank(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::kClass: return 7;
    case DefinitionKind::kImpl: return 6;
    case DefinitionKind::kSection: return 5;
    case DefinitionKind::kFunction: return 4;
    case DefinitionKind::kType: return 3;
    case DefinitionKind::kDeclaration: return 2;
    case DefinitionKind::kVariable: return 1;
    case DefinitionKind::kNamespace: return 0;
  }
  return 0;
}

}  // namespace

const Definition* Chunk::main_definition() const {
  const Definition* best = nullptr;
  for (const Definition& definition : definitions) {
    if (!best || NamingRank(definition.kind) > NamingRank(best->kind)) best = &definition;
  }
  return best;
}

}  // namespace sg
