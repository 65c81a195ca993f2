#include "index/rank/score.h"

#include <algorithm>
#include <cmath>

#include "core/base/format.h"

namespace sg {

double ScoreFeatures(const FeatureValues& values, bool one_word, const RankingWeights& weights) {
  const FeatureValues& w = weights.For(one_word);
  double sum = 0;
  for (size_t i = 0; i < kFeatureCount; ++i) sum += w[i] * values[i];
  return sum;
}

Explanation ExplainFeatures(const FeatureValues& values, bool one_word,
                            const RankingWeights& weights) {
  Explanation tree{.label = "score of the file",
                   .value = ScoreFeatures(values, one_word, weights),
                   .detail = one_word ? "symbol weights" : "prose weights"};
  const std::string& origin = weights.OriginFor(one_word);
  if (!origin.empty()) tree.detail += ", " + origin;
  for (const FeatureWeight& row : kFeatureWeights) {
    const double value = values[static_cast<size_t>(row.feature)];
    if (value == 0) continue;
    const double weight = weights.For(one_word)[static_cast<size_t>(row.feature)];
    tree.parts.push_back({.label = std::string(row.name) + " (" + std::string(row.meaning) + ")",
                          .value = value * weight,
                          .detail = Format("%.3f x weight %.3f", value, weight)});
  }
  std::stable_sort(tree.parts.begin(), tree.parts.end(),
                   [](const Explanation& a, const Explanation& b) {
                     return std::abs(a.value) > std::abs(b.value);
                   });
  return tree;
}

double DefinitionBonus(const MatchedDefinition& matched) {
  const ChunkBonusWeights& w = kChunkBonus;
  const Definition& definition = *matched.definition;
  const bool variable = definition.kind == DefinitionKind::kVariable ||
                        definition.kind == DefinitionKind::kDeclaration;
  const bool is_class = definition.kind == DefinitionKind::kClass;
  const bool weak = variable || definition.kind == DefinitionKind::kNamespace ||
                    definition.kind == DefinitionKind::kSection;
  const NameMatch& match = matched.match;
  double bonus = match.recall * match.precision * match.precision *
                 (is_class ? w.partial_class
                  : weak   ? w.partial_variable
                           : w.partial_function);
  if (const QueryName* asked = matched.asked) {
    const double rows = definition.line_end - definition.line_begin + 1.0;
    const double named = (variable ? w.named_variable : w.named) + (asked->dotted ? w.dotted : 0) +
                         (is_class ? w.named_class : 0) + std::min(rows, w.max_rows) * w.per_row;
    bonus = std::max(bonus, named);
  }
  return bonus;
}

}  // namespace sg
