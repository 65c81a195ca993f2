#pragma once
// How sure a result is. Two questions: does the index hold anything of the query's topic (a
// logistic regression on raw evidence), and if so, is it this file (the softmax of the scores,
// which is what the weights were fitted as: docs/ranking.md "Confidence"). Pure functions, callable
// from any thread.

#include <span>
#include <vector>

namespace sg {

// What the best results together show, before anything is scaled to the index.
struct TopicEvidence {
  double similarity = 0;      // largest X.q of a shown chunk: a cosine
  double coverage = 0;        // largest idf share of the topic that the text of a shown chunk holds
  bool defines_name = false;  // a result defines a name of the query
};

// Returns the probability, in [0, 1], that the index holds something of the query's topic.
double TopicProbability(const TopicEvidence& evidence);

// Below this probability a search says that nothing is relevant. Lower than even odds: a right
// answer withheld costs more than noise shown (figures in docs/ranking.md).
inline constexpr double kLeastTopicProbability = 0.3;

// Returns for each score its share of the softmax over `scores`; they sum to 1. O(scores).
std::vector<double> ScoreShares(std::span<const double> scores);

}  // namespace sg
