#include "index/search/file_ranking.h"

#include <algorithm>

#include "index/rank/path_class.h"
#include "index/rank/score.h"
#include "index/rank/weights.h"

namespace sg {
namespace {

// A file that the query names outranks everything else: feature scores stay below 30.
constexpr double kNamedFileBonus = 1000;

// `similarity`: the share for which similarity counts.
double ChunkOrder(const RankedChunk& chunk, Ranking ranking, double similarity) {
  const double excess = (1 - similarity) * kCombinedSemantic * chunk.signals.semantic;
  switch (ranking) {
    case Ranking::kDefault: return chunk.signals.combined - excess + chunk.bonus;
    case Ranking::kBm25: return chunk.signals.keyword;
    case Ranking::kStatic: return chunk.signals.semantic;
    case Ranking::kFused: return chunk.signals.combined;
  }
  return 0;
}

bool Holds(const Chunk& chunk, uint32_t line) {
  return line != 0 && chunk.line_begin <= line && line <= chunk.line_end;
}

// Matches the definitions of a chunk, for the features of its file. Returns the largest bonus.
double MatchDefinitions(const Chunk& chunk, QueryProfile& profile, FileFacts* facts) {
  double bonus = 0;
  for (const Definition& definition : chunk.definitions) {
    facts->definitions.push_back(MatchDefinition(profile, definition));
    bonus = std::max(bonus, DefinitionBonus(facts->definitions.back()));
  }
  return bonus;
}

std::vector<RankedChunk> RankChunksOf(const FileRecord& record, uint32_t named_line,
                                      const RankingInput& input, QueryProfile& profile,
                                      FileFacts* facts) {
  std::vector<RankedChunk> chunks;
  const double similarity =
      ClassifyPath(record.entry.path).document ? input.document_similarity : 1;
  for (size_t i = 0; i < record.chunks.size(); ++i) {
    const ChunkId id = record.first_chunk + static_cast<ChunkId>(i);
    const double bonus = MatchDefinitions(record.chunks[i], profile, facts);
    if (!input.scope.AllowsChunk(id)) continue;
    RankedChunk chunk{.id = id, .bonus = bonus, .signals = input.retrieval.Chunk(id)};
    if (Holds(record.chunks[i], named_line)) chunk.bonus += kNamedFileBonus;
    chunk.score = ChunkOrder(chunk, input.ranking, similarity);
    if (input.spaces != nullptr) chunk.space = input.spaces->Find(id);
    if (chunk.space != nullptr) chunk.score += kSpaceChunkWeight * chunk.space->value();
    chunks.push_back(chunk);
  }
  std::stable_sort(chunks.begin(), chunks.end(),
                   [](const RankedChunk& a, const RankedChunk& b) { return a.score > b.score; });
  return chunks;
}

std::vector<FileId> CandidateIds(const RankingInput& input) {
  std::vector<FileId> ids;
  for (const FileCandidate& candidate : input.retrieval.files()) ids.push_back(candidate.file);
  for (const ResolvedPlace& place : input.places) ids.push_back(place.file);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

FileSignals SignalsOf(const Retrieval& retrieval, FileId file) {
  const auto found = std::lower_bound(
      retrieval.files().begin(), retrieval.files().end(), file,
      [](const FileCandidate& candidate, FileId id) { return candidate.file < id; });
  return found != retrieval.files().end() && found->file == file ? found->signals : FileSignals{};
}

}  // namespace

Result<std::vector<RankedFile>> RankFiles(const RankingInput& input, QueryProfile& profile,
                                          FileCache* files, OldVersions* old_versions) {
  std::vector<RankedFile> ranked;
  for (FileId id : CandidateIds(input)) {
    RankedFile file;
    SG_ASSIGN_OR_RETURN(file.record, files->Record(id));
    for (size_t i = 0; i < input.places.size(); ++i) {
      if (input.places[i].file != id) continue;
      file.named_line = input.places[i].line;
      file.place_bonus = kNamedFileBonus - 30.0 * static_cast<double>(input.places[i].place);
    }
    FileFacts facts{.path = file.record->entry.path,
                    .mention_count = file.record->mention_count,
                    .document_similarity = input.document_similarity};
    file.chunks = RankChunksOf(*file.record, file.named_line, input, profile, &facts);
    if (file.chunks.empty()) continue;
    if (input.ranking == Ranking::kDefault) {
      SG_ASSIGN_OR_RETURN(facts.old_version, old_versions->IsOld(facts.path));
      file.features = ComputeFeatures(profile, facts, SignalsOf(input.retrieval, id));
      file.score =
          ScoreFeatures(file.features, profile.query().one_word, input.weights) + file.place_bonus;
    } else {
      file.score = file.chunks.front().score;
    }
    for (const RankedChunk& chunk : file.chunks) {
      if (chunk.space == nullptr) continue;
      if (file.space == nullptr || chunk.space->value() > file.space->value()) {
        file.space = chunk.space;
      }
    }
    if (file.space != nullptr) file.score += kSpaceWeight * file.space->value();
    ranked.push_back(std::move(file));
  }
  std::sort(ranked.begin(), ranked.end(), [](const RankedFile& a, const RankedFile& b) {
    return a.score != b.score ? a.score > b.score : a.record->entry.path < b.record->entry.path;
  });
  return ranked;
}

}  // namespace sg
