#include "eval/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "eval/metrics.h"

namespace sg {
namespace {

constexpr size_t kMostUnitsEnumerated = 12;
constexpr double kEqual = 1e-9;

// SplitMix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  // Below `bound`; the bias of 2^-32 does not matter here.
  size_t Below(size_t bound) {
    return static_cast<size_t>(((Next() >> 32) * static_cast<uint64_t>(bound)) >> 32);
  }

 private:
  uint64_t state_;
};

double Mean(std::span<const double> values) {
  if (values.empty()) return 0;
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// What is drawn: the values of the only group, else the means of the groups.
std::vector<double> UnitsOf(const Groups& groups) {
  std::vector<const std::vector<double>*> filled;
  for (const auto& group : groups) {
    if (!group.empty()) filled.push_back(&group);
  }
  if (filled.size() == 1) return *filled.front();
  std::vector<double> units;
  for (const auto* group : filled) units.push_back(Mean(*group));
  return units;
}

Interval IntervalOf(std::span<const double> units, size_t rounds, uint64_t seed) {
  Random random(seed);
  std::vector<double> means(rounds);
  for (double& mean : means) {
    double sum = 0;
    for (size_t i = 0; i < units.size(); ++i) sum += units[random.Below(units.size())];
    mean = sum / static_cast<double>(units.size());
  }
  return {.value = Mean(units), .low = Percentile(means, 2.5), .high = Percentile(means, 97.5)};
}

// |mean| of `units` with signs taken from the bits that `sign` gives.
template <typename Sign>
double FlippedMean(std::span<const double> units, Sign&& negative) {
  double sum = 0;
  for (size_t i = 0; i < units.size(); ++i) sum += negative(i) ? -units[i] : units[i];
  return std::abs(sum / static_cast<double>(units.size()));
}

double EnumeratedPValue(std::span<const double> units, double observed) {
  const size_t assignments = size_t{1} << units.size();
  size_t as_far = 0;
  for (size_t bits = 0; bits < assignments; ++bits) {
    const double mean = FlippedMean(units, [bits](size_t i) { return (bits >> i & 1) != 0; });
    if (mean >= observed - kEqual) ++as_far;
  }
  return static_cast<double>(as_far) / static_cast<double>(assignments);
}

double SampledPValue(std::span<const double> units, double observed, size_t rounds, uint64_t seed) {
  Random random(seed);
  size_t as_far = 0;
  for (size_t round = 0; round < rounds; ++round) {
    const double mean = FlippedMean(units, [&](size_t) { return (random.Next() >> 63) != 0; });
    if (mean >= observed - kEqual) ++as_far;
  }
  return static_cast<double>(as_far + 1) / static_cast<double>(rounds + 1);
}

}  // namespace

double GroupedMean(const Groups& groups) { return Mean(UnitsOf(groups)); }

Interval BootstrapMean(const Groups& groups, size_t rounds, uint64_t seed) {
  const std::vector<double> units = UnitsOf(groups);
  if (units.empty()) return {};
  return IntervalOf(units, rounds, seed);
}

Interval BootstrapPooled(const Groups& groups, size_t rounds, uint64_t seed) {
  std::vector<std::pair<double, double>> units;  // sum and number of values
  double sum = 0, count = 0;
  for (const auto& group : groups) {
    if (group.empty()) continue;
    const auto size = static_cast<double>(group.size());
    units.emplace_back(Mean(group) * size, size);
    sum += units.back().first;
    count += size;
  }
  if (units.empty()) return {};
  Random random(seed);
  std::vector<double> means(rounds);
  for (double& mean : means) {
    double drawn_sum = 0, drawn_count = 0;
    for (size_t i = 0; i < units.size(); ++i) {
      const auto& [unit_sum, unit_count] = units[random.Below(units.size())];
      drawn_sum += unit_sum;
      drawn_count += unit_count;
    }
    mean = drawn_sum / drawn_count;
  }
  return {.value = sum / count, .low = Percentile(means, 2.5), .high = Percentile(means, 97.5)};
}

PairedDifference ComparePaired(const Groups& a, const Groups& b, size_t rounds, uint64_t seed) {
  Groups differences = b;
  for (size_t g = 0; g < differences.size(); ++g) {
    for (size_t i = 0; i < differences[g].size(); ++i) differences[g][i] -= a[g][i];
  }
  const std::vector<double> units = UnitsOf(differences);
  PairedDifference result;
  if (units.empty()) return result;
  result.difference = IntervalOf(units, kBootstrapRounds, seed);
  for (const double unit : units) {
    ++(unit > kEqual ? result.better : unit < -kEqual ? result.worse : result.equal);
  }
  const double observed = std::abs(result.difference.value);
  result.p_value = units.size() <= kMostUnitsEnumerated
                       ? EnumeratedPValue(units, observed)
                       : SampledPValue(units, observed, rounds, seed);
  return result;
}

}  // namespace sg
