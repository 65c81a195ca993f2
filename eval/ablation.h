#pragma once
// What each part of the ranking is worth: the systems of AblationSystems (eval/evaluate.h) beside
// the whole ranking, query by query. Pure functions.

#include <string>
#include <vector>

#include "eval/evaluate.h"

namespace sg {

// A table for each model and corpus: NDCG, and its difference to the whole ranking with a 95 %
// interval; the baselines first, then the features, the most valuable first. `markdown`: for
// documents.
std::string RenderAblation(const std::vector<EvalRun>& runs, bool markdown);

}  // namespace sg
