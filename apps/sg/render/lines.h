#pragma once
// The forms of search results that other programs read line by line: --vimgrep and
// --files-with-matches. Pure functions.

#include <functional>
#include <string>
#include <string_view>

#include "index/search/searcher.h"

namespace sg {

// The text of the line of `hit` that answers best.
std::string_view BestLine(const SearchHit& hit);

// "path:line:column:text", one line for each chunk of the result (best first), at its best line;
// the column is a 1-based byte offset, as Vim's %c. For `set grepprg=sg\ search\ --vimgrep`.
// `path` is what to print for the result's path.
std::string RenderVimgrep(const SearchResult& result, const std::string& path, bool make_safe);

// The path, ended by a newline or, for `xargs -0`, by NUL.
std::string RenderFileName(const std::string& path, bool nul_terminated, bool make_safe);

}  // namespace sg
