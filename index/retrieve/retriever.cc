#include "index/retrieve/retriever.h"

#include <algorithm>
#include <unordered_map>

#include "index/retrieve/query_vector.h"

namespace sg {
namespace {

// Where a file's score by some measure is unknown.
constexpr float kNone = -std::numeric_limits<float>::infinity();

// Per-file values made of per-chunk ones: the maximum.
std::vector<float> FileMaxima(const std::vector<float>& by_chunk, const SearchScope& scope) {
  std::vector<float> by_file(scope.file_limit, kNone);
  for (ChunkId chunk = 0; chunk < by_chunk.size(); ++chunk) {
    if (!scope.AllowsChunk(chunk)) continue;
    float& slot = by_file[scope.chunk_files[chunk]];
    slot = std::max(slot, by_chunk[chunk]);
  }
  return by_file;
}

ValueRange RangeOf(const std::vector<float>& values) {
  ValueRange range;
  for (float v : values) {
    if (v != kNone) range.Add(v);
  }
  return range;
}

// mm over files.
std::vector<float> ScaleAll(std::vector<float> values) {
  const ValueRange range = RangeOf(values);
  for (float& v : values) v = v == kNone ? 0 : range.Scale(v);
  return values;
}

// Adds the `count` files of the largest positive values; ties go to the smaller id.
void AddBest(const std::vector<float>& by_file, size_t count, std::vector<FileId>* files) {
  std::vector<FileId> order;
  for (FileId f = 0; f < by_file.size(); ++f) {
    if (by_file[f] > 0) order.push_back(f);
  }
  const auto better = [&](FileId a, FileId b) {
    return by_file[a] != by_file[b] ? by_file[a] > by_file[b] : a < b;
  };
  if (order.size() > count) {
    std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                     better);
    order.resize(count);
  }
  files->insert(files->end(), order.begin(), order.end());
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
  for (const TermStatistics& t : keywords_.terms) chunks.emplace(t.term, t.chunks);
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
  if (id < similarity_.size()) score.semantic = similarity_range_.Scale(similarity_[id]);
  score.combined = static_cast<float>(kCombinedSemantic) * score.semantic +
                   static_cast<float>(kCombinedKeyword) * score.keyword / (keywords_.best + 1e-6f);
  return score;
}

Status Retriever::LoadVectors() {
  if (loaded_) return Status::Ok();
  SG_ASSIGN_OR_RETURN(chunk_vectors_, LoadedVectors::Load(snapshot_, VectorSet::kChunk));
  SG_ASSIGN_OR_RETURN(file_vectors_, LoadedVectors::Load(snapshot_, VectorSet::kFile));
  SG_ASSIGN_OR_RETURN(header_vectors_, LoadedVectors::Load(snapshot_, VectorSet::kHeader));
  loaded_ = true;
  return Status::Ok();
}

Result<std::vector<float>> Retriever::QueryVector(const Query& query,
                                                  const Retrieval& retrieval) const {
  if (const StaticModel* model = embedder_.static_model()) {
    std::unordered_map<std::string_view, uint64_t> files;
    for (const TermStatistics& t : retrieval.terms()) files.emplace(t.term, t.files);
    return StaticQueryVector(*model, query, snapshot_.counts().files, [&](const std::string& stem) {
      const auto found = files.find(stem);
      return found == files.end() ? 0 : found->second;
    });
  }
  const std::string_view text = query.text;
  SG_ASSIGN_OR_RETURN(const Matrix rows, embedder_.Embed({&text, 1}, TextRole::kQuery));
  return rows.data;
}

void Retriever::ScoreChunks(std::span<const float> query, const SearchScope& scope,
                            std::vector<float>* by_chunk, ValueRange* range) const {
  by_chunk->assign(scope.chunk_files.size(), kNone);
  *range = ValueRange();
  chunk_vectors_.Compare(query, [&](uint32_t chunk, FileId, float similarity) {
    if (!scope.AllowsChunk(chunk)) return;
    (*by_chunk)[chunk] = similarity;
    range->Add(similarity);
  });
}

std::vector<float> Retriever::ScoreFiles(const LoadedVectors& vectors, std::span<const float> query,
                                         const SearchScope& scope) const {
  // A file without a vector (no header comment) is like one with a zero vector.
  std::vector<float> by_file(scope.file_limit, kNone);
  for (ChunkId chunk = 0; chunk < scope.chunk_files.size(); ++chunk) {
    if (scope.AllowsChunk(chunk)) by_file[scope.chunk_files[chunk]] = 0;
  }
  vectors.Compare(query, [&](uint32_t, FileId file, float similarity) {
    if (file < by_file.size() && by_file[file] != kNone) by_file[file] = similarity;
  });
  return ScaleAll(std::move(by_file));
}

void Retriever::RankChunks(const SearchScope& scope, Retrieval* retrieval) const {
  std::vector<ChunkScore> all;
  all.reserve(scope.chunk_count);
  for (ChunkId id = 0; id < scope.chunk_files.size(); ++id) {
    if (!scope.AllowsChunk(id)) continue;
    if (ChunkScore score = retrieval->Chunk(id); score.combined > 0) all.push_back(score);
  }
  const auto better = [](const ChunkScore& a, const ChunkScore& b) {
    return a.combined != b.combined ? a.combined > b.combined : a.chunk < b.chunk;
  };
  const size_t count = std::min(all.size(), kDensityChunks);
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(),
                    better);
  all.resize(count);
  retrieval->best_chunks_ = std::move(all);
}

Result<std::vector<float>> Retriever::FeedbackVector(std::span<const float> query,
                                                     const Retrieval& retrieval) {
  std::vector<float> sum(query.size(), 0.0f), chunk_vector(query.size());
  const StaticModel* model = embedder_.static_model();
  const size_t count = std::min(kFeedbackChunks, retrieval.best_chunks().size());
  for (size_t i = 0; i < count; ++i) {
    const ChunkScore& best = retrieval.best_chunks()[i];
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
    sum[d] = query[d] + static_cast<float>(kFeedbackWeight) * sum[d];
  }
  Normalize(sum);
  return sum;
}

Result<std::vector<FileId>> Retriever::DefiningFiles(const Query& query,
                                                     const SearchScope& scope) const {
  std::vector<FileId> all;
  for (const QueryName& name : query.names) {
    SG_ASSIGN_OR_RETURN(const std::vector<SymbolHit> hits, snapshot_.FindSymbol(name.joined));
    std::vector<FileId> files;
    for (const SymbolHit& hit : hits) files.push_back(hit.file);
    std::sort(files.begin(), files.end());
    files.erase(std::unique(files.begin(), files.end()), files.end());
    std::erase_if(files, [&](FileId f) { return !scope.AllowsFile(f); });
    if (files.size() <= kMaxDefiningFiles) all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

Result<Retrieval> Retriever::Retrieve(const Query& query, const SearchScope& scope,
                                      const RetrievalOptions& options) {
  Retrieval result;
  result.chunk_files_ = scope.chunk_files;
  // Statistics of the terms shape the query vector too, so they are read in every mode.
  SG_ASSIGN_OR_RETURN(result.keywords_, ScoreKeywords(snapshot_, query.terms, scope, {}));
  if (!options.use_keywords) {
    std::fill(result.keywords_.by_chunk.begin(), result.keywords_.by_chunk.end(), 0.0f);
    result.keywords_.best = 0;
  }
  const size_t file_limit = scope.file_limit;
  std::vector<FileId> candidates;
  std::vector<float> by_keyword = FileMaxima(result.keywords_.by_chunk, scope);
  for (float& v : by_keyword) v = v == kNone ? 0 : v / (result.keywords_.best + 1e-6f);
  AddBest(by_keyword, options.candidates_per_list, &candidates);

  std::vector<float> semantic(file_limit, 0), whole(file_limit, 0), header(file_limit, 0),
      feedback(file_limit, 0);
  if (options.use_vectors) {
    SG_RETURN_IF_ERROR(LoadVectors());
    std::vector<float> vector = options.query_vector;
    if (vector.empty()) {
      SG_ASSIGN_OR_RETURN(vector, QueryVector(query, result));
    }
    if (vector.size() != chunk_vectors_.dim()) {
      return InvalidArgumentError("the query vector and the index differ in dimension");
    }
    ScoreChunks(vector, scope, &result.similarity_, &result.similarity_range_);
    semantic = ScaleAll(FileMaxima(result.similarity_, scope));
    whole = ScoreFiles(file_vectors_, vector, scope);
    header = ScoreFiles(header_vectors_, vector, scope);
    AddBest(semantic, options.candidates_per_list, &candidates);
    AddBest(whole, options.candidates_per_list, &candidates);
    RankChunks(scope, &result);
    SG_ASSIGN_OR_RETURN(const std::vector<float> changed, FeedbackVector(vector, result));
    std::vector<float> similarity;
    ValueRange range;
    ScoreChunks(changed, scope, &similarity, &range);
    feedback = ScaleAll(FileMaxima(similarity, scope));
  } else {
    RankChunks(scope, &result);
  }
  SG_ASSIGN_OR_RETURN(const std::vector<FileId> defining, DefiningFiles(query, scope));
  candidates.insert(candidates.end(), defining.begin(), defining.end());
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());

  const std::unordered_map<FileId, double> density = Densities(result.best_chunks_);
  for (FileId file : candidates) {
    if (file >= file_limit) continue;
    const auto dense = density.find(file);
    result.files_.push_back({.file = file,
                             .signals = {.keyword = by_keyword[file],
                                         .density = dense == density.end() ? 0 : dense->second,
                                         .semantic = semantic[file],
                                         .file_semantic = whole[file],
                                         .header_semantic = header[file],
                                         .feedback = feedback[file]}});
  }
  return result;
}

}  // namespace sg
