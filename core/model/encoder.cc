#include "core/model/encoder.h"

#include "core/model/encoder_architectures.h"

namespace sg {
namespace {

using Create = Result<std::unique_ptr<Encoder>> (*)(const ModelConfig&, const TensorMap&,
                                                    Precision);

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

}  // namespace

size_t LongestSequence(const TokenBatch& batch) {
  size_t longest = 0;
  for (size_t s = 0; s < batch.sequences(); ++s) {
    longest = std::max<size_t>(longest, batch.starts[s + 1] - batch.starts[s]);
  }
  return longest;
}

Status CheckArchitecture(const std::string& config_json) {
  SG_ASSIGN_OR_RETURN(const ModelConfig config, ModelConfig::Parse(config_json));
  return FindArchitecture(config).status();
}

Result<std::unique_ptr<Encoder>> CreateEncoder(const std::string& config_json,
                                               const TensorMap& tensors, Precision precision) {
  SG_ASSIGN_OR_RETURN(const ModelConfig config, ModelConfig::Parse(config_json));
  SG_ASSIGN_OR_RETURN(const Architecture* architecture, FindArchitecture(config));
  return architecture->create(config, tensors, precision);
}

}  // namespace sg
