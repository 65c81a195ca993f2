#include "eval/metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace sg {
namespace {

bool EndsAtFolder(std::string_view path, std::string_view tail) {
  return path.size() > tail.size() && path.ends_with(tail) &&
         path[path.size() - tail.size() - 1] == '/';
}

double Discount(size_t rank) { return 1 / std::log2(static_cast<double>(rank) + 1); }

double IdealGain(std::span<const Target> targets, size_t k) {
  std::vector<double> grades;
  for (const Target& target : targets) grades.push_back(target.grade);
  std::sort(grades.begin(), grades.end(), std::greater<>());
  double sum = 0;
  for (size_t i = 0; i < grades.size() && i < k; ++i) sum += grades[i] * Discount(i + 1);
  return sum;
}

double GainOf(std::span<const size_t> ranks, std::span<const Target> targets, size_t k) {
  std::vector<double> by_rank(k + 1, 0);
  for (size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i] >= 1 && ranks[i] <= k) {
      by_rank[ranks[i]] = std::max(by_rank[ranks[i]], targets[i].grade);
    }
  }
  double sum = 0;
  for (size_t rank = 1; rank <= k; ++rank) sum += by_rank[rank] * Discount(rank);
  return sum;
}

// Each file once, at its best rank, without lines.
std::vector<RankedSpan> FilesOf(std::span<const RankedSpan> found) {
  std::vector<RankedSpan> files;
  for (const RankedSpan& span : found) {
    const bool seen = std::any_of(files.begin(), files.end(),
                                  [&](const RankedSpan& file) { return file.path == span.path; });
    if (!seen) files.push_back({.path = span.path, .lines = {}});
  }
  return files;
}

}  // namespace

bool PathsMatch(std::string_view found, std::string_view wanted, PathRule rule) {
  if (found == wanted) return true;
  return rule == PathRule::kSuffix && (EndsAtFolder(found, wanted) || EndsAtFolder(wanted, found));
}

bool LinesOverlap(const LineSpan& found, const LineSpan& wanted) {
  if (found.whole_file() || wanted.whole_file()) return true;
  return found.begin <= wanted.end && wanted.begin <= found.end;
}

std::vector<size_t> TargetRanks(std::span<const RankedSpan> found, std::span<const Target> targets,
                                PathRule rule, Level level, size_t k) {
  found = found.first(std::min(found.size(), k));
  std::vector<RankedSpan> files;
  if (level == Level::kFile) found = files = FilesOf(found);
  std::vector<size_t> ranks(targets.size(), 0);
  for (size_t t = 0; t < targets.size(); ++t) {
    for (size_t i = 0; i < found.size() && ranks[t] == 0; ++i) {
      if (PathsMatch(found[i].path, targets[t].path, rule) &&
          LinesOverlap(found[i].lines, targets[t].lines)) {
        ranks[t] = i + 1;
      }
    }
  }
  return ranks;
}

Scores ScoreRanks(std::span<const size_t> ranks, std::span<const Target> targets, size_t k) {
  Scores scores;
  if (targets.empty()) return scores;
  size_t first = 0, hits = 0;
  for (const size_t rank : ranks) {
    if (rank == 0 || rank > k) continue;
    ++hits;
    if (first == 0 || rank < first) first = rank;
  }
  scores.p_at_1 = first == 1 ? 1 : 0;
  scores.mrr = first == 0 ? 0 : 1 / static_cast<double>(first);
  scores.recall = static_cast<double>(hits) / static_cast<double>(targets.size());
  scores.ndcg = GainOf(ranks, targets, k) / IdealGain(targets, k);
  return scores;
}

LinePrecision MeasureLines(std::span<const RankedSpan> found, std::span<const Target> targets,
                           PathRule rule, size_t k) {
  found = found.first(std::min(found.size(), k));
  LinePrecision precision;
  for (const Target& target : targets) {
    if (target.lines.whole_file()) continue;
    const auto at = std::find_if(found.begin(), found.end(), [&](const RankedSpan& span) {
      return PathsMatch(span.path, target.path, rule);
    });
    if (at == found.end()) continue;
    ++precision.files_found;
    const LineSpan first_line = {.begin = target.lines.begin, .end = target.lines.begin};
    if (LinesOverlap(at->lines, first_line)) ++precision.lines_held;
  }
  return precision;
}

double Percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double at = static_cast<double>(values.size() - 1) * percent / 100;
  const auto below = static_cast<size_t>(std::floor(at));
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (values[above] - values[below]) * (at - static_cast<double>(below));
}

}  // namespace sg
