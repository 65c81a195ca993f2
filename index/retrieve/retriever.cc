#include "index/retrieve/retriever.h"

#include <algorithm>
#include <future>
#include <unordered_map>

#include "index/retrieve/query_vector.h"

namespace sg {
namespace {

// In a large index, chunks of the best keyword scores whose similarity is computed in any case.
constexpr size_t kKeywordChunksCompared = 500;

// Per-file values made of per-chunk ones (of allowed chunks): the maximum; kNoSimilarity without
// any.
std::vector<float> FileMaxima(const Similarities& by_chunk, const SearchScope& scope) {
  std::vector<float> by_file(scope.file_limit, kNoSimilarity);
  by_chunk.ForEach([&](ChunkId chunk, float similarity) {
    float& slot = by_file[scope.chunk_files[chunk]];
    slot = std::max(slot, similarity);
  });
  return by_file;
}

bool IsZero(std::span<const float> vector) {
  return std::all_of(vector.begin(), vector.end(), [](float v) { return v == 0; });
}

// mm over files.
std::vector<float> ScaleAll(std::vector<float> values) {
  ValueRange range;
  for (float v : values) {
    if (v != kNoSimilarity) range.Add(v);
  }
  for (float& v : values) v = range.Scale(v);
  return values;
}

// Returns the positions of the `count` largest values above `floor`, unsorted; ties go to the
// smaller one. One pass: the many values below the worst of the best so far cost a comparison.
std::vector<uint32_t> Largest(const std::vector<float>& values, float floor, size_t count) {
  std::vector<uint32_t> best;  // a heap, the worst on top
  if (count == 0) return best;
  const auto better = [&](uint32_t a, uint32_t b) {
    return values[a] != values[b] ? values[a] > values[b] : a < b;
  };
  float least = floor;
  for (uint32_t i = 0; i < values.size(); ++i) {
    if (!(values[i] > least)) continue;
    if (best.size() == count) {
      std::pop_heap(best.begin(), best.end(), better);
      best.pop_back();
    }
    best.push_back(i);
    std::push_heap(best.begin(), best.end(), better);
    if (best.size() == count) least = values[best.front()];
  }
  return best;
}

// Of the best chunks, the share of each file, relative to the file with most.
std::unordered_map<FileId, double> Densities(const std::vector<ChunkScore>& best_chunks) {
  std::unordered_map<FileId, double> density;
  double most = 1;
  for (const ChunkScore& c : best_chunks) most = std::max(most, ++density[c.file]);
  for (auto& [file, value] : density) value /= most;
  return density;
}

}  // namespace

std::vector<uint64_t> Retrieval::StemChunks(const Query& query) const {
  std::unordered_map<std::string_view, uint64_t> chunks;
  for (const TermStatistics& t : terms_) chunks.emplace(t.term, t.chunks);
  std::vector<uint64_t> result;
  for (const std::string& stem : query.stems) {
    const auto found = chunks.find(stem);
    result.push_back(found == chunks.end() ? 0 : found->second);
  }
  return result;
}

ChunkScore Retrieval::Chunk(ChunkId id) const {
  ChunkScore score{.chunk = id, .file = chunk_files_[id]};
  if (id < keywords_.by_chunk.size()) score.keyword = keywords_.by_chunk[id];
  if (const float similarity = similarity_.Find(id); similarity != kNoSimilarity) {
    score.semantic = similarity_range_.Scale(similarity);
    score.cosine = similarity;
  }
  if (const float similarity = feedback_.Find(id); similarity != kNoSimilarity) {
    score.feedback = feedback_range_.Scale(similarity);
  }
  score.combined = static_cast<float>(kCombinedSemantic) * score.semantic +
                   static_cast<float>(kCombinedKeyword) * score.keyword / (keywords_.best + 1e-6f);
  return score;
}

// One retrieval, step by step.
class RetrievalRun {
 public:
  RetrievalRun(const Snapshot& snapshot, const Embedder& embedder, const Query& query,
               const SearchScope& scope, const RetrievalOptions& options, FileCache* files)
      : snapshot_(snapshot),
        embedder_(embedder),
        query_(query),
        scope_(scope),
        options_(options),
        files_(*files) {}

  Result<Retrieval> Run();

 private:
  // Reads the posting lists; what the words score is worked out by ScoreChunks.
  Status ReadKeywordArm();
  void ScoreChunks();
  void NominateByKeywords();
  Status RunVectorArm();
  Result<std::vector<float>> QueryVector() const;
  // X.q of the chunks.
  Similarities CompareChunks(std::span<const float> vector, ValueRange* range) const;
  Result<VectorRows> ReadFileVectors(VectorSet set, std::span<const float> vector) const;
  // Similarities of the vectors of a per-file set, [FileId].
  std::vector<float> CompareFiles(const VectorRows& rows, std::span<const float> vector) const;
  void RankChunks();
  bool IsLarge() const { return snapshot_.counts().chunks > options_.vectors.exact_limit; }
  Result<std::vector<float>> FeedbackVector(std::span<const float> vector);
  Result<std::vector<FileId>> DefiningFiles() const;
  // In a large index: similarities of all chunks and headers of the candidates.
  Status CompleteCandidates();
  void Nominate(const std::vector<float>& by_file, float floor);
  // Files whose text was asked for by a pattern are candidates whatever the words.
  void NominateMatched();
  void SortCandidates();
  void FillSignals();

  const Snapshot& snapshot_;
  const Embedder& embedder_;
  const Query& query_;
  const SearchScope& scope_;
  const RetrievalOptions& options_;
  FileCache& files_;

  Retrieval result_;
  KeywordPostings postings_;
  std::span<const uint16_t> row_terms_;
  std::vector<float> vector_;
  VectorRows chunk_rows_, file_rows_, header_rows_;
  std::vector<FileId> candidates_;
  std::vector<ChunkId> keyword_chunks_;  // in a large index: the best by keywords, unsorted
  // [FileId], each scaled to [0, 1].
  std::vector<float> keyword_, semantic_, whole_, header_, feedback_;
};

Status RetrievalRun::ReadKeywordArm() {
  // Statistics of the terms shape the query vector too, so they are read in every mode.
  SG_ASSIGN_OR_RETURN(postings_, ReadKeywords(snapshot_, query_.terms, scope_, options_.keywords));
  result_.terms_ = postings_.terms;
  SG_ASSIGN_OR_RETURN(row_terms_, snapshot_.RowTerms());
  return Status::Ok();
}

void RetrievalRun::ScoreChunks() {
  if (!options_.use_keywords) {
    result_.keywords_.by_chunk.assign(scope_.chunk_files.size(), 0.0F);
    return;
  }
  result_.keywords_ =
      ScoreKeywords(postings_, scope_, row_terms_, snapshot_.counts().mean_row_terms);
  keyword_ = BestOfFiles(result_.keywords_, scope_);
  for (float& v : keyword_) v = v > 0 ? v / (result_.keywords_.best + 1e-6f) : 0;
  if (IsLarge()) keyword_chunks_ = Largest(result_.keywords_.by_chunk, 0, kKeywordChunksCompared);
}

void RetrievalRun::NominateByKeywords() {
  if (options_.use_keywords) Nominate(keyword_, 0);
}

Result<std::vector<float>> RetrievalRun::QueryVector() const {
  if (!options_.query_vector.empty()) {
    if (options_.query_vector.size() != snapshot_.settings().space.dim) {
      return InvalidArgumentError("the query vector and the index differ in dimension");
    }
    return options_.query_vector;
  }
  if (const StaticModel* model = embedder_.static_model()) {
    std::unordered_map<std::string_view, uint64_t> files;
    for (const TermStatistics& t : result_.terms()) files.emplace(t.term, t.files);
    return StaticQueryVector(*model, query_, snapshot_.counts().files,
                             [&](const std::string& stem) {
                               const auto found = files.find(stem);
                               return found == files.end() ? 0 : found->second;
                             });
  }
  const std::string_view text = query_.text;
  SG_ASSIGN_OR_RETURN(Matrix rows, embedder_.Embed({&text, 1}, TextRole::kQuery));
  return std::move(rows.data);
}

Similarities RetrievalRun::CompareChunks(std::span<const float> vector, ValueRange* range) const {
  Similarities by_chunk =
      chunk_rows_.whole() ? Similarities::Dense(scope_.chunk_files.size()) : Similarities::Sparse();
  *range = ValueRange();
  chunk_rows_.Compare(vector, [&](uint32_t chunk, float similarity) {
    if (!scope_.AllowsChunk(chunk)) return;
    by_chunk.Put(chunk, similarity);
    range->Add(similarity);
  });
  by_chunk.Finish();
  return by_chunk;
}

Result<VectorRows> RetrievalRun::ReadFileVectors(VectorSet set,
                                                 std::span<const float> vector) const {
  VectorScanOptions options = options_.vectors;
  // Far fewer files than chunks matter.
  options.nearest = options.nearest / 8;
  options.sample = options.sample / 4;
  // 1,000,000 chunks lie in some 100,000 files: half of that is large for files.
  options.exact_limit = options.exact_limit / 4;
  return VectorRows::Read(
      snapshot_, set, snapshot_.counts().files,
      vector, [&]() -> const auto& { return candidates_; }, options,
      [&](FileId file) { return scope_.AllowsFile(file); });
}

std::vector<float> RetrievalRun::CompareFiles(const VectorRows& rows,
                                              std::span<const float> vector) const {
  std::vector<float> by_file(scope_.file_limit, kNoSimilarity);
  // A file without a vector (no header comment) is like one with a zero vector.
  if (rows.whole()) {
    for (ChunkId chunk = 0; chunk < scope_.chunk_files.size(); ++chunk) {
      if (scope_.AllowsChunk(chunk)) by_file[scope_.chunk_files[chunk]] = 0;
    }
  }
  rows.Compare(vector, [&](FileId file, float similarity) {
    if (file < by_file.size() && scope_.AllowsFile(file)) by_file[file] = similarity;
  });
  return by_file;
}

void RetrievalRun::RankChunks() {
  const auto better = [](const ChunkScore& a, const ChunkScore& b) {
    return a.combined != b.combined ? a.combined > b.combined : a.chunk < b.chunk;
  };
  std::vector<ChunkScore>& best = result_.best_chunks_;  // a heap, the worst on top
  const auto consider = [&](ChunkId id) {
    const ChunkScore score = result_.Chunk(id);
    if (score.combined <= 0) return;
    if (best.size() == kDensityChunks) {
      if (!better(score, best.front())) return;
      std::pop_heap(best.begin(), best.end(), better);
      best.pop_back();
    }
    best.push_back(score);
    std::push_heap(best.begin(), best.end(), better);
  };
  if (!IsLarge()) {
    for (ChunkId id = 0; id < scope_.chunk_files.size(); ++id) {
      if (scope_.AllowsChunk(id)) consider(id);
    }
  } else if (options_.use_vectors) {
    // Whatever was not compared has no similarity and fewer keywords than all of keyword_chunks_,
    // which were.
    result_.similarity_.ForEach([&](ChunkId id, float /*similarity*/) { consider(id); });
  } else {
    for (ChunkId id : keyword_chunks_) consider(id);
  }
  std::sort(best.begin(), best.end(), better);
}

Result<std::vector<float>> RetrievalRun::FeedbackVector(std::span<const float> vector) {
  std::vector<float> sum(vector.size(), 0.0f), chunk_vector(vector.size());
  const StaticModel* model = embedder_.static_model();
  const size_t count = std::min(kFeedbackChunks, result_.best_chunks_.size());
  for (size_t i = 0; i < count; ++i) {
    const ChunkScore& best = result_.best_chunks_[i];
    SG_ASSIGN_OR_RETURN(const FileCache::ChunkView view, files_.ReadChunk(best.file, best.chunk));
    // C, the vector of the chunk's text alone, is not stored: made anew for these few.
    if (model != nullptr) {
      std::fill(chunk_vector.begin(), chunk_vector.end(), 0.0f);
      model->AddBag(view.text, 1.0f, chunk_vector);
      Normalize(chunk_vector);
    } else {
      SG_ASSIGN_OR_RETURN(Matrix rows, embedder_.Embed({&view.text, 1}, TextRole::kPassage));
      chunk_vector = std::move(rows.data);
    }
    for (size_t d = 0; d < sum.size(); ++d) sum[d] += best.combined * chunk_vector[d];
  }
  Normalize(sum);
  for (size_t d = 0; d < sum.size(); ++d) {
    sum[d] = vector[d] + static_cast<float>(kFeedbackWeight) * sum[d];
  }
  Normalize(sum);
  return sum;
}

Result<std::vector<FileId>> RetrievalRun::DefiningFiles() const {
  std::vector<FileId> all;
  for (const QueryName& name : query_.names) {
    SG_ASSIGN_OR_RETURN(const std::vector<SymbolHit> hits, snapshot_.FindSymbol(name.joined));
    std::vector<FileId> files;
    for (const SymbolHit& hit : hits) files.push_back(hit.file);
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    std::erase_if(files, [&](FileId f) { return !scope_.AllowsFile(f); });
    if (files.size() <= kMaxDefiningFiles) all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

Status RetrievalRun::RunVectorArm() {
  SG_ASSIGN_OR_RETURN(vector_, QueryVector());
  // In a large index the words are scored on another core while the sign bits are read here.
  std::future<void> scoring;
  if (IsLarge()) {
    scoring = std::async(std::launch::async, [this] { ScoreChunks(); });
  } else {
    ScoreChunks();
  }
  const auto keyword_chunks = [&]() -> const std::vector<ChunkId>& {
    if (scoring.valid()) scoring.get();
    return keyword_chunks_;
  };
  SG_ASSIGN_OR_RETURN(chunk_rows_,
                      VectorRows::Read(snapshot_, VectorSet::kChunk, snapshot_.counts().chunks,
                                       vector_, keyword_chunks, options_.vectors,
                                       [&](ChunkId chunk) { return scope_.AllowsChunk(chunk); }));
  NominateByKeywords();
  result_.similarity_ = CompareChunks(vector_, &result_.similarity_range_);
  SG_ASSIGN_OR_RETURN(file_rows_, ReadFileVectors(VectorSet::kFile, vector_));
  // Words that the model does not know (another script) say nothing about any file.
  if (IsZero(vector_)) return Status::Ok();
  Nominate(FileMaxima(result_.similarity_, scope_), kNoSimilarity);
  Nominate(CompareFiles(file_rows_, vector_), kNoSimilarity);
  return Status::Ok();
}

Status RetrievalRun::CompleteCandidates() {
  if (!chunk_rows_.whole()) {
    std::vector<uint32_t> chunks;
    for (FileId file : candidates_) {
      SG_ASSIGN_OR_RETURN(const FileRecord* record, files_.Record(file));
      for (size_t i = 0; i < record->chunks.size(); ++i) {
        chunks.push_back(record->first_chunk + static_cast<ChunkId>(i));
      }
    }
    SG_RETURN_IF_ERROR(chunk_rows_.ReadMore(snapshot_, VectorSet::kChunk, std::move(chunks)));
    result_.similarity_ = CompareChunks(vector_, &result_.similarity_range_);
  }
  SG_RETURN_IF_ERROR(file_rows_.ReadMore(snapshot_, VectorSet::kFile, candidates_));
  SG_ASSIGN_OR_RETURN(header_rows_, ReadFileVectors(VectorSet::kHeader, vector_));
  semantic_ = ScaleAll(FileMaxima(result_.similarity_, scope_));
  whole_ = ScaleAll(CompareFiles(file_rows_, vector_));
  header_ = ScaleAll(CompareFiles(header_rows_, vector_));
  return Status::Ok();
}

void RetrievalRun::Nominate(const std::vector<float>& by_file, float floor) {
  const std::vector<uint32_t> best = Largest(by_file, floor, options_.candidates_per_list);
  candidates_.insert(candidates_.end(), best.begin(), best.end());
}

void RetrievalRun::NominateMatched() {
  if (!scope_.text_matched) return;
  size_t room = options_.candidates_per_list;
  for (FileId file = 1; file < scope_.allowed_files.size() && room > 0; ++file) {
    if (!scope_.allowed_files[file]) continue;
    candidates_.push_back(file);
    --room;
  }
}

void RetrievalRun::SortCandidates() {
  std::sort(candidates_.begin(), candidates_.end());
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
}

void RetrievalRun::FillSignals() {
  const std::unordered_map<FileId, double> density = Densities(result_.best_chunks_);
  const auto at = [](const std::vector<float>& by_file, FileId file) {
    return file < by_file.size() ? double{by_file[file]} : 0.0;
  };
  for (FileId file : candidates_) {
    const auto dense = density.find(file);
    result_.files_.push_back({.file = file,
                              .signals = {.keyword = at(keyword_, file),
                                          .density = dense == density.end() ? 0 : dense->second,
                                          .semantic = at(semantic_, file),
                                          .file_semantic = at(whole_, file),
                                          .header_semantic = at(header_, file),
                                          .feedback = at(feedback_, file)}});
  }
}

Result<Retrieval> RetrievalRun::Run() {
  result_.chunk_files_ = scope_.chunk_files;
  SG_RETURN_IF_ERROR(ReadKeywordArm());
  if (options_.use_vectors) {
    SG_RETURN_IF_ERROR(RunVectorArm());
  } else {
    ScoreChunks();
    NominateByKeywords();
  }
  SG_ASSIGN_OR_RETURN(const std::vector<FileId> defining, DefiningFiles());
  candidates_.insert(candidates_.end(), defining.begin(), defining.end());
  candidates_.insert(candidates_.end(), options_.extra_candidates.begin(),
                     options_.extra_candidates.end());
  NominateMatched();
  SortCandidates();
  if (options_.use_vectors) SG_RETURN_IF_ERROR(CompleteCandidates());
  RankChunks();
  if (options_.use_vectors) {
    SG_ASSIGN_OR_RETURN(const std::vector<float> changed, FeedbackVector(vector_));
    result_.feedback_ = CompareChunks(changed, &result_.feedback_range_);
    feedback_ = ScaleAll(FileMaxima(result_.feedback_, scope_));
  }
  FillSignals();
  return std::move(result_);
}

Result<Retrieval> Retrieve(const Snapshot& snapshot, const Embedder& embedder, const Query& query,
                           const SearchScope& scope, const RetrievalOptions& options,
                           FileCache* files) {
  return RetrievalRun(snapshot, embedder, query, scope, options, files).Run();
}

}  // namespace sg
