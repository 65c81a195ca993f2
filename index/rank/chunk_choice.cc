#include "index/rank/chunk_choice.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/text/words.h"

namespace sg {
namespace {

// Of a definition: its name, parameters and result, or its first members.
constexpr uint32_t kSignatureLines = 3;

// A definition in the full sense: members, declarations, namespaces and headings lie within one.
bool IsMajor(DefinitionKind kind) {
  return kind == DefinitionKind::kClass || kind == DefinitionKind::kImpl ||
         kind == DefinitionKind::kFunction || kind == DefinitionKind::kType;
}

// Modules of tests stand beside the code that they test in some languages.
bool IsTestScope(std::string_view scope) {
  if (scope.find("est") == std::string_view::npos) return false;  // as most
  for (const std::string& word : SplitWords(scope)) {
    if (word == "tests" || word == "test") return true;
  }
  return false;
}

// Adds the idf shares of stems that are not in `seen`.
double AddShares(QueryProfile& profile, std::string_view text,
                 std::unordered_set<std::string_view>* seen) {
  double share = 0;
  for (const std::string& word : SplitWords(text)) {
    const QueryProfile::StemmedWord& stemmed = profile.Stemmed(word);
    if (stemmed.idf_share > 0 && seen->insert(stemmed.stem).second) share += stemmed.idf_share;
  }
  return share;
}

// Lines [first, first + count) of `text`, counted from 0.
std::string_view LinesOf(std::string_view text, uint32_t first, uint32_t count) {
  size_t begin = 0;
  for (; first > 0 && begin != std::string_view::npos; --first) {
    const size_t end = text.find('\n', begin);
    begin = end == std::string_view::npos ? end : end + 1;
  }
  if (begin == std::string_view::npos) return {};
  size_t end = begin;
  for (; count > 0 && end < text.size(); --count)
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(begin, end - begin);
}

}  // namespace

ChunkFeatureValues ComputeChunkFeatures(QueryProfile& profile, const Chunk& chunk,
                                        const std::vector<MatchedDefinition>& matched,
                                        const ChunkSignals& signals) {
  ChunkFeatureValues values{};
  const auto at = [&](ChunkFeature f) -> double& { return values[static_cast<size_t>(f)]; };
  at(ChunkFeature::kSemantic) = signals.semantic;
  at(ChunkFeature::kFeedback) = signals.feedback;
  std::unordered_set<std::string_view> seen;
  double& names = at(ChunkFeature::kNames);
  names = AddShares(profile, chunk.scope, &seen);
  size_t major = 0;
  for (const MatchedDefinition& m : matched) {
    names += AddShares(profile, LastNamePart(m.definition->name), &seen);
    if (!IsMajor(m.definition->kind)) continue;
    ++major;
    double& best = at(ChunkFeature::kBestName);
    best = std::max(best, m.match.recall * m.match.precision);
    if (m.asked == nullptr) continue;
    if (m.asked->dotted) at(ChunkFeature::kQualified) = 1;
    const bool is_class = m.definition->kind == DefinitionKind::kClass;
    at(is_class ? ChunkFeature::kNamedClass : ChunkFeature::kNamedFunction) = 1;
  }
  names = std::min(names, 1.0);
  at(ChunkFeature::kDefines) = major > 0;
  at(ChunkFeature::kDefinitions) = std::log1p(static_cast<double>(major));
  at(ChunkFeature::kTestScope) = IsTestScope(chunk.scope);
  return values;
}

double SignatureCoverage(QueryProfile& profile, const Chunk& chunk, std::string_view text) {
  double best = 0;
  for (const Definition& definition : chunk.definitions) {
    if (!IsMajor(definition.kind) || definition.line_begin < chunk.line_begin) continue;
    const uint32_t lines =
        std::min(kSignatureLines, definition.line_end - definition.line_begin + 1);
    std::unordered_set<std::string_view> seen;
    const double share =
        AddShares(profile, definition.name, &seen) +
        AddShares(profile, LinesOf(text, definition.line_begin - chunk.line_begin, lines), &seen);
    best = std::max(best, std::min(share, 1.0));
  }
  return best;
}

double ScoreChunk(const ChunkFeatureValues& values) {
  double sum = 0;
  for (const ChunkFeatureWeight& row : kChunkFeatureWeights) {
    sum += row.weight * values[static_cast<size_t>(row.feature)];
  }
  return sum;
}

}  // namespace sg
