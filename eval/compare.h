#pragma once
// Two evaluations of the same queries, query by query: is B better than A, or was it luck? Works
// on the JSON that RenderEvalJson makes. Pure functions.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/status.h"
#include "eval/bootstrap.h"

namespace sg {

struct MovedQuery {
  std::string corpus, query;
  double before = 0, after = 0;  // NDCG
};

// A run of A beside the run of B with the same corpus: the same model and mode if B has it, else
// the only one there is.
struct Comparison {
  std::string name_a, name_b;  // "model, mode"
  std::string corpus;
  size_t k = 0;
  size_t queries = 0;                                             // in both
  size_t only_a = 0, only_b = 0;                                  // left out
  std::vector<std::pair<std::string, PairedDifference>> metrics;  // by name, in the table's order
  std::vector<MovedQuery> moved;  // NDCG differs; the largest change first
};

// `path_*` name the inputs in messages. Of a query that is asked twice the first is compared with
// the first. kInvalidArgument if one is no such JSON, if they have no query in common, or if their
// figures count different numbers of results.
Result<std::vector<Comparison>> CompareRuns(std::string_view json_a, const std::string& path_a,
                                            std::string_view json_b, const std::string& path_b);

// `most_moved`: at most so many queries are listed.
std::string RenderComparison(const std::vector<Comparison>& comparisons, size_t most_moved);
std::string RenderComparisonJson(const std::vector<Comparison>& comparisons);

}  // namespace sg
