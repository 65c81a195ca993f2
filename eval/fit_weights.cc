#include "eval/fit_weights.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "index/rank/ranking_weights.h"

namespace sg {
namespace {

constexpr size_t kMostNewtonSteps = 40;
constexpr size_t kMostSweeps = 200;
constexpr double kSmallestGain = 1e-9;  // of the loss per query, for a further step
// Wanted candidates that must show a feature, and that must not, before its weight is learned.
constexpr size_t kFewestShown = 5;
constexpr double kLeastDeviation = 1e-6;

using Vector = FeatureValues;
using Square = std::array<FeatureValues, kFeatureCount>;

double Dot(const FeatureValues& a, const FeatureValues& b) {
  double sum = 0;
  for (size_t i = 0; i < kFeatureCount; ++i) sum += a[i] * b[i];
  return sum;
}

// What a feature looks like over all candidates.
struct Spread {
  Vector deviation{};                         // standard deviation; 0: the weight is not learned
  std::array<size_t, kFeatureCount> shown{};  // wanted candidates where it is not 0
  size_t wanted = 0;
};

Spread MeasureSpread(std::span<const JudgedQuery* const> queries) {
  Spread spread;
  Vector sum{}, squares{};
  double count = 0;
  for (const JudgedQuery* query : queries) {
    for (const auto& candidate : query->candidates) {
      ++count;
      spread.wanted += candidate.wanted > 0;
      for (size_t i = 0; i < kFeatureCount; ++i) {
        const double value = candidate.features[i];
        sum[i] += value;
        squares[i] += value * value;
        spread.shown[i] += candidate.wanted > 0 && value != 0;
      }
    }
  }
  for (size_t i = 0; i < kFeatureCount && count > 0; ++i) {
    const double mean = sum[i] / count;
    spread.deviation[i] = std::sqrt(std::max(0.0, squares[i] / count - mean * mean));
  }
  return spread;
}

// The penalised loss over changes of the weights, in units of the features' deviations.
class Problem {
 public:
  Problem(std::span<const JudgedQuery* const> queries, const Vector& prior,
          const FitOptions& options)
      : prior_(prior), ridge_(options.prior_queries) {
    for (const JudgedQuery* query : queries) {
      if (query->Teaches()) queries_.push_back(query);
    }
    const Spread spread = MeasureSpread(queries_);
    for (size_t i = 0; i < kFeatureCount; ++i) {
      const bool both_sides = spread.shown[i] >= kFewestShown &&
                              (spread.wanted - spread.shown[i] >= kFewestShown || !IsSwitch(i));
      scale_[i] = both_sides && spread.deviation[i] > kLeastDeviation ? 1 / spread.deviation[i] : 0;
      SetBounds(i);
    }
  }

  size_t queries() const { return queries_.size(); }
  double low(size_t i) const { return low_[i]; }
  double high(size_t i) const { return high_[i]; }

  Vector WeightsAt(const Vector& change) const {
    Vector weights = prior_;
    for (size_t i = 0; i < kFeatureCount; ++i) weights[i] += change[i] * scale_[i];
    return weights;
  }

  double Loss(const Vector& change) const {
    const Vector weights = WeightsAt(change);
    double loss = 0.5 * ridge_ * Dot(change, change);
    std::vector<double> shares;
    for (const JudgedQuery* query : queries_) {
      loss += query->weight * QueryLoss(*query, weights, &shares);
    }
    return loss;
  }

  void Derive(const Vector& change, Vector* gradient, Square* hessian) const {
    const Vector weights = WeightsAt(change);
    *gradient = {};
    *hessian = {};
    std::vector<double> shares;
    for (const JudgedQuery* query : queries_) {
      QueryLoss(*query, weights, &shares);
      AddQuery(*query, shares, gradient, hessian);
    }
    for (size_t i = 0; i < kFeatureCount; ++i) {
      (*gradient)[i] = (*gradient)[i] * scale_[i] + ridge_ * change[i];
      for (size_t j = 0; j < kFeatureCount; ++j) (*hessian)[i][j] *= scale_[i] * scale_[j];
      (*hessian)[i][i] += ridge_;
    }
  }

  // -log softmax of the wanted; `shares` gets the softmax.
  static double QueryLoss(const JudgedQuery& query, const Vector& weights,
                          std::vector<double>* shares) {
    shares->clear();
    double top = -HUGE_VAL, wanted_sum = 0, wanted_score = 0;
    for (const auto& candidate : query.candidates) {
      const double score = Dot(weights, candidate.features) + candidate.offset;
      shares->push_back(score);
      top = std::max(top, score);
      wanted_sum += candidate.wanted;
      wanted_score += candidate.wanted * score;
    }
    double total = 0;
    for (double& share : *shares) total += share = std::exp(share - top);
    for (double& share : *shares) share /= total;
    return std::log(total) + top - wanted_score / wanted_sum;
  }

 private:
  // Whether the feature is 0 or 1 by its nature: measured ones say something at every value.
  bool IsSwitch(size_t i) const {
    return std::all_of(queries_.begin(), queries_.end(), [i](const JudgedQuery* query) {
      return std::all_of(query->candidates.begin(), query->candidates.end(),
                         [i](const auto& c) { return c.features[i] == 0 || c.features[i] == 1; });
    });
  }

  void SetBounds(size_t i) {
    if (scale_[i] == 0) return;
    const double largest = LargestWeight(kFeatureWeights[i]);
    const double low = prior_[i] > 0 ? 0 : -largest;
    const double high = prior_[i] < 0 ? 0 : largest;
    low_[i] = std::min(0.0, (low - prior_[i]) / scale_[i]);
    high_[i] = std::max(0.0, (high - prior_[i]) / scale_[i]);
  }

  static void AddQuery(const JudgedQuery& query, const std::vector<double>& shares,
                       Vector* gradient, Square* hessian) {
    Vector mean{};
    double wanted_sum = 0;
    for (const auto& candidate : query.candidates) wanted_sum += candidate.wanted;
    for (size_t c = 0; c < shares.size(); ++c) {
      const Vector& x = query.candidates[c].features;
      const double pull = shares[c] - query.candidates[c].wanted / wanted_sum;
      for (size_t i = 0; i < kFeatureCount; ++i) {
        mean[i] += shares[c] * x[i];
        (*gradient)[i] += query.weight * pull * x[i];
        if (x[i] == 0) continue;
        const double scaled = query.weight * shares[c] * x[i];
        for (size_t j = 0; j < kFeatureCount; ++j) (*hessian)[i][j] += scaled * x[j];
      }
    }
    for (size_t i = 0; i < kFeatureCount; ++i) {
      for (size_t j = 0; j < kFeatureCount; ++j) {
        (*hessian)[i][j] -= query.weight * mean[i] * mean[j];
      }
    }
  }

  const Vector prior_;
  const double ridge_;
  std::vector<const JudgedQuery*> queries_;
  Vector scale_{};  // 1 / deviation; 0: the weight stays
  Vector low_{}, high_{};
};

// The minimum of the quadratic model at `change` within the bounds, by coordinate descent.
Vector MinimiseModel(const Problem& problem, const Vector& change, const Vector& gradient,
                     const Square& hessian) {
  Vector target = change;
  Vector slope = gradient;  // of the model at `target`
  for (size_t sweep = 0; sweep < kMostSweeps; ++sweep) {
    double moved = 0;
    for (size_t i = 0; i < kFeatureCount; ++i) {
      const double wanted = target[i] - slope[i] / hessian[i][i];
      const double next = std::clamp(wanted, problem.low(i), problem.high(i));
      const double step = next - target[i];
      if (step == 0) continue;
      for (size_t j = 0; j < kFeatureCount; ++j) slope[j] += hessian[j][i] * step;
      target[i] = next;
      moved = std::max(moved, std::abs(step));
    }
    if (moved < 1e-9) break;
  }
  return target;
}

// The first point on the way from `from` to `to` with a smaller loss; `from` itself if there is
// none.
Vector SearchLine(const Problem& problem, const Vector& from, const Vector& to, double* loss) {
  for (double step = 1; step > 1e-4; step /= 2) {
    Vector trial = from;
    for (size_t i = 0; i < kFeatureCount; ++i) trial[i] += step * (to[i] - from[i]);
    const double trial_loss = problem.Loss(trial);
    if (trial_loss > *loss) continue;
    *loss = trial_loss;
    return trial;
  }
  return from;
}

}  // namespace

bool JudgedQuery::Teaches() const {
  const auto wanted = [](const Candidate& c) { return c.wanted > 0; };
  return std::any_of(candidates.begin(), candidates.end(), wanted) &&
         !std::all_of(candidates.begin(), candidates.end(), wanted);
}

FeatureValues FitWeights(std::span<const JudgedQuery* const> queries, const FeatureValues& prior,
                         const FitOptions& options) {
  const Problem problem(queries, prior, options);
  if (problem.queries() == 0) return prior;
  Vector change{};
  double loss = problem.Loss(change);
  for (size_t step = 0; step < kMostNewtonSteps; ++step) {
    Vector gradient;
    Square hessian;
    problem.Derive(change, &gradient, &hessian);
    const double before = loss;
    change = SearchLine(problem, change, MinimiseModel(problem, change, gradient, hessian), &loss);
    if (before - loss < kSmallestGain * static_cast<double>(problem.queries())) break;
  }
  FeatureValues weights = problem.WeightsAt(change);
  for (size_t i = 0; i < kFeatureCount; ++i) {
    if (weights[i] != prior[i]) weights[i] = std::round(weights[i] * 1000) / 1000 + 0.0;
  }
  return weights;
}

double RankingLoss(std::span<const JudgedQuery* const> queries, const FeatureValues& weights) {
  double sum = 0;
  size_t count = 0;
  std::vector<double> shares;
  for (const JudgedQuery* query : queries) {
    if (!query->Teaches()) continue;
    sum += Problem::QueryLoss(*query, weights, &shares);
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace sg
