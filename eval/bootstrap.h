#pragma once
// How sure a mean is, and whether two systems differ. Pure and deterministic: a fixed seed and our
// own generator give the same numbers on every machine.
//
// Values come in groups (one a corpus); the statistic is the mean over groups of the group's mean,
// so that a corpus with many queries does not outvote the others.

#include <cstdint>
#include <span>
#include <vector>

namespace sg {

using Groups = std::vector<std::vector<double>>;

// Mean over the non-empty groups of their means; 0 without values.
double GroupedMean(const Groups& groups);

struct Interval {
  double value = 0;
  double low = 0;
  double high = 0;
};

inline constexpr size_t kBootstrapRounds = 2000;
inline constexpr uint64_t kBootstrapSeed = 1;

// The percentile interval (Efron 1979) that holds 95 % of `rounds` resampled means. With one group
// its values are drawn; with more, whole groups are (queries of one corpus are not independent),
// which with fewer than about eight groups gives intervals that are too narrow.
Interval BootstrapMean(const Groups& groups, size_t rounds = kBootstrapRounds,
                       uint64_t seed = kBootstrapSeed);

// The mean over all values, its interval by drawing whole groups: for values of which those of one
// group are not independent, but where each value counts the same.
Interval BootstrapPooled(const Groups& groups, size_t rounds = kBootstrapRounds,
                         uint64_t seed = kBootstrapSeed);

struct PairedDifference {
  Interval difference;  // B - A
  // Two-sided paired randomisation test (Fisher; recommended for retrieval by Smucker, Allan,
  // Carterette 2007): the share of sign assignments whose mean difference is at least as far from
  // 0. All assignments up to 12 units, else `rounds` random ones with the add-one correction.
  double p_value = 1;
  size_t better = 0, worse = 0, equal = 0;  // units for which B is better than A
};

// REQUIRES: a and b have the same shape. The units are values with one group, else groups.
PairedDifference ComparePaired(const Groups& a, const Groups& b, size_t rounds = 10000,
                               uint64_t seed = kBootstrapSeed);

}  // namespace sg
