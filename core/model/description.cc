#include "core/model/description.h"

#include <algorithm>
#include <initializer_list>
#include <memory>

#include "core/model/concat_embedder.h"
#include "core/model/encoder.h"
#include "core/model/model_config.h"
#include "core/model/pipeline.h"
#include "core/model/weights.h"
#include "core/text/tokenizer.h"

namespace sg {
namespace {

constexpr size_t kUnlimited = size_t{1} << 20;  // tokens, of models without a length of their own
constexpr size_t kBatchTokens = 1024;           // a batch holds at least so many
constexpr size_t kInnerRows = 256;              // of the feed-forward, at a time
constexpr uint64_t kProgramBytes = uint64_t{48} << 20;  // with tokenizer and libraries

// The first of `keys` that config.json has; architectures name the same thing differently.
Result<size_t> FirstSize(const ModelConfig& config, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    SG_ASSIGN_OR_RETURN(const size_t value, config.Size(key, 0));
    if (value > 0) return value;
  }
  return size_t{0};
}

bool IsWordTable(std::string_view name) {
  constexpr std::string_view kNames[] = {"word_embeddings.", "tok_embeddings.", "embed_tokens.",
                                         "shared."};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](std::string_view word) {
    return name.find(word) != std::string_view::npos;
  });
}

void CountParameters(const TensorMap& tensors, ModelDescription* model) {
  for (const auto& [name, tensor] : tensors) {
    model->parameters += tensor.element_count();
    if (IsWordTable(name)) model->table_parameters += tensor.element_count();
  }
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
  SG_ASSIGN_OR_RETURN(PipelineConfig pipeline, ReadPipeline(folder, *tokenizer, /*task=*/""));
  SG_RETURN_IF_ERROR(LimitLengths(positions, &pipeline).WithContext(folder.path));
  model->pooling = PoolingText(pipeline.pooling);
  SG_ASSIGN_OR_RETURN(model->projections, ProjectionWidths(folder, weights, pipeline.dense));
  model->query_prefix = Prefix(pipeline.query);
  model->passage_prefix = Prefix(pipeline.passage);
  model->query_max_tokens = pipeline.query.max_tokens;
  model->passage_max_tokens = pipeline.passage.max_tokens;
  model->lower_case = pipeline.lower_case;
  if (pipeline.adapters) {
    for (const TaskAdapters::Task& task : pipeline.adapters->tasks) {
      model->tasks.push_back(task.name);
    }
  }
  return Status::Ok();
}

Result<ModelDescription> DescribeConcat(const ModelFolder& folder) {
  ModelDescription model;
  model.name = folder.name;
  model.architecture = "concatenation";
  SG_ASSIGN_OR_RETURN(const std::vector<ModelFolder> parts, ConcatParts(folder));
  for (const ModelFolder& part : parts) {
    SG_ASSIGN_OR_RETURN(ModelDescription description, DescribeModel(part));
    model.parameters += description.parameters;
    model.query_max_tokens = std::max(model.query_max_tokens, description.query_max_tokens);
    model.passage_max_tokens = std::max(model.passage_max_tokens, description.passage_max_tokens);
    model.parts.push_back(std::move(description));
  }
  return model;
}

}  // namespace

Result<ModelDescription> DescribeModel(const ModelFolder& folder) {
  if (folder.kind == ModelKind::kConcat) return DescribeConcat(folder);
  SG_ASSIGN_OR_RETURN(const Weights weights, Weights::Open(folder.path));
  ModelDescription model;
  model.name = folder.name;
  CountParameters(weights.tensors(), &model);
  model.architecture = "static";
  if (folder.kind != ModelKind::kTransformer) return model;
  model.architecture = folder.model_type;
  SG_RETURN_IF_ERROR(DescribeTransformer(folder, weights, &model));
  return model;
}

uint64_t EstimatedMemoryBytes(const ModelDescription& model, size_t tokens) {
  if (!model.parts.empty()) {
    uint64_t sum = 0;
    for (const ModelDescription& part : model.parts) sum += EstimatedMemoryBytes(part, tokens);
    return sum;
  }
  // Weights lie in memory as the mapped file and packed; per token the hidden states, the branch
  // that is added to them, queries, keys, values and their results. Attention is tiled and the
  // inner layer exists for a block of tokens, so nothing grows with the square of the length.
  const uint64_t packed = model.parameters - model.table_parameters;
  return kProgramBytes + packed * 2 * sizeof(float) +
         std::max(tokens, kBatchTokens) * 6 * model.hidden_size * sizeof(float) +
         kInnerRows * 3 * model.intermediate_size * sizeof(float);
}

}  // namespace sg
