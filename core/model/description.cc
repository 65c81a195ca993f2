#include "core/model/description.h"

#include <algorithm>
#include <initializer_list>
#include <memory>

#include "core/model/encoder.h"
#include "core/model/model_config.h"
#include "core/model/pipeline.h"
#include "core/model/weights.h"
#include "core/text/tokenizer.h"

namespace sg {
namespace {

constexpr size_t kUnlimited = size_t{1} << 20;  // tokens, of models without a length of their own
constexpr size_t kBatchTokens = 1024;           // a batch holds at least so many
constexpr uint64_t kProgramBytes = uint64_t{16} << 20;

// The first of `keys` that config.json has; architectures name the same thing differently.
Result<size_t> FirstSize(const ModelConfig& config, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    SG_ASSIGN_OR_RETURN(const size_t value, config.Size(key, 0));
    if (value > 0) return value;
  }
  return size_t{0};
}

uint64_t CountParameters(const TensorMap& tensors) {
  uint64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.element_count();
  return count;
}

Result<std::vector<size_t>> ProjectionWidths(const ModelFolder& folder, const Weights& weights,
                                             const std::vector<DenseStage>& stages) {
  std::vector<size_t> widths;
  for (const DenseStage& stage : stages) {
    size_t width = stage.out;
    const Tensor* tensor = stage.folder.empty() ? weights.Find(stage.tensor + ".weight") : nullptr;
    if (tensor != nullptr && !tensor->shape.empty()) width = tensor->shape[0];
    if (width == 0) return CorruptError(folder.path + ": a projection of unknown width");
    widths.push_back(width);
  }
  return widths;
}

std::string Prefix(const RoleSettings& role) {
  std::string prefix;
  for (const std::string& token : role.insert_tokens) prefix += token;
  return prefix + role.prompt;
}

Status DescribeTransformer(const ModelFolder& folder, const Weights& weights,
                           ModelDescription* model) {
  SG_RETURN_IF_ERROR(CheckArchitecture(folder.config_json));
  SG_ASSIGN_OR_RETURN(const ModelConfig config, ModelConfig::Parse(folder.config_json));
  SG_ASSIGN_OR_RETURN(model->layers,
                      FirstSize(config, {"num_hidden_layers", "n_layer", "num_layers"}));
  SG_ASSIGN_OR_RETURN(model->heads,
                      FirstSize(config, {"num_attention_heads", "n_head", "num_heads"}));
  SG_ASSIGN_OR_RETURN(model->hidden_size, FirstSize(config, {"hidden_size", "n_embd", "d_model"}));
  SG_ASSIGN_OR_RETURN(model->intermediate_size,
                      FirstSize(config, {"intermediate_size", "n_inner", "d_ff"}));
  SG_ASSIGN_OR_RETURN(size_t positions,
                      FirstSize(config, {"max_position_embeddings", "n_positions"}));
  // RoBERTa's positions begin behind that of the padding token; T5's are relative.
  if (folder.model_type == "t5" || positions == 0) positions = kUnlimited;
  if (folder.model_type.ends_with("roberta") && positions > 2) positions -= 2;
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Tokenizer> tokenizer,
                      Tokenizer::FromFolder(folder.path));
  SG_ASSIGN_OR_RETURN(const PipelineConfig pipeline, ReadPipeline(folder, *tokenizer, positions));
  model->pooling = PoolingName(pipeline.pooling);
  SG_ASSIGN_OR_RETURN(model->projections, ProjectionWidths(folder, weights, pipeline.dense));
  model->query_prefix = Prefix(pipeline.query);
  model->passage_prefix = Prefix(pipeline.passage);
  model->query_max_tokens = pipeline.query.max_tokens;
  model->passage_max_tokens = pipeline.passage.max_tokens;
  model->lower_case = pipeline.lower_case;
  return Status::Ok();
}

}  // namespace

Result<ModelDescription> DescribeModel(const ModelFolder& folder) {
  SG_ASSIGN_OR_RETURN(const Weights weights, Weights::Open(folder.path));
  ModelDescription model;
  model.parameters = CountParameters(weights.tensors());
  model.architecture = "static";
  if (folder.kind != ModelKind::kTransformer) return model;
  model.architecture = folder.model_type;
  SG_RETURN_IF_ERROR(DescribeTransformer(folder, weights, &model));
  return model;
}

uint64_t EstimatedMemoryBytes(const ModelDescription& model, size_t tokens) {
  // Weights lie in memory as the mapped file and packed; per token the hidden states, queries,
  // keys, values and their results, and the two halves of the inner layer. Attention is tiled, so
  // nothing grows with the square of the length.
  const uint64_t floats_per_token = 8 * model.hidden_size + 2 * model.intermediate_size;
  return kProgramBytes + model.parameters * 2 * sizeof(float) +
         std::max(tokens, kBatchTokens) * floats_per_token * sizeof(float);
}

}  // namespace sg
