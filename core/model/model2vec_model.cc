#include "core/model/model2vec_model.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/model/embedding_table.h"
#include "core/model/safetensors.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxTokenizerBytes = uint64_t{256} << 20;
constexpr size_t kDefaultMaxLength = 512;  // where config.json does not say
constexpr size_t kUnlimited = SIZE_MAX;

// Returns the byte length of the first `characters` characters of `text`. A broken sequence counts
// as one character (the U+FFFD that replaces it).
size_t PrefixBytes(std::string_view text, size_t characters) {
  size_t position = 0;
  for (size_t n = 0; n < characters && position < text.size(); ++n) {
    const size_t length = ValidCharLength(text, position);
    position += length > 0 ? length : BrokenUtf8Length(text, position);
  }
  return position;
}

// The median length of the vocabulary's tokens in characters, rounded down.
size_t MedianTokenLength(const Tokenizer& tokenizer) {
  std::vector<size_t> lengths;
  for (uint32_t id = 0; id < tokenizer.vocabulary_size(); ++id) {
    if (const auto token = tokenizer.IdToToken(id)) lengths.push_back(CountChars(*token));
  }
  if (lengths.empty()) return 1;
  std::sort(lengths.begin(), lengths.end());
  const size_t middle = lengths.size() / 2;
  return lengths.size() % 2 == 1 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2;
}

// max_length of config.json: a number, null for no limit, or absent.
Result<size_t> MaxLength(const Json& config) {
  const auto it = config.find("max_length");
  if (it == config.end()) return kDefaultMaxLength;
  if (it->is_null()) return kUnlimited;
  if (!it->is_number_unsigned()) return CorruptError("max_length is not a number");
  return it->get<size_t>();
}

// The model section of a tokenizer.json without its vocabulary and merges.
Json ModelSection(std::string_view tokenizer_json) {
  const auto keep = [](int depth, Json::parse_event_t event, Json& parsed) {
    if (event != Json::parse_event_t::key) return true;
    return depth == 1 ? parsed == "model" : parsed != "vocab" && parsed != "merges";
  };
  const Json json = Json::parse(tokenizer_json, keep, /*allow_exceptions=*/false);
  const auto model = json.is_object() ? json.find("model") : json.end();
  return json.is_object() && model != json.end() ? *model : Json();
}

// The id of the token that stands for unknown text, which counts for nothing.
std::optional<uint32_t> UnknownId(const Json& model, const Tokenizer& tokenizer) {
  if (!model.is_object()) return std::nullopt;
  if (const auto it = model.find("unk_token"); it != model.end() && it->is_string()) {
    return tokenizer.TokenToId(it->get<std::string>());
  }
  if (const auto it = model.find("unk_id"); it != model.end() && it->is_number_unsigned()) {
    return it->get<uint32_t>();
  }
  return std::nullopt;
}

// Reads an integer tensor as row numbers below `rows`.
template <typename Integer>
Status CopyRows(const Tensor& tensor, size_t rows, std::vector<uint32_t>* out) {
  out->resize(tensor.element_count());
  for (size_t i = 0; i < out->size(); ++i) {
    Integer value;
    std::memcpy(&value, tensor.bytes.data() + i * sizeof(value), sizeof(value));
    if (value < 0 || static_cast<uint64_t>(value) >= rows) {
      return CorruptError("\"mapping\" leads to row " + std::to_string(value) + " of " +
                          std::to_string(rows));
    }
    (*out)[i] = static_cast<uint32_t>(value);
  }
  return Status::Ok();
}

// The tensor `mapping` [V], or empty if there is none.
Result<std::vector<uint32_t>> FindMapping(const SafetensorsFile& weights, size_t rows) {
  std::vector<uint32_t> mapping;
  const Tensor* tensor = weights.Find("mapping");
  if (tensor == nullptr) return mapping;
  if (tensor->shape.size() != 1) {
    return CorruptError("\"mapping\" has shape " + ShapeText(tensor->shape) +
                        "; expected [tokens]");
  }
  switch (tensor->dtype) {
    case DType::kI32: SG_RETURN_IF_ERROR(CopyRows<int32_t>(*tensor, rows, &mapping)); break;
    case DType::kI64: SG_RETURN_IF_ERROR(CopyRows<int64_t>(*tensor, rows, &mapping)); break;
    default:
      return UnsupportedError("\"mapping\" has type " + std::string(DTypeName(tensor->dtype)) +
                              "; I32 and I64 are known");
  }
  return mapping;
}

class Model2VecModel final : public StaticModel {
 public:
  static Result<std::unique_ptr<StaticModel>> Open(const ModelFolder& folder);

  const Space& space() const override { return space_; }
  void AddBag(std::string_view text, float weight, std::span<float> sum) const override;

 private:
  Status ReadTokenizer(const ModelFolder& folder, RevisionHasher* revision);
  Status ReadWeights();
  Status ReadConfig(const ModelFolder& folder);

  Space space_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::optional<uint32_t> unknown_id_;
  size_t max_characters_ = kUnlimited;
  size_t max_tokens_ = kUnlimited;
  SafetensorsFile weights_file_;
  EmbeddingTable table_;           // looks into weights_file_
  std::vector<uint32_t> mapping_;  // [V], or empty: the identity
  std::vector<float> weights_;     // [V], or empty: 1
};

Result<std::unique_ptr<StaticModel>> Model2VecModel::Open(const ModelFolder& folder) {
  auto model = std::make_unique<Model2VecModel>();
  RevisionHasher revision;
  revision.Add("config.json", ContentHash(folder.config_json));
  SG_RETURN_IF_ERROR(model->ReadTokenizer(folder, &revision));
  SG_RETURN_IF_ERROR(model->ReadConfig(folder));
  const std::string path = folder.File("model.safetensors");
  SG_ASSIGN_OR_RETURN(model->weights_file_, SafetensorsFile::Open(path));
  if (Status status = model->ReadWeights(); !status.ok()) return status.WithContext(path);
  revision.Add("model.safetensors", ContentHash(model->weights_file_.file().bytes()));
  model->space_ = {
      .model_name = folder.name, .revision = revision.Finish(), .dim = model->table_.dim()};
  return std::unique_ptr<StaticModel>(std::move(model));
}

Status Model2VecModel::ReadTokenizer(const ModelFolder& folder, RevisionHasher* revision) {
  const std::string path = folder.File("tokenizer.json");
  SG_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxTokenizerBytes));
  if (IsLfsPointer(json)) return LfsPointerError().WithContext(path);
  Result<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::FromJson(json);
  if (!tokenizer.ok()) return tokenizer.status().WithContext(path);
  tokenizer_ = std::move(*tokenizer);
  unknown_id_ = UnknownId(ModelSection(json), *tokenizer_);
  revision->Add("tokenizer.json", ContentHash(json));
  return Status::Ok();
}

Status Model2VecModel::ReadConfig(const ModelFolder& folder) {
  const Json config = Json::parse(folder.config_json, nullptr, /*allow_exceptions=*/false);
  Result<size_t> max_length = MaxLength(config);
  if (!max_length.ok()) return max_length.status().WithContext(folder.File("config.json"));
  max_tokens_ = *max_length;
  const size_t median = MedianTokenLength(*tokenizer_);
  if (__builtin_mul_overflow(max_tokens_, median, &max_characters_)) max_characters_ = kUnlimited;
  return Status::Ok();
}

Status Model2VecModel::ReadWeights() {
  SG_ASSIGN_OR_RETURN(table_, EmbeddingTable::Find(weights_file_));
  SG_ASSIGN_OR_RETURN(mapping_, FindMapping(weights_file_, table_.rows()));
  const size_t tokens = mapping_.empty() ? table_.rows() : mapping_.size();
  SG_ASSIGN_OR_RETURN(weights_, FindRowFloats(weights_file_, "weights", tokens));
  if (tokens < tokenizer_->vocabulary_size()) {
    return CorruptError("vectors for " + std::to_string(tokens) +
                        " tokens, but tokenizer.json has " +
                        std::to_string(tokenizer_->vocabulary_size()));
  }
  return Status::Ok();
}

void Model2VecModel::AddBag(std::string_view text, float weight, std::span<float> sum) const {
  text = text.substr(0, PrefixBytes(text, max_characters_));
  Result<Encoding> encoding = tokenizer_->Encode(text, /*add_special_tokens=*/false);
  if (!encoding.ok()) return;  // more text than a tokenizer takes: no known token
  std::vector<uint32_t>& ids = encoding->ids;
  if (ids.size() > max_tokens_) ids.resize(max_tokens_);
  if (unknown_id_) std::erase(ids, *unknown_id_);
  std::vector<float> weights(ids.size(), weight / static_cast<float>(ids.size()));
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!weights_.empty()) weights[i] *= weights_[ids[i]];
    if (!mapping_.empty()) ids[i] = mapping_[ids[i]];
  }
  table_.AddRows(ids, weights, sum);
}

}  // namespace

Result<std::unique_ptr<StaticModel>> OpenModel2VecModel(const ModelFolder& folder) {
  return Model2VecModel::Open(folder);
}

}  // namespace sg
