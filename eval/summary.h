#pragma once
// From scored queries to the numbers of one table line, with intervals. Pure functions.

#include <string>
#include <utility>
#include <vector>

#include "eval/bootstrap.h"
#include "eval/evaluate.h"

namespace sg {

// Means over the corpora of their queries' means (a spec's corpora count the same).
struct MetricSummary {
  size_t queries = 0;
  Interval p_at_1, mrr, recall, ndcg;
};

struct RunSummary {
  std::string model, system, spec;
  size_t k = 10;
  size_t corpora = 0;
  MetricSummary chunk, file;
  std::vector<std::pair<std::string, MetricSummary>> categories;  // chunk level, by name
  LinePrecision lines;                                            // over all queries
  // Queries that nothing in the corpus answers, and those of them that got no result. They are in
  // no other figure.
  size_t unanswerable = 0, rejected = 0;
  double latency_p50_ms = 0, latency_p95_ms = 0;  // pooled over all queries
};

RunSummary Summarize(const EvalRun& run);

}  // namespace sg
