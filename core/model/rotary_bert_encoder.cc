// BERT-shaped encoders with rotary positions and a fused Wqkv: Jina's XLM-RoBERTa with flash
// attention (jina-colbert-v2, jina-embeddings-v3; plain GELU feed-forward) and NomicBERT
// (CodeRankEmbed, nomic-embed; SwiGLU, no biases). Post-norm. Facts from the published remote code
// (jinaai/xlm-roberta-flash-implementation, nomic-ai/nomic-bert-2048) and from transformers 5.

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

// config.json of the two families, in common terms.
struct RotaryBertConfig {
  EncoderSizes sizes;
  double epsilon = 1e-12f;
  double rotary_base = 10000.0;
  bool gated = false;
  Activation activation = Activation::kGelu;
  const char* attention = "mixer";
};

Result<RotaryBertConfig> ReadXlmRobertaConfig(const ModelConfig& json) {
  RotaryBertConfig config;
  SG_ASSIGN_OR_RETURN(config.sizes, ReadSizes(json));
  SG_ASSIGN_OR_RETURN(config.epsilon, json.Number("layer_norm_eps", 1e-5));
  SG_ASSIGN_OR_RETURN(config.rotary_base, json.Number("rotary_emb_base", 10000.0));
  SG_ASSIGN_OR_RETURN(config.activation, ReadActivation(json, "hidden_act", "gelu"));
  return config;
}

Result<RotaryBertConfig> ReadNomicConfig(const ModelConfig& json) {
  RotaryBertConfig config;
  SG_ASSIGN_OR_RETURN(config.sizes, ReadSizes(json, {.hidden = "n_embd",
                                                     .heads = "n_head",
                                                     .layers = "n_layer",
                                                     .inner = "n_inner",
                                                     .positions = "n_positions"}));
  SG_RETURN_IF_ERROR(json.RequireFlag("prenorm", false));
  SG_RETURN_IF_ERROR(json.RequireNumber("rotary_emb_fraction", 1.0));
  SG_RETURN_IF_ERROR(json.RequireFlag("rotary_emb_interleaved", false));
  SG_RETURN_IF_ERROR(json.RequireText("activation_function", "swiglu"));
  SG_ASSIGN_OR_RETURN(config.epsilon, json.Number("layer_norm_epsilon", 1e-12));
  SG_ASSIGN_OR_RETURN(config.rotary_base, json.Number("rotary_emb_base", 10000.0));
  config.gated = true;
  config.activation = Activation::kSilu;
  config.attention = "attn";
  return config;
}

class RotaryBertEncoder final : public Encoder {
 public:
  size_t hidden_size() const override { return config_.sizes.hidden; }
  size_t vocabulary_size() const override { return words_.rows(); }
  size_t max_positions() const override { return config_.sizes.positions; }

  void Forward(const TokenBatch& batch, float* out, const LayerObserver& observer) const override {
    const size_t tokens = batch.tokens(), hidden = config_.sizes.hidden;
    words_.Gather(batch.ids, out);
    if (!token_type_.empty()) AddBias(token_type_, tokens, out);
    embedding_norm_.Apply(out, tokens, out);
    if (observer) observer(0, {out, tokens * hidden});
    const RotaryTable rotary(LongestSequence(batch), hidden / config_.sizes.heads,
                             config_.rotary_base);
    const SelfAttention::Positions positions = {.rotary = &rotary};
    for (size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].Apply(batch, positions, out);
      if (observer) observer(l + 1, {out, tokens * hidden});
    }
  }

  Status Load(const RotaryBertConfig& config, const TensorMap& tensors, const Packing& packing);

 private:
  Status LoadLayer(const TensorTable& table, const std::string& base, const Packing& packing);

  RotaryBertConfig config_;
  TokenTable words_;
  std::vector<float> token_type_;
  Norm embedding_norm_;
  std::vector<PostNormLayer> layers_;
};

Status RotaryBertEncoder::LoadLayer(const TensorTable& table, const std::string& base,
                                    const Packing& packing) {
  const size_t hidden = config_.sizes.hidden, inner = config_.sizes.inner;
  PostNormLayer layer;
  layer.attention.heads = layer.attention.kv_heads = config_.sizes.heads;
  layer.attention.head_dim = hidden / config_.sizes.heads;
  layer.attention.scale = AttentionScale(hidden / config_.sizes.heads);
  const std::string attention = base + config_.attention;
  SG_ASSIGN_OR_RETURN(layer.attention.qkv, table.GetLinear(attention + ".Wqkv", hidden, 3 * hidden,
                                                           packing, Input::kNormed));
  SG_ASSIGN_OR_RETURN(layer.attention.output,
                      table.GetLinear(attention + ".out_proj", hidden, hidden, packing));
  SG_ASSIGN_OR_RETURN(layer.attention_norm,
                      Norm::Load(table, base + "norm1", hidden, config_.epsilon));
  layer.feed_forward.activation = config_.activation;
  layer.feed_forward.gated = config_.gated;
  if (config_.gated) {
    const std::string up[] = {base + "mlp.fc12", base + "mlp.fc11"};  // fc12 is the activated half
    const size_t ups[] = {inner, inner};
    SG_ASSIGN_OR_RETURN(layer.feed_forward.up,
                        table.GetFused(up, hidden, ups, packing, Input::kNormed));
  } else {
    SG_ASSIGN_OR_RETURN(layer.feed_forward.up,
                        table.GetLinear(base + "mlp.fc1", hidden, inner, packing, Input::kNormed));
  }
  SG_ASSIGN_OR_RETURN(layer.feed_forward.down,
                      table.GetLinear(base + "mlp.fc2", inner, hidden, packing));
  SG_ASSIGN_OR_RETURN(layer.output_norm,
                      Norm::Load(table, base + "norm2", hidden, config_.epsilon));
  layers_.push_back(std::move(layer));
  return Status::Ok();
}

Status RotaryBertEncoder::Load(const RotaryBertConfig& config, const TensorMap& tensors,
                               const Packing& packing) {
  config_ = config;
  SG_ASSIGN_OR_RETURN(const TensorTable table,
                      TensorTable::Open(tensors, {"", "roberta.", "model.", "bert."},
                                        "embeddings.word_embeddings.weight"));
  SG_ASSIGN_OR_RETURN(words_,
                      table.GetTokens("embeddings.word_embeddings.weight", config.sizes.hidden));
  if (table.Has("embeddings.token_type_embeddings.weight")) {
    SG_ASSIGN_OR_RETURN(token_type_, table.GetFirstRow("embeddings.token_type_embeddings.weight",
                                                       config.sizes.hidden));
  }
  SG_ASSIGN_OR_RETURN(embedding_norm_,
                      Norm::Load(table, "emb_ln", config.sizes.hidden, config.epsilon));
  for (size_t l = 0; l < config.sizes.layers; ++l) {
    SG_RETURN_IF_ERROR(LoadLayer(table, "encoder.layers." + std::to_string(l) + ".", packing));
  }
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Encoder>> CreateRotaryXlmRobertaEncoder(const ModelConfig& config,
                                                               const TensorMap& tensors,
                                                               const Packing& packing) {
  SG_ASSIGN_OR_RETURN(const RotaryBertConfig read, ReadXlmRobertaConfig(config));
  return LoadEncoder<RotaryBertEncoder>(read, tensors, packing);
}

Result<std::unique_ptr<Encoder>> CreateNomicBertEncoder(const ModelConfig& config,
                                                        const TensorMap& tensors,
                                                        const Packing& packing) {
  SG_ASSIGN_OR_RETURN(const RotaryBertConfig read, ReadNomicConfig(config));
  return LoadEncoder<RotaryBertEncoder>(read, tensors, packing);
}

}  // namespace sg
