#pragma once
// The outline of a file without a grammar: blank lines, indentation, and lines that look like the
// head of a definition in most languages.

#include "extract/chunk_outline.h"

namespace sg {

// O(bytes). Documents (LanguageFamily::kProse) are cut between paragraphs.
Outline OutlineStructure(const SourceText& source);

}  // namespace sg
