#include "core/model/encoder.h"

#include <random>

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

using Create = Result<std::unique_ptr<Encoder>> (*)(const ModelConfig&, const TensorMap&,
                                                    const Packing&);

// model_type and position_embedding_type of config.json -> architecture; the first row that fits is
// used. Checkpoints with remote code keep the model_type of the model that they changed and are
// told apart by their positions.
struct Architecture {
  const char* model_type;
  const char* positions;  // null: any
  Create create;
};
constexpr Architecture kArchitectures[] = {
    {"bert", "alibi", CreateJinaBertEncoder},
    {"bert", nullptr, CreateBertEncoder},
    {"roberta", nullptr, CreateBertEncoder},
    {"xlm-roberta", "rotary", CreateRotaryXlmRobertaEncoder},
    {"xlm-roberta", nullptr, CreateBertEncoder},
    {"t5", nullptr, CreateT5Encoder},
    {"nomic_bert", nullptr, CreateNomicBertEncoder},
    {"modernbert", nullptr, CreateModernBertEncoder},
    {"qwen2", nullptr, CreateQwen2Encoder},
};

Result<const Architecture*> FindArchitecture(const ModelConfig& config) {
  SG_ASSIGN_OR_RETURN(const std::string model_type, config.Text("model_type", "bert"));
  SG_ASSIGN_OR_RETURN(const std::string positions, config.Text("position_embedding_type", ""));
  std::string known;
  for (const Architecture& row : kArchitectures) {
    if (model_type == row.model_type && (row.positions == nullptr || positions == row.positions)) {
      return &row;
    }
    if (row.positions == nullptr) known += std::string(known.empty() ? "" : ", ") + row.model_type;
  }
  return UnsupportedError("model type \"" + model_type + "\" is not supported (known: " + known +
                          ")");
}

// Runs a few random tokens through the model in the cheapest exact enough precision. The channels
// that are far out are the same for any tokens: those of 32 random ones serve as well as those of
// 2,800 tokens of text (MiniLM: mean cosine of int8 to f32 .9992 and .9992, worst .995 and .994).
Result<InputRanges> Calibrate(const Architecture& architecture, const ModelConfig& config,
                              const TensorMap& tensors) {
  constexpr size_t kTokens = 64;
  InputRanges ranges;
  SG_ASSIGN_OR_RETURN(const Precision precision, ChoosePrecision("auto"));
  SG_ASSIGN_OR_RETURN(const auto encoder,
                      architecture.create(config, tensors, {precision, &ranges, nullptr}));
  std::mt19937 random(1);
  std::vector<uint32_t> ids(std::min(kTokens, encoder->max_positions()));
  for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % encoder->vocabulary_size());
  const uint32_t starts[] = {0, static_cast<uint32_t>(ids.size())};
  std::vector<float> hidden(ids.size() * encoder->hidden_size());
  encoder->Forward({.ids = ids, .starts = starts, .visible = {}}, hidden.data());
  return ranges;
}

}  // namespace

size_t LongestSequence(const TokenBatch& batch) {
  size_t longest = 0;
  for (size_t s = 0; s < batch.sequences(); ++s) {
    longest = std::max<size_t>(longest, batch.starts[s + 1] - batch.starts[s]);
  }
  return longest;
}

Result<EncoderSizes> ReadSizes(const ModelConfig& config, const SizeKeys& keys) {
  EncoderSizes sizes;
  SG_ASSIGN_OR_RETURN(sizes.hidden, config.Size(keys.hidden));
  SG_ASSIGN_OR_RETURN(sizes.heads, config.Size(keys.heads));
  SG_ASSIGN_OR_RETURN(sizes.layers, config.Size(keys.layers));
  SG_ASSIGN_OR_RETURN(sizes.inner, config.Size(keys.inner));
  SG_ASSIGN_OR_RETURN(sizes.positions, config.Size(keys.positions));
  if (sizes.hidden % sizes.heads == 0) return sizes;
  return CorruptError(std::string("config.json: ") + keys.hidden + " is not a multiple of " +
                      keys.heads);
}

Status CheckArchitecture(const std::string& config_json) {
  SG_ASSIGN_OR_RETURN(const ModelConfig config, ModelConfig::Parse(config_json));
  return FindArchitecture(config).status();
}

Result<std::unique_ptr<Encoder>> CreateEncoder(const std::string& config_json,
                                               const TensorMap& tensors, Precision precision) {
  SG_ASSIGN_OR_RETURN(const ModelConfig config, ModelConfig::Parse(config_json));
  SG_ASSIGN_OR_RETURN(const Architecture* architecture, FindArchitecture(config));
  if (precision != Precision::kInt8) return architecture->create(config, tensors, {precision});
  SG_ASSIGN_OR_RETURN(const InputRanges ranges, Calibrate(*architecture, config, tensors));
  return architecture->create(config, tensors, {.precision = precision, .ranges = &ranges});
}

}  // namespace sg
