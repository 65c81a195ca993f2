#include "index/build/chunk_vectors.h"

#include <algorithm>
#include <span>
#include <string>

#include "core/base/hash.h"
#include "extract/passage.h"
#include "index/build/row_terms.h"
#include "index/rank/path_class.h"

namespace sg {
namespace {

// X = n(C + .7 P + .25 F + .3 SY + .2 FS): weights fitted on the development repositories
// (docs/ranking.md); the path's own part P = n(stem + .5 folders).
constexpr float kPathWeight = 0.7f;
constexpr float kFileWeight = 0.25f;
constexpr float kSymbolWeight = 0.3f;
constexpr float kFileSymbolWeight = 0.2f;
constexpr float kFolderWeight = 0.5f;

constexpr size_t kMaxCachedFloats = size_t{16} << 20;  // 64 MiB

void AddScaled(std::span<const float> from, float weight, std::span<float> to) {
  for (size_t d = 0; d < to.size(); ++d) to[d] += weight * from[d];
}

std::string_view TextOf(const SourceText& source, const Chunk& chunk) {
  return std::string_view(source.utf8).substr(chunk.byte_begin, chunk.byte_end - chunk.byte_begin);
}

std::vector<float> UnitBag(const StaticModel& model, std::string_view text) {
  std::vector<float> bag(model.dim());
  model.AddBag(text, /*weight=*/1, bag);
  Normalize(bag);
  return bag;
}

std::vector<float> PathVector(const StaticModel& model, std::string_view path) {
  std::vector<float> vector(model.dim());
  model.AddBag(WordsOfPath(path).stem, /*weight=*/1, vector);
  model.AddBag(LastFolders(path), kFolderWeight, vector);
  Normalize(vector);
  return vector;
}

std::string DefinitionNames(const Chunk& chunk) {
  std::string names;
  for (const Definition& definition : chunk.definitions) {
    if (definition.kind != DefinitionKind::kDeclaration) (names += definition.name) += ' ';
  }
  return names;
}

}  // namespace

void ComposeVectors(const StaticModel& model, std::string_view path, const SourceText& source,
                    const ChunkedFile& file, FileBatchEntry* entry) {
  const size_t dim = model.dim();
  Matrix& vectors = entry->chunk_vectors = Matrix(file.chunks.size(), dim);
  Matrix& file_vector = entry->file_vector = Matrix(1, dim);
  entry->header_vector = Matrix(1, dim);
  std::string all_names;
  for (size_t i = 0; i < file.chunks.size(); ++i) {
    model.AddBag(TextOf(source, file.chunks[i]), /*weight=*/1, vectors.row(i));
    Normalize(vectors.row(i));
    AddScaled(vectors.row(i), 1, file_vector.row(0));
    all_names += DefinitionNames(file.chunks[i]);
  }
  Normalize(file_vector.row(0));
  // What all chunks of the file have in common.
  std::vector<float> shared(dim);
  AddScaled(PathVector(model, path), kPathWeight, shared);
  AddScaled(file_vector.row(0), kFileWeight, shared);
  AddScaled(UnitBag(model, all_names), kFileSymbolWeight, shared);
  for (size_t i = 0; i < file.chunks.size(); ++i) {
    const std::string symbols = DefinitionNames(file.chunks[i]) + file.chunks[i].scope;
    AddScaled(shared, 1, vectors.row(i));
    if (!symbols.empty()) AddScaled(UnitBag(model, symbols), kSymbolWeight, vectors.row(i));
    Normalize(vectors.row(i));
  }
  model.AddBag(file.header_comment, /*weight=*/1, entry->header_vector.row(0));
  Normalize(entry->header_vector.row(0));
}

bool PassageCache::Find(uint64_t key, std::span<float> row) {
  std::lock_guard lock(mutex_);
  const auto known = added_.find(key);
  if (known != added_.end()) {
    std::copy(known->second.begin(), known->second.end(), row.begin());
    return true;
  }
  if (snapshot_ == nullptr) return false;
  const auto chunk = snapshot_->FindPassage(key);
  if (!chunk.ok() || !chunk->has_value()) return false;
  const uint32_t ids[] = {**chunk};
  const auto block = snapshot_->ReadVectors(VectorSet::kChunk, ids);
  if (!block.ok() || block->codes.size() != row.size()) return false;
  for (size_t d = 0; d < row.size(); ++d) {
    row[d] = block->scales[0] * static_cast<float>(block->codes[d]);
  }
  return true;
}

void PassageCache::Add(uint64_t key, std::span<const float> row) {
  std::lock_guard lock(mutex_);
  if (added_floats_ + row.size() > kMaxCachedFloats) return;
  if (added_.try_emplace(key, row.begin(), row.end()).second) added_floats_ += row.size();
}

Status EmbedPassages(const Embedder& embedder, std::string_view path, const SourceText& source,
                     const ChunkedFile& file, PassageCache* cache, FileBatchEntry* entry) {
  Matrix& vectors = entry->chunk_vectors = Matrix(file.chunks.size(), embedder.space().dim);
  std::vector<std::string> passages;
  std::vector<size_t> missing;
  for (size_t i = 0; i < file.chunks.size(); ++i) {
    std::string passage = MakePassage(path, source, file.chunks[i]);
    entry->passage_keys.push_back(Hash64(passage));
    if (cache->Find(entry->passage_keys[i], vectors.row(i))) continue;
    passages.push_back(std::move(passage));
    missing.push_back(i);
  }
  const std::vector<std::string_view> texts(passages.begin(), passages.end());
  if (!texts.empty()) {
    SG_ASSIGN_OR_RETURN(const Matrix embedded, embedder.Embed(texts, TextRole::kPassage));
    for (size_t i = 0; i < missing.size(); ++i) {
      std::copy_n(embedded.row(i).begin(), vectors.cols, vectors.row(missing[i]).begin());
      cache->Add(entry->passage_keys[missing[i]], embedded.row(i));
    }
  }
  entry->file_vector = Matrix(1, vectors.cols);
  for (size_t i = 0; i < vectors.rows; ++i) {
    AddScaled(vectors.row(i), 1, entry->file_vector.row(0));
  }
  Normalize(entry->file_vector.row(0));
  return Status::Ok();
}

}  // namespace sg
