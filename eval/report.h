#pragma once
// What an evaluation found, as text for people, Markdown for documents and JSON for programs. Pure
// functions; the JSON's schema is in docs/evaluation.md.

#include <string>
#include <vector>

#include "eval/evaluate.h"

namespace sg {

struct ReportOptions {
  bool categories = true;  // a line per category below each run
};

// `text` with spaces for control characters: names and questions are a spec's and must not break a
// line of a report.
std::string OnOneLine(std::string text);

// A line for each thing that a corpus lacks, said once.
std::string RenderEvalWarnings(const std::vector<EvalRun>& runs);

// A table of models x modes x corpora with 95 % intervals, then what else is worth knowing.
std::string RenderEvalText(const std::vector<EvalRun>& runs, const ReportOptions& options);
std::string RenderEvalMarkdown(const std::vector<EvalRun>& runs, const ReportOptions& options);

// Every query with its rank and what was in first place.
std::string RenderEvalQueries(const std::vector<EvalRun>& runs);

inline constexpr int kEvalJsonVersion = 1;
std::string RenderEvalJson(const std::vector<EvalRun>& runs);

}  // namespace sg
