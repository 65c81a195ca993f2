#pragma once
// The comment that documents a definition, as a question somebody might ask. Pure functions.

#include <optional>
#include <string>
#include <string_view>

#include "eval/metrics.h"
#include "extract/chunk.h"
#include "extract/source_text.h"

namespace sg {

struct DocComment {
  std::string text;  // without comment markers, lines joined by '\n'
  LineSpan lines;    // whole lines: nothing but the comment stands on them
};

// The comment directly above `definition` (attributes and decorators may stand between), or the
// docstring directly below its head in Python.
std::optional<DocComment> FindDocComment(const SourceText& source, const Definition& definition);

// The first sentence of `doc` as a query; empty if it says too little (fewer than four words, or
// nothing but the words of `symbol`), or is about something else (licences, notes to linters).
std::string QueryFromDoc(std::string_view doc, std::string_view symbol);

// `text` as one line without mark-up, at most 200 bytes, cut at a word.
std::string OneLine(std::string_view text);

}  // namespace sg
