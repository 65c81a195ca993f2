#pragma once
// Cuts a file into chunks at the boundaries of its syntax (tree-sitter), or of its structure (blank
// lines, indentation, headings) where there is no grammar. The recipe and its measured effect:
// docs/chunking.md.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "extract/chunk.h"
#include "extract/source_text.h"

namespace sg {

// Raised whenever the same file would be cut differently: the index then chunks it again.
inline constexpr uint32_t kChunkerVersion = 2;

struct ChunkOptions {
  size_t target_bytes = 1500;  // flush before a chunk grows past this
  size_t max_bytes = 1800;     // longer segments are split
  size_t flush_bytes =
      500;                 // a new definition starts a new chunk once the current one has this size
  size_t min_bytes = 150;  // smaller tails are merged back
  uint64_t parse_timeout_us = 2'000'000;  // of CPU; then the file is cut by structure
};

// Owns one parser per language, created on first use. Thread-compatible: one Chunker a thread.
class Chunker {
 public:
  explicit Chunker(const ChunkOptions& options = {});
  ~Chunker();
  Chunker(Chunker&&) noexcept;
  Chunker& operator=(Chunker&&) noexcept;

  // Never fails: bad syntax, time-out or excessive depth fall back to structure. O(bytes) memory.
  ChunkedFile Chunk(const SourceText& source);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The names of the languages that are cut by their syntax, in the order of the table in
// chunk_syntax.cc; every other language is cut by structure.
std::vector<std::string_view> ParsedLanguages();

}  // namespace sg
