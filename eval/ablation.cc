#include "eval/ablation.h"

#include <algorithm>

#include "core/base/format.h"
#include "core/text/ascii.h"
#include "eval/bootstrap.h"
#include "eval/report.h"
#include "index/rank/weights.h"

namespace sg {
namespace {

struct Line {
  std::string name;
  double ndcg = 0;
  bool feature = false;
  PairedDifference difference;
};

Groups NdcgOf(const EvalRun& run) {
  Groups groups;
  for (const CorpusOutcome& corpus : run.corpora) {
    std::vector<double> values;
    for (const QueryOutcome& query : corpus.queries) {
      if (!query.targets.empty()) values.push_back(query.chunk.ndcg);
    }
    if (!values.empty()) groups.push_back(std::move(values));
  }
  return groups;
}

// "without keyword score of the best chunk (b6)".
std::string ReadableName(const std::string& system) {
  for (const FeatureWeight& row : kFeatureWeights) {
    const std::string name(row.name);
    if (system == "without " + name) {
      return "without " + std::string(row.meaning) + " (" + name + ")";
    }
  }
  return system;
}

const EvalRun* WholeRanking(const std::vector<const EvalRun*>& runs) {
  for (const EvalRun* run : runs) {
    if (run->system == kWholeRanking) return run;
  }
  return nullptr;
}

std::vector<Line> LinesOf(const std::vector<const EvalRun*>& runs, const Groups& whole) {
  std::vector<Line> lines;
  for (const EvalRun* run : runs) {
    const Groups ndcg = NdcgOf(*run);
    lines.push_back({.name = ReadableName(run->system),
                     .ndcg = GroupedMean(ndcg),
                     .feature = run->system.starts_with("without "),
                     .difference = ComparePaired(whole, ndcg)});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    if (a.feature != b.feature) return b.feature;
    return a.feature && a.difference.difference.value < b.difference.difference.value;
  });
  return lines;
}

std::string RenderLine(const Line& line, size_t width, bool markdown) {
  const Interval& d = line.difference.difference;
  const bool none = line.difference.better + line.difference.worse == 0;
  const std::string text = markdown ? "| " + line.name : Padded(line.name, width);
  if (none) return text + Format(markdown ? " | %.3f | | | |" : "  %.3f", line.ndcg) + "\n";
  return text +
         Format(markdown ? " | %.3f | %+.3f [%+.3f, %+.3f] | %zu | %zu |"
                         : "  %.3f   %+.3f [%+.3f, %+.3f]  %6zu  %5zu",
                line.ndcg, d.value, d.low, d.high, line.difference.better, line.difference.worse) +
         "\n";
}

std::string RenderTable(const std::vector<const EvalRun*>& runs, bool markdown) {
  const EvalRun* whole = WholeRanking(runs);
  if (whole == nullptr) return "";
  const Groups ndcg = NdcgOf(*whole);
  const std::vector<Line> lines = LinesOf(runs, ndcg);
  size_t width = 0, queries = 0;
  for (const Line& line : lines) width = std::max(width, line.name.size());
  for (const auto& group : ndcg) queries += group.size();
  const std::string at = "NDCG@" + std::to_string(whole->k);
  std::string text =
      OnOneLine(whole->spec) + ", " + whole->model + ", " + std::to_string(queries) +
      (queries == 1 ? " query; " : " queries; ") +
      (ndcg.size() > 1 ? "better and worse count corpora" : "better and worse count queries") +
      "\n\n";
  if (markdown) {
    text += "| system | " + at +
            " | beside the whole ranking | better | worse |\n|---|--:|--:|--:|--:|\n";
  } else {
    std::string head = "system";
    head.resize(width, ' ');
    text += head + "  " + at + " beside the whole      better  worse\n";
  }
  for (const Line& line : lines) text += RenderLine(line, width, markdown);
  return text + "\n";
}

}  // namespace

std::string RenderAblation(const std::vector<EvalRun>& runs, bool markdown) {
  std::string text;
  for (size_t begin = 0; begin < runs.size();) {
    std::vector<const EvalRun*> same;
    size_t end = begin;
    for (; end < runs.size(); ++end) {
      if (runs[end].model != runs[begin].model || runs[end].spec != runs[begin].spec) break;
      same.push_back(&runs[end]);
    }
    text += RenderTable(same, markdown);
    begin = end;
  }
  return text + RenderEvalWarnings(runs) +
         "Differences have a 95 % bootstrap interval. The features are left out one at a time, and "
         "what is left is not\nfitted again: a feature that others can stand in for looks worth "
         "little. No figures: nothing moved.\n";
}

}  // namespace sg
