#include "core/model/sg_static_model.h"

#include <cmath>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/model/bundled_model.h"
#include "core/model/embedding_table.h"
#include "core/model/safetensors.h"
#include "core/text/code_tokenizer.h"

namespace sg {
namespace {

// Counts the tokens of one text. One per thread; empty between uses, so that no clearing of the
// whole vocabulary is needed.
class TokenCounter {
 public:
  // Returns true the first time that `id` is counted.
  bool Count(uint32_t id) {
    if (id >= counts_.size()) counts_.resize(size_t{id} + 1, 0);
    if (counts_[id]++ != 0) return false;
    ids_.push_back(id);
    return true;
  }

  const std::vector<uint32_t>& ids() const { return ids_; }
  uint32_t count(uint32_t id) const { return counts_[id]; }
  std::vector<float>& weights() { return weights_; }

  void Clear() {
    for (uint32_t id : ids_) counts_[id] = 0;
    ids_.clear();
    weights_.clear();
  }

 private:
  std::vector<uint32_t> counts_;  // [largest id seen + 1]
  std::vector<uint32_t> ids_;     // distinct, in order of first occurrence
  std::vector<float> weights_;    // [ids_.size()]
};

class SgStaticModel final : public StaticModel {
 public:
  static Result<std::unique_ptr<StaticModel>> Open(const ModelFolder& folder);

  const Space& space() const override { return space_; }
  void AddBag(std::string_view text, float weight, std::span<float> sum) const override;

 private:
  Status MapFiles(const ModelFolder& folder);
  Status ReadVocabulary(const ModelFolder& folder);
  Status ReadWeights(const ModelFolder& folder);

  Space space_;
  MappedFile vocab_file_;
  CodeTokenizer tokenizer_;  // looks into vocab_file_
  SafetensorsFile weights_file_;
  EmbeddingTable table_;       // looks into weights_file_
  std::vector<float> scales_;  // [V], or empty: 1
};

Result<std::unique_ptr<StaticModel>> SgStaticModel::Open(const ModelFolder& folder) {
  auto model = std::make_unique<SgStaticModel>();
  SG_RETURN_IF_ERROR(model->MapFiles(folder));
  // Half of the work, and every search waits for it: hash beside reading the vocabulary.
  const std::string_view weights_bytes = model->weights_file_.file().bytes();
  const BundledModelFacts& bundled = BundledModel();
  const bool known_weights = WeightsSample(weights_bytes) == bundled.weights_sample;
  std::future<Hash128> weights_hash;
  if (!known_weights) {
    weights_hash = std::async([weights_bytes] { return ContentHash(weights_bytes); });
  }
  const Hash128 vocabulary_hash = ContentHash(model->vocab_file_.bytes());
  if (vocabulary_hash == bundled.vocabulary_hash) {
    model->tokenizer_ = CodeTokenizer::FromTables(model->vocab_file_.bytes(), bundled.vocabulary);
  } else {
    SG_RETURN_IF_ERROR(model->ReadVocabulary(folder));
  }
  SG_RETURN_IF_ERROR(model->ReadWeights(folder));
  RevisionHasher revision;
  revision.Add("config.json", ContentHash(folder.config_json));
  revision.Add("vocab.tsv", vocabulary_hash);
  revision.Add("model.safetensors", known_weights ? bundled.weights_hash : weights_hash.get());
  model->space_ = {
      .model_name = folder.name, .revision = revision.Finish(), .dim = model->table_.dim()};
  return std::unique_ptr<StaticModel>(std::move(model));
}

Status SgStaticModel::MapFiles(const ModelFolder& folder) {
  const std::string vocab_path = folder.File("vocab.tsv");
  SG_ASSIGN_OR_RETURN(vocab_file_, MappedFile::Open(vocab_path));
  if (IsLfsPointer(vocab_file_.bytes())) return LfsPointerError().WithContext(vocab_path);
  SG_ASSIGN_OR_RETURN(weights_file_, SafetensorsFile::Open(folder.File("model.safetensors")));
  return Status::Ok();
}

Status SgStaticModel::ReadVocabulary(const ModelFolder& folder) {
  Result<CodeTokenizer> tokenizer = CodeTokenizer::Parse(vocab_file_.bytes());
  if (!tokenizer.ok()) return tokenizer.status().WithContext(folder.File("vocab.tsv"));
  tokenizer_ = std::move(*tokenizer);
  return Status::Ok();
}

Status SgStaticModel::ReadWeights(const ModelFolder& folder) {
  const std::string path = folder.File("model.safetensors");
  Result<EmbeddingTable> table = EmbeddingTable::Find(weights_file_);
  if (!table.ok()) return table.status().WithContext(path);
  table_ = *table;
  if (table_.rows() != tokenizer_.vocab_size()) {
    return CorruptError(path + ": " + std::to_string(table_.rows()) + " rows, but vocab.tsv has " +
                        std::to_string(tokenizer_.vocab_size()) + " pieces");
  }
  Result<std::vector<float>> scales = FindRowFloats(weights_file_, "scales", table_.rows());
  if (!scales.ok()) return scales.status().WithContext(path);
  scales_ = std::move(*scales);
  if (scales_.empty() && table_.type() == RowType::kInt8) {
    return CorruptError(path + ": \"embeddings\" are I8, but there are no \"scales\"");
  }
  return Status::Ok();
}

void SgStaticModel::AddBag(std::string_view text, float weight, std::span<float> sum) const {
  thread_local TokenCounter counter;
  tokenizer_.ForEachToken(text, [this](uint32_t id) {
    if (counter.Count(id)) table_.Prefetch(id);
  });
  for (uint32_t id : counter.ids()) {
    const float scale = scales_.empty() ? 1.0f : scales_[id];
    counter.weights().push_back(weight * scale * std::sqrt(static_cast<float>(counter.count(id))));
  }
  table_.AddRows(counter.ids(), counter.weights(), sum);
  counter.Clear();
}

}  // namespace

Result<std::unique_ptr<StaticModel>> OpenSgStaticModel(const ModelFolder& folder) {
  return SgStaticModel::Open(folder);
}

}  // namespace sg
