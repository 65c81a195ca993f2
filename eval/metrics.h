#pragma once
// How good one ranked list is. Pure functions, callable from any thread.
//
// A list is judged at two levels. Chunk level (the headline): every returned span is a unit with a
// rank of its own, and a target with lines is hit only by a span that overlaps them. File level:
// spans are reduced to their files first, and the lines of targets are ignored.
//
//   P@1      1 if the first unit hits any target.
//   MRR      1 / rank of the first unit that hits any target, 0 beyond rank k (Voorhees, TREC-8).
//   Recall@k targets hit within the first k units / targets.
//   NDCG@k   DCG / ideal DCG, DCG = sum of gain / log2(rank + 1), gain = the target's grade
//            (Jarvelin, Kekalainen 2002, the linear form). A target counts once, at the rank of the
//            first unit that hits it; targets first hit at the same rank count once, with the
//            highest grade; the ideal is the grades in descending order, cut to k.
//
// With grades of 1 these are the rules of the public semble benchmark's harness.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

// 1-based, inclusive; begin 0 means "the whole file".
struct LineSpan {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool whole_file() const { return begin == 0; }
};

// What should be found.
struct Target {
  std::string path;  // relative to the corpus
  LineSpan lines;
  double grade = 1;  // > 0
};

// What was found, best first.
struct RankedSpan {
  std::string path;
  LineSpan lines;
};

enum class PathRule {
  kExact,
  kSuffix,  // one path may be the end of the other, cut at a '/'
};

enum class Level { kChunk, kFile };

struct Scores {
  double p_at_1 = 0;
  double mrr = 0;
  double recall = 0;
  double ndcg = 0;
};

bool PathsMatch(std::string_view found, std::string_view wanted, PathRule rule);
bool LinesOverlap(const LineSpan& found, const LineSpan& wanted);

// The 1-based rank of the first unit that hits each target within the first `k`; 0 if none does.
std::vector<size_t> TargetRanks(std::span<const RankedSpan> found, std::span<const Target> targets,
                                PathRule rule, Level level, size_t k);

// REQUIRES: ranks.size() == targets.size(). Without targets everything is 0.
Scores ScoreRanks(std::span<const size_t> ranks, std::span<const Target> targets, size_t k);

// Of the targets with lines: how often the right file was found, and how often the span printed
// for it (the first of that file) holds the target's first line, where the definition begins.
struct LinePrecision {
  size_t files_found = 0;
  size_t lines_held = 0;
};
LinePrecision MeasureLines(std::span<const RankedSpan> found, std::span<const Target> targets,
                           PathRule rule, size_t k);

// The value below which `percent` of `values` lie, interpolated linearly; 0 without values.
double Percentile(std::vector<double> values, double percent);

}  // namespace sg
