#include "index/rank/confidence.h"

#include <algorithm>
#include <cmath>

#include "index/rank/weights.h"

namespace sg {

double TopicProbability(const TopicEvidence& evidence) {
  const TopicWeights& w = kTopicWeights;
  const double z = w.bias + w.similarity * evidence.similarity + w.coverage * evidence.coverage +
                   (evidence.defines_name ? w.defines_name : 0);
  return 1 / (1 + std::exp(-z));
}

std::vector<double> ScoreShares(std::span<const double> scores) {
  std::vector<double> shares(scores.begin(), scores.end());
  if (shares.empty()) return shares;
  const double top = *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (double& share : shares) {
    share = std::exp(share - top);
    sum += share;
  }
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace sg
