#include "index/search/searcher.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/format.h"
#include "extract/language.h"
#include "index/query/parser.h"
#include "index/rank/confidence.h"
#include "index/rank/score.h"
#include "index/rank/weights.h"
#include "index/retrieve/retriever.h"
#include "index/retrieve/space_set.h"
#include "index/search/file_ranking.h"
#include "index/search/filter.h"
#include "index/search/highlight.h"
#include "index/search/space_lines.h"

namespace sg {
namespace {

// More results than this are listed by nobody; it bounds the records that a query loads.
constexpr size_t kMaxResults = 2000;
// Lines shown of a hit are chosen among the best of these.
constexpr size_t kMaxMatchedLines = 8;
// Lines of a chunk whose words are looked up for highlighting where another model chooses them.
constexpr size_t kMaxLexicalLines = 1000;
// A further chunk of a file is shown if it is at least this near to the best one.
constexpr double kNestedChunkShare = 0.6;
// The same where scores are logits: a fifth as likely.
constexpr double kNestedChunkGap = 1.6 / kChunkScoreScale;
// Results that show whether the index knows the topic at all.
constexpr size_t kTopicResults = 10;

struct RankingName {
  std::string_view name;
  Ranking ranking;
};
constexpr std::array kRankings = {
    RankingName{"default", Ranking::kDefault}, RankingName{"bm25", Ranking::kBm25},
    RankingName{"static", Ranking::kStatic}, RankingName{"fused", Ranking::kFused}};

Result<Ranking> FindRanking(std::string_view name) {
  for (const RankingName& row : kRankings) {
    if (row.name == name) return row.ranking;
  }
  return InvalidArgumentError("unknown ranking '" + std::string(name) +
                              "': default, bm25, static or fused");
}

bool IsNear(const RankedChunk& chunk, const RankedChunk& best) {
  if (best.features.has_value()) return chunk.score >= best.score - kNestedChunkGap;
  return chunk.score > 0 && chunk.score >= kNestedChunkShare * best.score;
}

std::vector<Explanation> ExplainChunk(const RankedChunk& chunk) {
  if (!chunk.features.has_value()) {
    return {{.label = "c (similarity and keywords combined)",
             .value = chunk.signals.combined,
             .detail = Format("similarity %.3f, BM25 %.3f", chunk.signals.semantic,
                              chunk.signals.keyword)},
            {.label = "bonus of its definitions", .value = chunk.bonus}};
  }
  std::vector<Explanation> parts;
  for (const ChunkFeatureWeight& row : kChunkFeatureWeights) {
    const double value = (*chunk.features)[static_cast<size_t>(row.feature)];
    const double weight = row.weight / kChunkScoreScale;
    if (value * weight == 0) continue;
    parts.push_back({.label = std::string(row.name) + " (" + std::string(row.meaning) + ")",
                     .value = value * weight,
                     .detail = Format("%.3f x weight %.3f", value, weight)});
  }
  return parts;
}

// Whether at least half of the query's words have a vector. A static table without the query's
// script (the bundled one knows no Chinese, Japanese and Korean) would compare by the few words
// that are left, and rank noise above keyword matches.
bool VectorsKnow(const Embedder& embedder, const Query& query) {
  const StaticModel* table = embedder.static_model();
  if (table == nullptr) return true;
  size_t known = 0;
  std::vector<float> bag(table->dim());
  for (const std::string& word : query.words) {
    std::fill(bag.begin(), bag.end(), 0.0F);
    table->AddBag(word, 1, bag);
    if (std::any_of(bag.begin(), bag.end(), [](float x) { return x != 0; })) ++known;
  }
  return 2 * known >= query.words.size();
}

// One search from query to response.
class SearchRun {
 public:
  SearchRun(const Snapshot& snapshot, const Embedder& embedder, const StaticModel& lexical,
            const SpaceSet* spaces, const SearchOptions& options)
      : snapshot_(snapshot),
        embedder_(embedder),
        lexical_(lexical),
        spaces_(spaces),
        options_(options),
        files_(snapshot),
        old_versions_(snapshot) {}

  Result<SearchResponse> Run(const std::string& text) {
    SG_ASSIGN_OR_RETURN(ranking_, FindRanking(options_.ranking));
    query_ = ParseQuery(text);
    SG_ASSIGN_OR_RETURN(patterns_, CompilePatterns(options_, query_));
    // A regular expression alone: its words are the best guess at a topic.
    const Query of_regex = query_.empty() ? QueryFromText(options_.regex.value_or("")) : Query();
    SG_ASSIGN_OR_RETURN(
        scope_,
        BuildScope(snapshot_, options_, query_.empty() ? of_regex.terms : query_.terms, patterns_));
    if (options_.like.has_value()) SG_RETURN_IF_ERROR(AskLikeChunk());
    SearchResponse response{.query_kind = std::string(QueryKindName(query_.kind)),
                            .files_searched = scope_.file_count,
                            .chunks_searched = scope_.chunk_count};
    if (options_.max_results == 0 || scope_.chunk_count == 0) return response;
    SG_RETURN_IF_ERROR(FindNamedFiles());
    response.query_kind = QueryKindName(query_.kind);
    if (query_.empty() && query_vector_.empty()) {
      if (patterns_.empty()) return response;
      query_ = of_regex;
    }
    SG_RETURN_IF_ERROR(Rank(&response));
    return response;
  }

 private:
  // Replaces the query by the chunk at options_.like.
  Status AskLikeChunk();
  // Looks up the files that the query names; corrects the kind of the query.
  Status FindNamedFiles();
  // Scores in the further spaces, where there are any and the mode asks for similarity.
  Status ScoreSpaces();
  Status Rank(SearchResponse* response);
  // Whether confidence means anything for this search.
  bool IsCalibrated(const std::vector<RankedFile>& ranked) const;
  // Fills the confidence of `results`, the first of `ranked`; sets them aside if nothing is
  // relevant.
  void Judge(const std::vector<RankedFile>& ranked, QueryProfile& profile,
             SearchResponse* response) const;
  RetrievalOptions MakeRetrievalOptions() const;
  // The share for which similarity counts in documents.
  double DocumentSimilarity() const;
  const RankingWeights& Weights() const {
    return options_.weights ? *options_.weights : CompiledWeights();
  }
  Result<SearchResult> MakeResult(const RankedFile& file, QueryProfile& profile);
  Result<SearchHit> MakeHit(const RankedFile& file, const RankedChunk& chunk,
                            QueryProfile& profile);
  const Definition* ShownDefinition(const Chunk& chunk, QueryProfile& profile) const;
  Result<Explanation> Explain(const RankedFile& file) const;
  Result<Explanation> ExplainSpace(const SpaceScore& score, const RankedFile& file) const;

  const Snapshot& snapshot_;
  const Embedder& embedder_;
  const StaticModel& lexical_;
  const SpaceSet* const spaces_;  // null without further spaces
  const SearchOptions& options_;
  FileCache files_;
  OldVersions old_versions_;
  Ranking ranking_ = Ranking::kDefault;
  Query query_;
  std::vector<float> query_vector_;  // of --like
  std::vector<TextPattern> patterns_;
  SearchScope scope_;
  std::vector<ResolvedPlace> places_;
  std::optional<SpaceScores> space_scores_;
};

Status SearchRun::AskLikeChunk() {
  const auto& [path, line] = *options_.like;
  SG_ASSIGN_OR_RETURN(const std::optional<FileId> file, snapshot_.FindFile(path));
  if (!file.has_value()) return InvalidArgumentError("'" + path + "' is not indexed");
  SG_ASSIGN_OR_RETURN(const FileRecord* record, files_.Record(*file));
  for (size_t i = 0; i < record->chunks.size(); ++i) {
    const Chunk& chunk = record->chunks[i];
    if (line < chunk.line_begin || line > chunk.line_end) continue;
    const ChunkId id = record->first_chunk + static_cast<ChunkId>(i);
    SG_ASSIGN_OR_RETURN(const FileCache::ChunkView view, files_.ReadChunk(*file, id));
    query_ = QueryFromText(view.text);
    SG_ASSIGN_OR_RETURN(Matrix rows, embedder_.Embed({&view.text, 1}, TextRole::kPassage));
    query_vector_ = std::move(rows.data);
    // The chunk itself is no answer.
    if (scope_.allowed_chunks.empty()) scope_.allowed_chunks.assign(scope_.chunk_files.size(), 1);
    if (id < scope_.allowed_chunks.size()) scope_.allowed_chunks[id] = 0;
    return Status::Ok();
  }
  return InvalidArgumentError(path + " has no line " + std::to_string(line) + " in the index (" +
                              std::to_string(record->line_count) + " lines)");
}

Status SearchRun::FindNamedFiles() {
  if (query_.places.empty()) return Status::Ok();
  SG_ASSIGN_OR_RETURN(places_, ResolvePlaces(snapshot_, query_.places, scope_));
  if (places_.empty()) return Status::Ok();
  const bool has_line = std::any_of(places_.begin(), places_.end(),
                                    [](const ResolvedPlace& p) { return p.line != 0; });
  query_.kind = has_line ? QueryKind::kTrace : QueryKind::kPath;
  return Status::Ok();
}

RetrievalOptions SearchRun::MakeRetrievalOptions() const {
  RetrievalOptions options{.use_keywords = options_.mode != SearchMode::kSemantic,
                           .use_vectors = options_.mode != SearchMode::kKeyword,
                           .candidates_per_list = std::max(
                               kCandidatesPerList, std::min(options_.max_results, kMaxResults)),
                           .query_vector = query_vector_};
  const bool both = options_.mode == SearchMode::kHybrid && query_vector_.empty();
  if (both && query_.kind == QueryKind::kCjk && !VectorsKnow(embedder_, query_)) {
    options.use_vectors = false;
  }
  if (space_scores_) {
    const std::vector<ChunkId>& best = space_scores_->best_chunks();
    for (size_t i = 0; i < std::min(best.size(), options.candidates_per_list); ++i) {
      options.extra_candidates.push_back(scope_.chunk_files[best[i]]);
    }
  }
  if (ranking_ == Ranking::kBm25) options.use_vectors = false;
  if (ranking_ == Ranking::kStatic) options.use_keywords = false;
  return options;
}

double SearchRun::DocumentSimilarity() const {
  const bool both = options_.mode == SearchMode::kHybrid && query_vector_.empty();
  return both && embedder_.static_model() != nullptr ? kDocumentSimilarity : 1;
}

Status SearchRun::ScoreSpaces() {
  const bool wanted = spaces_ != nullptr && options_.mode != SearchMode::kKeyword &&
                      ranking_ == Ranking::kDefault && query_vector_.empty();
  if (!wanted || spaces_->empty()) return Status::Ok();
  SG_ASSIGN_OR_RETURN(space_scores_, spaces_->Score(query_, scope_));
  return Status::Ok();
}

Status SearchRun::Rank(SearchResponse* response) {
  SG_RETURN_IF_ERROR(ScoreSpaces());
  SG_ASSIGN_OR_RETURN(const Retrieval retrieval, Retrieve(snapshot_, embedder_, query_, scope_,
                                                          MakeRetrievalOptions(), &files_));
  QueryProfile profile(query_, retrieval.StemChunks(query_),
                       {.files = snapshot_.counts().files, .chunks = snapshot_.counts().chunks},
                       lexical_);
  SG_ASSIGN_OR_RETURN(std::vector<RankedFile> ranked,
                      RankFiles({.snapshot = snapshot_,
                                 .retrieval = retrieval,
                                 .scope = scope_,
                                 .places = places_,
                                 .ranking = ranking_,
                                 .document_similarity = DocumentSimilarity(),
                                 .spaces = space_scores_ ? &*space_scores_ : nullptr,
                                 .weights = Weights()},
                                profile, &files_, &old_versions_));
  const size_t count = options_.every_candidate
                           ? ranked.size()
                           : std::min({ranked.size(), options_.max_results, kMaxResults});
  for (size_t i = 0; i < count; ++i) {
    if (options_.min_score.has_value() && ranked[i].score < *options_.min_score) break;
    SG_RETURN_IF_ERROR(RefineChunks(&ranked[i], profile, &files_));
    SG_ASSIGN_OR_RETURN(SearchResult result, MakeResult(ranked[i], profile));
    response->results.push_back(std::move(result));
  }
  if (IsCalibrated(ranked)) Judge(ranked, profile, response);
  return Status::Ok();
}

bool SearchRun::IsCalibrated(const std::vector<RankedFile>& ranked) const {
  // Prose is written in other words than the code that the weights were fitted on.
  const Language* language =
      ranked.empty() ? nullptr : FindLanguage(ranked.front().record->language);
  if (language == nullptr || language->family != LanguageFamily::kCode) return false;
  const bool asks_words = query_.kind == QueryKind::kProse || query_.kind == QueryKind::kSymbol;
  // Who narrows the search to some files wants to see the best of these.
  const bool everywhere = scope_.allowed_chunks.empty() && scope_.allowed_files.empty();
  return asks_words && everywhere && !query_.stems.empty() && patterns_.empty() &&
         query_vector_.empty() && ranking_ == Ranking::kDefault &&
         options_.mode == SearchMode::kHybrid && embedder_.static_model() != nullptr &&
         !space_scores_.has_value();  // what further spaces find was not part of the fit
}

void SearchRun::Judge(const std::vector<RankedFile>& ranked, QueryProfile& profile,
                      SearchResponse* response) const {
  std::vector<SearchResult>& results = response->results;
  TopicEvidence evidence;
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].topic_coverage = TopicCoverage(profile, results[i].best.text);
    if (i >= kTopicResults) continue;
    evidence.similarity = std::max(evidence.similarity, results[i].cosine);
    evidence.coverage = std::max(evidence.coverage, results[i].topic_coverage);
    evidence.defines_name |= results[i].features[static_cast<size_t>(Feature::kDefines)] > 0;
  }
  const double topic = TopicProbability(evidence);
  std::vector<double> scores;
  for (const RankedFile& file : ranked) scores.push_back(file.score);
  const std::vector<double> shares = ScoreShares(scores);
  for (size_t i = 0; i < results.size(); ++i) results[i].confidence = topic * shares[i];
  const bool asked_for_all = options_.every_candidate || options_.min_score.has_value();
  if (topic >= kLeastTopicProbability || asked_for_all || results.empty()) return;
  response->near_miss = std::move(results.front());
  results.clear();
}

// The definition that a person would name the hit by: the one that the query asks for, else the
// chunk's own choice.
const Definition* SearchRun::ShownDefinition(const Chunk& chunk, QueryProfile& profile) const {
  const Definition* asked = nullptr;
  double best = 0;
  for (const Definition& definition : chunk.definitions) {
    const double bonus = DefinitionBonus(MatchDefinition(profile, definition));
    if (bonus > best) {
      asked = &definition;
      best = bonus;
    }
  }
  return asked != nullptr ? asked : chunk.main_definition();
}

Result<SearchHit> SearchRun::MakeHit(const RankedFile& file, const RankedChunk& chunk,
                                     QueryProfile& profile) {
  SG_ASSIGN_OR_RETURN(const FileCache::ChunkView view, files_.ReadChunk(file.record->id, chunk.id));
  SearchHit hit{.chunk = chunk.id,
                .line_begin = view.chunk->line_begin,
                .line_end = view.chunk->line_end,
                .kind = "text",
                .score = chunk.score,
                .features = chunk.features,
                .text = std::string(view.text)};
  if (const Definition* main = ShownDefinition(*view.chunk, profile)) {
    hit.symbol = main->scope.empty() ? main->name : main->scope + "." + main->name;
    hit.kind = DefinitionKindName(main->kind);
  } else {
    hit.symbol = view.chunk->scope;
  }
  // Where a pattern was asked for, its matches are what people look for.
  const bool aligned =
      patterns_.empty() && chunk.space != nullptr && chunk.space->space->space.multi_vector;
  hit.matches = FindMatchedLines(profile, *view.chunk, view.text, patterns_,
                                 aligned ? kMaxLexicalLines : kMaxMatchedLines);
  if (aligned) {
    SG_ASSIGN_OR_RETURN(const std::vector<TokenAlignment> alignments, spaces_->Align(chunk.id));
    hit.matches = LinesOfAlignments(alignments, hit.line_begin, view.text, std::move(hit.matches),
                                    kMaxMatchedLines);
  }
  const bool named = file.named_line >= hit.line_begin && file.named_line <= hit.line_end;
  if (named) {
    std::erase_if(hit.matches, [&](const auto& m) { return m.line == file.named_line; });
    hit.matches.insert(hit.matches.begin(), SearchHit::LineMatch{.line = file.named_line});
  }
  return hit;
}

Result<SearchResult> SearchRun::MakeResult(const RankedFile& file, QueryProfile& profile) {
  SearchResult result{
      .path = file.record->entry.path, .language = file.record->language, .score = file.score};
  result.features = file.features;
  result.cosine = file.chunks.front().signals.cosine;
  SG_ASSIGN_OR_RETURN(result.best, MakeHit(file, file.chunks.front(), profile));
  for (size_t i = 1; i < file.chunks.size(); ++i) {
    if (result.more.size() + 1 >= options_.max_chunks_per_file) break;
    if (!IsNear(file.chunks[i], file.chunks.front()) && !options_.every_candidate) break;
    SG_ASSIGN_OR_RETURN(SearchHit hit, MakeHit(file, file.chunks[i], profile));
    result.more.push_back(std::move(hit));
  }
  if (options_.explain) {
    SG_ASSIGN_OR_RETURN(result.explanation, Explain(file));
  }
  return result;
}

Result<Explanation> SearchRun::ExplainSpace(const SpaceScore& score, const RankedFile& file) const {
  Explanation part{
      .label = "space " + score.space->space.model_name + " (" + RouteNames(score.space->routes) +
               "), query " + std::string(RouteName(space_scores_->query_route())),
      .value = kSpaceWeight * score.value(),
      .detail = Format(score.space->space.multi_vector ? "MaxSim %.3f" : "cosine %.3f", score.raw) +
                Format(", calibrated %.3f x route %.2f", score.calibrated, score.weight) +
                Format(" x weight %.1f", kSpaceWeight)};
  for (const RankedChunk& chunk : file.chunks) {
    if (chunk.space != &score) continue;
    SG_ASSIGN_OR_RETURN(const std::vector<TokenAlignment> alignments, spaces_->Align(chunk.id));
    const Chunk& record = file.record->chunks[chunk.id - file.record->first_chunk];
    part.parts = ExplainAlignments(alignments, record.line_begin, query_.text);
    break;
  }
  return part;
}

Result<Explanation> SearchRun::Explain(const RankedFile& file) const {
  const RankedChunk& best = file.chunks.front();
  Explanation chunk{.label = "best chunk of the file",
                    .value = best.score,
                    .detail = "orders the chunks of this file only",
                    .parts = ExplainChunk(best)};
  if (ranking_ != Ranking::kDefault) {
    return Explanation{.label = "score of the best chunk (" + options_.ranking + ")",
                       .value = file.score,
                       .parts = {std::move(chunk)}};
  }
  Explanation tree = ExplainFeatures(file.features, query_.one_word, Weights());
  tree.value = file.score;
  if (file.space != nullptr) {
    SG_ASSIGN_OR_RETURN(Explanation space, ExplainSpace(*file.space, file));
    tree.parts.insert(tree.parts.begin(), std::move(space));
  }
  if (best.space != nullptr) {
    chunk.parts.push_back({.label = "space " + best.space->space->space.model_name,
                           .value = kSpaceChunkWeight * best.space->value()});
  }
  if (file.place_bonus > 0) {
    tree.parts.insert(tree.parts.begin(),
                      {.label = "the query names this file", .value = file.place_bonus});
  }
  tree.parts.push_back(std::move(chunk));
  return tree;
}

class SearcherImpl final : public Searcher {
 public:
  SearcherImpl(std::unique_ptr<Snapshot> snapshot, const Embedder& embedder,
               const StaticModel& lexical, const SpaceSet* spaces)
      : snapshot_(std::move(snapshot)), embedder_(embedder), lexical_(lexical), spaces_(spaces) {}

  const Snapshot& snapshot() const override { return *snapshot_; }

  Result<SearchResponse> Search(const std::string& query, const SearchOptions& options) override {
    return SearchRun(*snapshot_, embedder_, lexical_, spaces_, options).Run(query);
  }

 private:
  const std::unique_ptr<Snapshot> snapshot_;
  const Embedder& embedder_;
  const StaticModel& lexical_;
  const SpaceSet* const spaces_;
};

}  // namespace

Result<std::unique_ptr<Searcher>> Searcher::Open(std::unique_ptr<Snapshot> snapshot,
                                                 const Embedder& embedder,
                                                 const StaticModel& lexical,
                                                 const SpaceSet* spaces) {
  const Space& indexed = snapshot->settings().space;
  const Space& asked = embedder.space();
  if (indexed.revision != asked.revision || indexed.dim != asked.dim) {
    return InvalidArgumentError("the index was made with the model " + indexed.model_name + " (" +
                                HashHex(indexed.revision).substr(0, 8) + "), not with " +
                                asked.model_name + " (" + HashHex(asked.revision).substr(0, 8) +
                                "): index again, or search with --model-path of the first");
  }
  return std::unique_ptr<Searcher>(
      std::make_unique<SearcherImpl>(std::move(snapshot), embedder, lexical, spaces));
}

}  // namespace sg
