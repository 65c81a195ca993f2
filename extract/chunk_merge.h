#pragma once
// Makes chunks of an outline: segments between cuts, long segments split, small ones merged. The
// recipe and what it was measured to be worth: docs/chunking.md.

#include "extract/chunk.h"
#include "extract/chunk_outline.h"
#include "extract/chunker.h"

namespace sg {

// Returns chunks that cover every line of `source` exactly once, in order, and
// ChunkedFile::header_comment. O(bytes + definitions) time. `parsed` is left false.
ChunkedFile MergeOutline(const Outline& outline, const SourceText& source,
                         const ChunkOptions& options);

}  // namespace sg
