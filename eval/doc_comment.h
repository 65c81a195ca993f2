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
// docstring directly below its head in Python, or the @doc above it in Elixir.
std::optional<DocComment> FindDocComment(const SourceText& source, const Definition& definition);

// The first sentence of `doc` as a query; empty if it says too little (fewer than four words, or
// nothing but the words of `symbol`), names `symbol`, is no prose (code, tags, addresses), or is
// about something else (licences, notes to linters).
std::string QueryFromDoc(std::string_view doc, std::string_view symbol);

// True if `query` holds `name`, an identifier of several words, as a whole: a question does not
// name its answer.
bool NamesAnswer(std::string_view query, std::string_view name);

// `text` as one line without mark-up, at most 200 bytes, cut at a word.
std::string OneLine(std::string_view text);

}  // namespace sg
