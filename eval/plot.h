#pragma once
// Bars with intervals as an SVG picture that any browser shows. Pure.

#include <string>
#include <vector>

#include "eval/summary.h"

namespace sg {

// One panel per metric (NDCG, P@1), one group of bars per corpus, one colour per model and mode.
// The axis goes from 0 to 1. At most kMostPlottedSystems colours; further systems are left out and
// the picture says so.
std::string RenderEvalPlot(const std::vector<RunSummary>& runs);

inline constexpr size_t kMostPlottedSystems = 8;

}  // namespace sg
