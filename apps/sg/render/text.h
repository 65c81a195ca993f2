#pragma once
// Search results for people: path:lines, symbol, the best lines highlighted; further chunks of the
// same file in one line each. Pure functions of their arguments.

#include <functional>
#include <string>

#include "apps/sg/render/budget.h"
#include "apps/sg/render/safe_text.h"
#include "index/search/searcher.h"

namespace sg {

struct TextOptions {
  Style style;
  bool scores = false;         // --scores, --explain
  bool whole_chunks = false;   // --content
  bool context_given = false;  // -A, -B, -C
  size_t lines_before = 0;
  size_t lines_after = 0;
  // The path to show for a path relative to the root. Default: itself.
  std::function<std::string(const std::string& path)> display_path;
  // The text of a whole file, for context lines beyond the chunk. Default: the chunk only.
  std::function<std::string(const std::string& path)> file_text;
};

// One result with a line end after each line, no empty line at the end.
std::string RenderTextResult(const SearchResult& result, ResultForm form,
                             const TextOptions& options);

}  // namespace sg
