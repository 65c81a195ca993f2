#include "index/rank/ranking_weights.h"

#include <algorithm>
#include <cmath>

#include "core/base/format.h"

namespace sg {
namespace {

// Puts `named` into `weights`; every feature must be named once.
Status TakeWeights(const TunedWeights::Named& named, FeatureValues* weights) {
  if (named.size() != kFeatureCount) {
    return UnsupportedError("they are for other features than this program has");
  }
  for (const FeatureWeight& row : kFeatureWeights) {
    const std::string key = WeightKey(row);
    const auto found = std::find_if(named.begin(), named.end(),
                                    [&](const auto& pair) { return pair.first == key; });
    if (found == named.end()) {
      return UnsupportedError("they are for other features than this program has ('" + key +
                              "' is missing)");
    }
    const double largest = LargestWeight(row);
    if (!std::isfinite(found->second) || std::abs(found->second) > largest) {
      return InvalidArgumentError("'" + key + "' is not between -" + Format("%g", largest) +
                                  " and " + Format("%g", largest));
    }
    (*weights)[static_cast<size_t>(row.feature)] = found->second;
  }
  return Status::Ok();
}

}  // namespace

const RankingWeights& CompiledWeights() {
  static const RankingWeights& compiled = *[] {
    auto* weights = new RankingWeights;
    for (const FeatureWeight& row : kFeatureWeights) {
      weights->prose[static_cast<size_t>(row.feature)] = row.prose;
      weights->symbol[static_cast<size_t>(row.feature)] = row.symbol;
    }
    return weights;
  }();
  return compiled;
}

std::string WeightKey(const FeatureWeight& row) {
  std::string key;
  for (const char c : row.meaning) {
    const bool lower = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool upper = c >= 'A' && c <= 'Z';
    if (lower || upper) {
      key += upper ? static_cast<char>(c + 32) : c;
    } else if (c != '\'' && !key.empty() && key.back() != '_') {
      key += '_';
    }
  }
  return key;
}

double LargestWeight(const FeatureWeight& row) {
  return kMostContribution / std::max(std::abs(row.low), std::abs(row.high));
}

Result<RankingWeights> ResolveWeights(const TunedWeights& tuned) {
  if (tuned.version != kTunedWeightsVersion) {
    return UnsupportedError("they are of version " + std::to_string(tuned.version) +
                            ", this program reads version " + std::to_string(kTunedWeightsVersion));
  }
  if (tuned.malformed || (tuned.prose.empty() && tuned.symbol.empty())) {
    return InvalidArgumentError("they are not what sg tune rank writes");
  }
  RankingWeights weights = CompiledWeights();
  const std::string origin = "tuned on " + std::to_string(tuned.queries) + " queries";
  if (!tuned.prose.empty()) {
    SG_RETURN_IF_ERROR(TakeWeights(tuned.prose, &weights.prose));
    weights.prose_origin = origin;
  }
  if (!tuned.symbol.empty()) {
    SG_RETURN_IF_ERROR(TakeWeights(tuned.symbol, &weights.symbol));
    weights.symbol_origin = origin;
  }
  return weights;
}

TunedWeights::Named NameWeights(const FeatureValues& weights) {
  TunedWeights::Named named;
  for (const FeatureWeight& row : kFeatureWeights) {
    named.emplace_back(WeightKey(row), weights[static_cast<size_t>(row.feature)]);
  }
  return named;
}

}  // namespace sg
