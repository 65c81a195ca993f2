#pragma once
// A copy of a corpus in which some lines are blank: a query that was made of a comment proves
// nothing while the index holds that comment. Line numbers stay as they are. Callers must not work
// on one copy from two threads.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "eval/spec.h"
#include "extract/walker.h"

namespace sg {

// Hidden lines by path.
using HiddenByPath = std::map<std::string, std::vector<LineSpan>>;

// `bytes` with the bytes of hidden lines removed and their '\n' kept.
std::string BlankLines(std::string_view bytes, const std::vector<LineSpan>& hidden);

// Makes `copy` equal to the files of `corpus` that `walk` finds, with blank lines. Writes only what
// differs from an earlier copy and keeps modification times, so that an index of the copy stays
// valid; files that are gone from the corpus are removed, unreadable ones left out. Returns those
// paths of `hidden` that are not in the corpus.
Result<std::vector<std::string>> UpdateShadow(const std::string& corpus, const std::string& copy,
                                              const WalkOptions& walk, const HiddenByPath& hidden);

}  // namespace sg
