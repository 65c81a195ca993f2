#include "eval/metrics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sg {
namespace {

Target File(const char* path, double grade = 1) {
  return {.path = path, .lines = {}, .grade = grade};
}
Target Lines(const char* path, uint32_t begin, uint32_t end) {
  return {.path = path, .lines = {.begin = begin, .end = end}, .grade = 1};
}
RankedSpan Found(const char* path, uint32_t begin = 1, uint32_t end = 10) {
  return {.path = path, .lines = {.begin = begin, .end = end}};
}

Scores Score(const std::vector<RankedSpan>& found, const std::vector<Target>& targets,
             Level level = Level::kChunk, size_t k = 10) {
  return ScoreRanks(TargetRanks(found, targets, PathRule::kExact, level, k), targets, k);
}

TEST(Metrics, PathsMatchAtFolderBoundariesOnly) {
  EXPECT_TRUE(PathsMatch("a/b.c", "a/b.c", PathRule::kExact));
  EXPECT_FALSE(PathsMatch("src/a/b.c", "a/b.c", PathRule::kExact));
  EXPECT_TRUE(PathsMatch("src/a/b.c", "a/b.c", PathRule::kSuffix));
  EXPECT_TRUE(PathsMatch("b.c", "a/b.c", PathRule::kSuffix));
  EXPECT_FALSE(PathsMatch("ab.c", "b.c", PathRule::kSuffix));
}

TEST(Metrics, LinesMustTouch) {
  EXPECT_TRUE(LinesOverlap({.begin = 5, .end = 9}, {.begin = 9, .end = 12}));
  EXPECT_FALSE(LinesOverlap({.begin = 5, .end = 8}, {.begin = 9, .end = 12}));
  EXPECT_TRUE(LinesOverlap({.begin = 5, .end = 8}, {}));
  EXPECT_TRUE(LinesOverlap({}, {.begin = 9, .end = 12}));
}

TEST(Metrics, FirstPlaceIsPerfect) {
  const Scores scores = Score({Found("a"), Found("b")}, {File("a")});
  EXPECT_EQ(scores.p_at_1, 1);
  EXPECT_EQ(scores.mrr, 1);
  EXPECT_EQ(scores.recall, 1);
  EXPECT_EQ(scores.ndcg, 1);
}

// By hand: targets at ranks 2 and 4 of three: DCG = 1/log2(3) + 1/log2(5) = .63093 + .43068;
// ideal = 1 + .63093 + .5.
TEST(Metrics, ComputedByHand) {
  const Scores scores =
      Score({Found("x"), Found("a"), Found("y"), Found("b")}, {File("a"), File("b"), File("c")});
  EXPECT_EQ(scores.p_at_1, 0);
  EXPECT_EQ(scores.mrr, .5);
  EXPECT_DOUBLE_EQ(scores.recall, 2.0 / 3);
  EXPECT_NEAR(scores.ndcg, (0.63093 + 0.43068) / 2.13093, 1e-5);
}

// A second span of one file takes a rank at chunk level and none at file level.
TEST(Metrics, FileLevelCountsFiles) {
  const std::vector<RankedSpan> found = {Found("x", 1, 5), Found("x", 6, 9), Found("a")};
  EXPECT_DOUBLE_EQ(Score(found, {File("a")}).mrr, 1.0 / 3);
  EXPECT_DOUBLE_EQ(Score(found, {File("a")}, Level::kFile).mrr, 1.0 / 2);
}

TEST(Metrics, WrongLinesOfTheRightFileMissAtChunkLevel) {
  const std::vector<RankedSpan> found = {Found("a", 1, 5), Found("a", 50, 60)};
  EXPECT_DOUBLE_EQ(Score(found, {Lines("a", 55, 70)}).mrr, .5);
  EXPECT_DOUBLE_EQ(Score(found, {Lines("a", 100, 110)}).mrr, 0);
  EXPECT_DOUBLE_EQ(Score(found, {Lines("a", 100, 110)}, Level::kFile).mrr, 1);
}

// Two targets that one span hits first share its rank; DCG counts that rank once.
TEST(Metrics, SharedRankCountsOnce) {
  const Scores scores = Score({Found("a", 1, 100)}, {Lines("a", 5, 6), Lines("a", 50, 51)});
  EXPECT_EQ(scores.recall, 1);
  EXPECT_NEAR(scores.ndcg, 1 / (1 + 1 / std::log2(3)), 1e-12);
}

// By hand: grades 3 and 1 found in the wrong order: (1 + 3/log2(3)) / (3 + 1/log2(3)).
TEST(Metrics, GradesAreLinearGains) {
  const Scores scores = Score({Found("low"), Found("high")}, {File("high", 3), File("low", 1)});
  EXPECT_NEAR(scores.ndcg, (1 + 3 / std::log2(3)) / (3 + 1 / std::log2(3)), 1e-12);
}

TEST(Metrics, NothingBeyondK) {
  const Scores scores = Score({Found("x"), Found("y"), Found("a")}, {File("a")}, Level::kChunk, 2);
  EXPECT_EQ(scores.mrr, 0);
  EXPECT_EQ(scores.ndcg, 0);
  // The ideal list is cut to k, too: one of three targets in first place at k = 1 is perfect.
  EXPECT_EQ(Score({Found("a")}, {File("a"), File("b"), File("c")}, Level::kChunk, 1).ndcg, 1);
}

TEST(Metrics, NoTargetsAndNoResults) {
  EXPECT_EQ(Score({Found("a")}, {}).ndcg, 0);
  EXPECT_EQ(Score({}, {File("a")}).ndcg, 0);
}

TEST(Metrics, LinePrecisionAsksForTheFirstLineInTheFirstSpanOfTheFile) {
  const std::vector<RankedSpan> found = {Found("x"), Found("a", 20, 30), Found("a", 40, 60)};
  const auto measure = [&](std::vector<Target> targets) {
    const LinePrecision result = MeasureLines(found, targets, PathRule::kExact, 10);
    return std::pair(result.files_found, result.lines_held);
  };
  EXPECT_EQ(measure({Lines("a", 25, 50)}), std::pair(size_t{1}, size_t{1}));
  EXPECT_EQ(measure({Lines("a", 15, 25)}), std::pair(size_t{1}, size_t{0}));
  EXPECT_EQ(measure({Lines("a", 45, 50)}), std::pair(size_t{1}, size_t{0}));
  EXPECT_EQ(measure({Lines("b", 1, 2), File("x")}), std::pair(size_t{0}, size_t{0}));
}

TEST(Metrics, PercentilesInterpolate) {
  EXPECT_EQ(Percentile({}, 50), 0);
  EXPECT_EQ(Percentile({4, 1, 3, 2}, 50), 2.5);
  EXPECT_EQ(Percentile({4, 1, 3, 2}, 100), 4);
  EXPECT_DOUBLE_EQ(Percentile({10, 20}, 95), 19.5);
}

}  // namespace
}  // namespace sg
