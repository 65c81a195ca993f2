#include "eval/bootstrap.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(Bootstrap, MeanOfGroupMeans) {
  EXPECT_EQ(GroupedMean({}), 0);
  EXPECT_EQ(GroupedMean({{1, 1, 1, 1}, {0}}), .5);
  EXPECT_EQ(GroupedMean({{}, {0, 1}}), .5);
}

TEST(Bootstrap, ConstantValuesHaveNoWidth) {
  const Interval interval = BootstrapMean({{.5, .5, .5}});
  EXPECT_EQ(interval.value, .5);
  EXPECT_EQ(interval.low, .5);
  EXPECT_EQ(interval.high, .5);
}

// The mean of n coin flips has a standard deviation of .5 / sqrt(n): 95 % lie within 1.96 of it.
TEST(Bootstrap, WidthIsThatOfTheNormalApproximation) {
  std::vector<double> flips;
  for (int i = 0; i < 400; ++i) flips.push_back(i % 2);
  const Interval interval = BootstrapMean({flips}, /*rounds=*/5000);
  EXPECT_EQ(interval.value, .5);
  EXPECT_NEAR(interval.low, .5 - 1.96 * .025, .004);
  EXPECT_NEAR(interval.high, .5 + 1.96 * .025, .004);
}

TEST(Bootstrap, SameSeedSameNumbers) {
  const Groups groups = {{0, 1, 1, 0, 1, .3, .7}};
  EXPECT_EQ(BootstrapMean(groups).low, BootstrapMean(groups).low);
  EXPECT_EQ(BootstrapMean(groups, 2000, 7).high, BootstrapMean(groups, 2000, 7).high);
}

// Groups are what is drawn: two groups of equal mean have no width, whatever is in them.
TEST(Bootstrap, GroupsAreTheUnits) { EXPECT_EQ(BootstrapMean({{0, 1}, {1, 0}}).low, .5); }

TEST(ComparePaired, EqualSystemsAreNotDifferent) {
  const PairedDifference result = ComparePaired({{.5, .2, 1}}, {{.5, .2, 1}});
  EXPECT_EQ(result.difference.value, 0);
  EXPECT_EQ(result.p_value, 1);
  EXPECT_EQ(result.equal, 3U);
}

// By hand: five differences of the same sign and size: 2 of 2^5 sign assignments are as extreme.
TEST(BootstrapPooled, CountsValuesAndDrawsGroups) {
  const Interval pooled = BootstrapPooled({{1, 1, 1}, {}, {0}});
  EXPECT_EQ(pooled.value, .75);
  EXPECT_EQ(pooled.low, 0);
  EXPECT_EQ(pooled.high, 1);
  const Interval one = BootstrapPooled({{1, 0, 1, 0}});  // values of one group stay together
  EXPECT_EQ(one.low, .5);
  EXPECT_EQ(one.high, .5);
  EXPECT_EQ(BootstrapPooled({}).high, 0);
}

TEST(ComparePaired, ExactForFewUnits) {
  const PairedDifference result = ComparePaired({{0, 0, 0, 0, 0}}, {{1, 1, 1, 1, 1}});
  EXPECT_EQ(result.difference.value, 1);
  EXPECT_DOUBLE_EQ(result.p_value, 2.0 / 32);
  EXPECT_EQ(result.better, 5U);
}

TEST(ComparePaired, ManyUnitsAreSampled) {
  std::vector<double> a(100, 0), b(100, 0), noise(100, 0);
  for (size_t i = 0; i < 30; ++i) b[i] = 1;
  for (size_t i = 0; i < 100; ++i) noise[i] = i % 2 == 0 ? .1 : -.1;
  EXPECT_LT(ComparePaired({a}, {b}).p_value, .001);
  EXPECT_GT(ComparePaired({a}, {noise}).p_value, .5);
  const PairedDifference result = ComparePaired({b}, {a});
  EXPECT_EQ(result.worse, 30U);
  EXPECT_NEAR(result.difference.value, -.3, 1e-12);
}

}  // namespace
}  // namespace sg
