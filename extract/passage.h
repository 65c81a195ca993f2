#pragma once
// The exact text that an encoder reads for a chunk: the only place where it is made.

#include <string>
#include <string_view>

#include "extract/chunk.h"
#include "extract/source_text.h"

namespace sg {

// Path words, scope, signature of a continued definition, then the chunk's own lines (comment and
// code).
std::string MakePassage(std::string_view path, const SourceText& source, const Chunk& chunk);

}  // namespace sg
