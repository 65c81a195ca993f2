#pragma once
// From judged queries to ranking weights of one project (`sg tune rank`): asks every query of a
// spec, fits the weights to the candidates, and finds out by cross-validation whether they are
// better than the compiled-in ones. Deterministic. Prints nothing; progress goes to a callback.

#include <string>
#include <vector>

#include "core/base/status.h"
#include "eval/bootstrap.h"
#include "eval/evaluate.h"
#include "eval/fit_weights.h"
#include "eval/spec.h"
#include "index/rank/ranking_weights.h"

namespace sg {

// Less evidence than this teaches nothing: queries whose wanted file is among the candidates, and
// files that they want.
inline constexpr size_t kFewestTuneQueries = 50;
inline constexpr size_t kFewestTuneFiles = 15;
// A set of weights (those for prose, those for queries of one word) is fitted only with so many
// queries of its own.
inline constexpr size_t kFewestQueriesOfSet = 30;

// A query that `sg eval --make` made has this share of the voice of a person's: comments are no
// questions (docs/evaluation.md "Tuning"; the packages that the compiled-in weights were fitted on
// have a fiftieth).
inline constexpr double kMadeQueryWeight = 1.0 / 30;

struct TuneOptions {
  EvaluateOptions evaluate;
  size_t folds = 5;  // 2 or more
  // Queries of one fold want files that no other fold's queries want; with this, of folders.
  bool by_folder = false;
  // Use weights although most queries were made by `sg eval --make`.
  bool accept_made = false;
  FitOptions fit;
};

// A judged query with what measuring it needs.
struct TuneQuery {
  JudgedQuery judged;
  std::vector<RankedSpan> spans;  // of the candidates
  std::vector<Target> targets;
  std::string group;  // the wanted file or folder
  bool one_word = false;
  bool made = false;  // by `sg eval --make`
  PathRule path_rule = PathRule::kExact;
};

struct TuneReport {
  size_t queries = 0;  // with something to find
  size_t usable = 0;   // whose wanted file is among the candidates
  size_t made = 0;     // of these
  size_t groups = 0;   // files or folders that these want
  size_t folds = 0;
  size_t prose = 0, symbol = 0;  // usable queries by set of weights
  // NDCG@k and P@1 of all queries: with the compiled-in weights, and each with weights fitted
  // without its fold; the difference with a 95 % interval (whole groups drawn).
  double ndcg_before = 0, ndcg_after = 0, p_at_1_before = 0, p_at_1_after = 0;
  Interval difference;
  // Fitted on everything; origins are set for what was fitted.
  RankingWeights weights;
  std::string refusal;  // why the weights should not be used; empty: they should
  std::vector<std::string> warnings;
};

// Asks the queries of `spec`. kNotFound if a corpus is missing; kCancelled.
Result<std::vector<TuneQuery>> CollectTuneQueries(const Spec& spec, const Embedder& embedder,
                                                  const StaticModel& lexical,
                                                  const TuneOptions& options,
                                                  std::vector<std::string>* warnings);

// Fits and judges. Pure.
TuneReport TuneRanking(const std::vector<TuneQuery>& queries, const TuneOptions& options);

}  // namespace sg
