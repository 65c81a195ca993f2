#include "index/search/file_ranking.h"

#include <algorithm>
#include <functional>

#include "core/text/words.h"
#include "index/rank/path_class.h"
#include "index/rank/score.h"
#include "index/rank/weights.h"
#include "index/search/references.h"

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

std::vector<MatchedDefinition> MatchDefinitions(const Chunk& chunk, QueryProfile& profile) {
  std::vector<MatchedDefinition> matched;
  for (const Definition& definition : chunk.definitions) {
    matched.push_back(MatchDefinition(profile, definition));
  }
  return matched;
}

double LargestBonus(const std::vector<MatchedDefinition>& matched) {
  double bonus = 0;
  for (const MatchedDefinition& m : matched) bonus = std::max(bonus, DefinitionBonus(m));
  return bonus;
}

// Questions in words find the chunk by its features, names alone and documents by c and bonus.
bool ChoosesByFeatures(const FileRecord& record, const RankingInput& input, const Query& query) {
  return input.ranking == Ranking::kDefault && !query.one_word && query.kind == QueryKind::kProse &&
         !ClassifyPath(record.entry.path).document;
}

void SortByScore(std::vector<RankedChunk>::iterator begin, std::vector<RankedChunk>::iterator end) {
  std::stable_sort(begin, end,
                   [](const RankedChunk& a, const RankedChunk& b) { return a.score > b.score; });
}

std::vector<RankedChunk> RankChunksOf(const FileRecord& record, uint32_t named_line,
                                      const RankingInput& input, QueryProfile& profile,
                                      FileFacts* facts) {
  std::vector<RankedChunk> chunks;
  const double similarity =
      ClassifyPath(record.entry.path).document ? input.document_similarity : 1;
  for (size_t i = 0; i < record.chunks.size(); ++i) {
    const ChunkId id = record.first_chunk + static_cast<ChunkId>(i);
    const auto matched = MatchDefinitions(record.chunks[i], profile);
    facts->definitions.insert(facts->definitions.end(), matched.begin(), matched.end());
    if (!input.scope.AllowsChunk(id)) continue;
    RankedChunk chunk{
        .id = id, .bonus = LargestBonus(matched), .signals = input.retrieval.Chunk(id)};
    if (Holds(record.chunks[i], named_line)) chunk.bonus += kNamedFileBonus;
    chunk.score = ChunkOrder(chunk, input.ranking, similarity);
    if (input.spaces != nullptr) chunk.space = input.spaces->Find(id);
    if (chunk.space != nullptr) chunk.score += kSpaceChunkWeight * chunk.space->value();
    chunks.push_back(chunk);
  }
  SortByScore(chunks.begin(), chunks.end());
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

// "whale captain obsession" asks what a document is about, "who hunts the whale" for a passage.
bool ListsTopics(const Query& query) {
  return query.kind == QueryKind::kProse &&
         std::none_of(query.words.begin(), query.words.end(),
                      [](const std::string& word) { return IsStopWord(word); });
}

// What the chunks of a document say on the average of the best: books are long, and in a long one
// some passage holds all words by chance. 0 for code.
double ThemeOf(const FileRecord& record, const std::vector<RankedChunk>& chunks) {
  if (!ClassifyPath(record.entry.path).document) return 0;
  std::vector<double> scores;
  for (const RankedChunk& chunk : chunks) scores.push_back(chunk.signals.keyword);
  const size_t count = std::min(kThemeChunks, scores.size());
  std::partial_sort(scores.begin(), scores.begin() + static_cast<std::ptrdiff_t>(count),
                    scores.end(), std::greater<>());
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += scores[i];
  return sum / static_cast<double>(kThemeChunks);
}

// Deals the keyword scores of the documents out by theme: the best by theme gets the best score.
void ScoreThemes(const std::vector<double>& themes, std::vector<FileSignals>* signals) {
  double best_theme = 0, best_keyword = 0;
  for (size_t i = 0; i < themes.size(); ++i) {
    if (themes[i] > 0) best_keyword = std::max(best_keyword, (*signals)[i].keyword);
    best_theme = std::max(best_theme, themes[i]);
  }
  for (size_t i = 0; i < themes.size(); ++i) {
    if (themes[i] > 0) (*signals)[i].keyword = best_keyword * themes[i] / best_theme;
  }
}

FileSignals SignalsOf(const Retrieval& retrieval, FileId file) {
  const auto found = std::lower_bound(
      retrieval.files().begin(), retrieval.files().end(), file,
      [](const FileCandidate& candidate, FileId id) { return candidate.file < id; });
  return found != retrieval.files().end() && found->file == file ? found->signals : FileSignals{};
}

void SortFiles(std::vector<RankedFile>* files) {
  std::sort(files->begin(), files->end(), [](const RankedFile& a, const RankedFile& b) {
    return a.score != b.score ? a.score > b.score : a.record->entry.path < b.record->entry.path;
  });
}

// The last feature, which needs the order by all others.
Status ScoreReferences(const RankingInput& input, bool one_word, FileCache* files,
                       std::vector<RankedFile>* ranked) {
  constexpr auto kPlace = static_cast<size_t>(Feature::kReferenced);
  SG_ASSIGN_OR_RETURN(const std::vector<bool> referenced,
                      FindReferenced(input.snapshot, *ranked, files));
  for (size_t i = 0; i < ranked->size(); ++i) {
    if (!referenced[i]) continue;
    (*ranked)[i].features[kPlace] = 1;
    (*ranked)[i].score += input.weights.For(one_word)[kPlace];
  }
  SortFiles(ranked);
  return Status::Ok();
}

}  // namespace

Status RefineChunks(RankedFile* file, QueryProfile& profile, FileCache* files) {
  if (!file->by_features) return Status::Ok();
  for (RankedChunk& chunk : file->chunks) {
    const Chunk& record = file->record->chunks[chunk.id - file->record->first_chunk];
    chunk.features = ComputeChunkFeatures(
        profile, record, MatchDefinitions(record, profile),
        {.semantic = chunk.signals.semantic, .feedback = chunk.signals.feedback});
    chunk.score = ScoreChunk(*chunk.features) / kChunkScoreScale;
    if (chunk.space != nullptr) chunk.score += kSpaceChunkWeight * chunk.space->value();
  }
  SortByScore(file->chunks.begin(), file->chunks.end());
  const size_t count = std::min(kChunksRead, file->chunks.size());
  if (count < 2) return Status::Ok();
  for (size_t i = 0; i < count; ++i) {
    RankedChunk& chunk = file->chunks[i];
    SG_ASSIGN_OR_RETURN(const FileCache::ChunkView view,
                        files->ReadChunk(file->record->id, chunk.id));
    const double before = ScoreChunk(*chunk.features);
    (*chunk.features)[static_cast<size_t>(ChunkFeature::kSignature)] =
        SignatureCoverage(profile, *view.chunk, view.text);
    chunk.score += (ScoreChunk(*chunk.features) - before) / kChunkScoreScale;
  }
  SortByScore(file->chunks.begin(), file->chunks.begin() + static_cast<std::ptrdiff_t>(count));
  return Status::Ok();
}

Result<std::vector<RankedFile>> RankFiles(const RankingInput& input, QueryProfile& profile,
                                          FileCache* files, OldVersions* old_versions) {
  std::vector<RankedFile> ranked;
  std::vector<FileFacts> all_facts;
  std::vector<FileSignals> signals;
  std::vector<double> themes;
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
    file.by_features = ChoosesByFeatures(*file.record, input, profile.query());
    SG_ASSIGN_OR_RETURN(facts.old_version, old_versions->IsOld(facts.path));
    all_facts.push_back(std::move(facts));
    signals.push_back(SignalsOf(input.retrieval, id));
    themes.push_back(ThemeOf(*file.record, file.chunks));
    ranked.push_back(std::move(file));
  }
  if (ListsTopics(profile.query())) ScoreThemes(themes, &signals);
  for (size_t i = 0; i < ranked.size(); ++i) {
    RankedFile& file = ranked[i];
    if (input.ranking == Ranking::kDefault) {
      file.features = ComputeFeatures(profile, all_facts[i], signals[i]);
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
  }
  SortFiles(&ranked);
  if (input.ranking == Ranking::kDefault) {
    SG_RETURN_IF_ERROR(ScoreReferences(input, profile.query().one_word, files, &ranked));
  }
  return ranked;
}

}  // namespace sg
