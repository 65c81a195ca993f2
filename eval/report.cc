#include "eval/report.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/text/cells.h"
#include "eval/summary.h"

namespace sg {
namespace {

using Row = std::vector<std::string>;

// "0.915 [.901, .930]".
std::string Cell(const Interval& interval) {
  return Format("%.3f [%.3f, %.3f]", interval.value, interval.low, interval.high);
}

Row Header(size_t k) {
  const std::string at = "@" + std::to_string(k);
  return {"model", "mode",        "corpus",    "queries", "P@1",
          "MRR",   "Recall" + at, "NDCG" + at, "p50 ms",  "p95 ms"};
}

Row RunRow(const RunSummary& run) {
  const MetricSummary& m = run.chunk;
  return {run.model,
          run.system,
          OnOneLine(run.spec),
          std::to_string(m.queries),
          Cell(m.p_at_1),
          Cell(m.mrr),
          Cell(m.recall),
          Cell(m.ndcg),
          Format("%.1f", run.latency_p50_ms),
          Format("%.1f", run.latency_p95_ms)};
}

Row CategoryRow(const std::string& name, const MetricSummary& m) {
  return {"",
          "",
          "  " + OnOneLine(name),
          std::to_string(m.queries),
          Cell(m.p_at_1),
          Cell(m.mrr),
          Cell(m.recall),
          Cell(m.ndcg),
          "",
          ""};
}

std::vector<Row> TableOf(const std::vector<RunSummary>& runs, const ReportOptions& options) {
  std::vector<Row> rows = {Header(runs.empty() ? 10 : runs.front().k)};
  for (const RunSummary& run : runs) {
    rows.push_back(RunRow(run));
    const bool lines_matter = run.file.ndcg.value != run.chunk.ndcg.value;
    if (lines_matter) rows.push_back(CategoryRow("file level", run.file));
    if (!options.categories || run.categories.size() < 2) continue;
    for (const auto& [name, metrics] : run.categories) rows.push_back(CategoryRow(name, metrics));
  }
  return rows;
}

std::vector<RunSummary> SummariesOf(const std::vector<EvalRun>& runs) {
  std::vector<RunSummary> summaries;
  for (const EvalRun& run : runs) summaries.push_back(Summarize(run));
  return summaries;
}

// Cells in columns; numbers stand to the right.
std::string AlignedTable(const std::vector<Row>& rows) {
  constexpr size_t kTextColumns = 3;
  std::vector<size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], CellsOf(row[i]));
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - CellsOf(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (i < kTextColumns ? row[i] + pad : pad + row[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string MarkdownTable(const std::vector<Row>& rows) {
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    text += "|";
    for (const std::string& cell : rows[r]) {
      text += ' ';
      for (const char c : cell) text += c == '|' ? std::string("\\|") : std::string(1, c);
      text += " |";
    }
    text += "\n";
    if (r == 0) text += "|---|---|---|--:|--:|--:|--:|--:|--:|--:|\n";
  }
  return text;
}

std::string Share(size_t part, size_t whole) {
  return Format("%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(whole)) + " (" +
         std::to_string(part) + " of " + std::to_string(whole) + ")";
}

std::string NotesOf(const RunSummary& run) {
  const std::string name = OnOneLine(run.spec) + ", " + run.system;
  std::string notes;
  if (run.lines.files_found > 0) {
    notes += "Line precision (" + name +
             "): of the right files found, the printed span holds the " + "defining line in " +
             Share(run.lines.lines_held, run.lines.files_found) + ".\n";
  }
  if (run.unanswerable > 0) {
    notes += "Nothing relevant (" + name + "): queries without an answer that got no result: " +
             Share(run.rejected, run.unanswerable) + ".\n";
  }
  return notes;
}

std::string Below(const std::vector<EvalRun>& runs, const std::vector<RunSummary>& summaries) {
  std::string text;
  for (const RunSummary& summary : summaries) text += NotesOf(summary);
  text += RenderEvalWarnings(runs);
  text +=
      "Chunk level: the right lines count (file level: any lines of the right file). [low, high] "
      "is a 95 %\nbootstrap interval. Times are of one search within this process, the index "
      "open.\n";
  return text;
}

std::string PlaceOf(const RankedSpan& span) {
  return OnOneLine(span.path) + ":" + std::to_string(span.lines.begin) + "-" +
         std::to_string(span.lines.end);
}

std::string WantedPlace(const Target& target) {
  if (target.lines.whole_file()) return OnOneLine(target.path);
  return PlaceOf({.path = target.path, .lines = target.lines});
}

std::string QueryLines(const QueryOutcome& query) {
  size_t best = 0;
  for (const size_t rank : query.ranks) {
    if (rank != 0 && (best == 0 || rank < best)) best = rank;
  }
  std::string text = best == 0 ? "   -" : Format("%4.0f", static_cast<double>(best));
  text += "  " + OnOneLine(query.text) + "\n";
  if (best == 1) return text;
  text += "        first:  " + (query.found.empty() ? "nothing" : PlaceOf(query.found[0])) + "\n";
  for (const Target& target : query.targets)
    text += "        wanted: " + WantedPlace(target) + "\n";
  return text;
}

}  // namespace

std::string OnOneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

std::string RenderEvalWarnings(const std::vector<EvalRun>& runs) {
  std::string text;
  std::vector<std::string> said;
  for (const EvalRun& run : runs) {
    for (const CorpusOutcome& corpus : run.corpora) {
      for (const std::string& warning : corpus.warnings) {
        const std::string line = OnOneLine("Warning: " + corpus.name + ": " + warning) + "\n";
        if (std::find(said.begin(), said.end(), line) != said.end()) continue;
        said.push_back(line);
        text += line;
      }
    }
  }
  return text;
}

std::string RenderEvalText(const std::vector<EvalRun>& runs, const ReportOptions& options) {
  const std::vector<RunSummary> summaries = SummariesOf(runs);
  return AlignedTable(TableOf(summaries, options)) + "\n" + Below(runs, summaries);
}

std::string RenderEvalMarkdown(const std::vector<EvalRun>& runs, const ReportOptions& options) {
  const std::vector<RunSummary> summaries = SummariesOf(runs);
  return MarkdownTable(TableOf(summaries, options)) + "\n" + Below(runs, summaries);
}

std::string RenderEvalQueries(const std::vector<EvalRun>& runs) {
  std::string text;
  for (const EvalRun& run : runs) {
    for (const CorpusOutcome& corpus : run.corpora) {
      text += OnOneLine(corpus.name) + ", " + run.model + ", " + run.system + " (rank, query):\n";
      for (const QueryOutcome& query : corpus.queries) text += QueryLines(query);
      text += "\n";
    }
  }
  return text;
}

}  // namespace sg
