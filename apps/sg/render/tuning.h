#pragma once
// What `sg tune rank` found out, for people and as JSON. Pure functions.

#include <string>

#include "eval/tune_ranking.h"

namespace sg {

// Where the weights went: the settings file, or nothing was written.
struct TuningOutcome {
  const TuneReport& report;
  std::string settings_path;
  bool dry_run = false;
  bool written() const { return report.refusal.empty() && !dry_run; }
};

// A table of the weights before and after, the figures, and what was done.
std::string RenderTuning(const TuningOutcome& outcome);

// {"version": 1, "queries", "usable", "files", "folds", "ndcg": {before, after, difference, low,
// high}, "p_at_1": {before, after}, "weights", "refusal", "written"}: docs/evaluation.md.
std::string RenderJsonTuning(const TuningOutcome& outcome);

}  // namespace sg
