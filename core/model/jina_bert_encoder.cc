// JinaBERT v2: BERT with symmetric ALiBi instead of learned positions and a gated feed-forward
// (Günther et al. 2023). Two generations of checkpoints: jina-embeddings-v2-*-en, and the code
// model, which normalises queries and keys over all heads before they are split and names its
// tensors differently. Facts from the published remote code (jinaai/jina-bert-implementation and
// jinaai/jina-bert-v2-qk-post-norm).

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

// The names of one generation below "encoder.layer.N.".
struct JinaNames {
  const char* attention_norm;
  const char* gated;
  bool gate_first;  // the activated half comes first in the fused projection
  const char* down;
  const char* output_norm;
};
constexpr JinaNames kEnglishNames = {"attention.output.LayerNorm", "mlp.gated_layers", true,
                                     "mlp.wo", "mlp.layernorm"};
constexpr JinaNames kCodeNames = {"layer_norm_1", "mlp.up_gated_layer", false, "mlp.down_layer",
                                  "layer_norm_2"};

class JinaBertEncoder final : public Encoder {
 public:
  size_t hidden_size() const override { return hidden_; }
  size_t vocabulary_size() const override { return words_.rows(); }
  size_t max_positions() const override { return positions_; }

  void Forward(const TokenBatch& batch, float* out, const LayerObserver& observer) const override {
    const size_t tokens = batch.tokens();
    words_.Gather(batch.ids, out);
    AddBias(token_type_, tokens, out);
    embedding_norm_.Apply(out, tokens, out);
    if (observer) observer(0, {out, tokens * hidden_});
    const std::vector<float> bias = DistanceBias(LongestSequence(batch));
    const SelfAttention::Positions positions = {.distance_bias = bias,
                                                .bias_stride = bias.size() / slopes_.size(),
                                                .bias_center = bias.size() / slopes_.size() / 2};
    for (size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].Apply(batch, positions, out);
      if (observer) observer(l + 1, {out, tokens * hidden_});
    }
  }

  Status Load(const ModelConfig& config, const TensorMap& tensors, const Packing& packing);

 private:
  // [heads, 2 * longest - 1]: -slope * |distance|.
  std::vector<float> DistanceBias(size_t longest) const {
    const size_t stride = 2 * longest - 1;
    std::vector<float> bias(slopes_.size() * stride);
    for (size_t h = 0; h < slopes_.size(); ++h) {
      for (size_t d = 0; d < longest; ++d) {
        const float value = -slopes_[h] * static_cast<float>(d);
        bias[h * stride + longest - 1 + d] = value;
        bias[h * stride + longest - 1 - d] = value;
      }
    }
    return bias;
  }

  Status LoadLayer(const TensorTable& table, const std::string& base, const JinaNames& names,
                   size_t heads, size_t inner, double epsilon, const Packing& packing);

  size_t hidden_ = 0, positions_ = 0;
  TokenTable words_;
  std::vector<float> token_type_, slopes_;
  Norm embedding_norm_;
  std::vector<PostNormLayer> layers_;
};

Status JinaBertEncoder::LoadLayer(const TensorTable& table, const std::string& base,
                                  const JinaNames& names, size_t heads, size_t inner,
                                  double epsilon, const Packing& packing) {
  PostNormLayer layer;
  layer.attention.heads = layer.attention.kv_heads = heads;
  layer.attention.head_dim = hidden_ / heads;
  layer.attention.scale = AttentionScale(hidden_ / heads);
  const std::string self = base + "attention.self.";
  const std::string qkv[] = {self + "query", self + "key", self + "value"};
  const size_t outs[] = {hidden_, hidden_, hidden_};
  SG_ASSIGN_OR_RETURN(layer.attention.qkv,
                      table.GetFused(qkv, hidden_, outs, packing, Input::kNormed));
  if (table.Has(self + "layer_norm_q.weight")) {
    SG_ASSIGN_OR_RETURN(layer.attention.query_norm,
                        Norm::Load(table, self + "layer_norm_q", hidden_, epsilon));
    SG_ASSIGN_OR_RETURN(layer.attention.key_norm,
                        Norm::Load(table, self + "layer_norm_k", hidden_, epsilon));
  }
  SG_ASSIGN_OR_RETURN(layer.attention.output,
                      table.GetLinear(base + "attention.output.dense", hidden_, hidden_, packing));
  SG_ASSIGN_OR_RETURN(layer.attention_norm,
                      Norm::Load(table, base + names.attention_norm, hidden_, epsilon));
  layer.feed_forward.gated = true;
  layer.feed_forward.gate_first = names.gate_first;
  SG_ASSIGN_OR_RETURN(layer.feed_forward.up, table.GetLinear(base + names.gated, hidden_, 2 * inner,
                                                             packing, Input::kNormed));
  SG_ASSIGN_OR_RETURN(layer.feed_forward.down,
                      table.GetLinear(base + names.down, inner, hidden_, packing));
  SG_ASSIGN_OR_RETURN(layer.output_norm,
                      Norm::Load(table, base + names.output_norm, hidden_, epsilon));
  layers_.push_back(std::move(layer));
  return Status::Ok();
}

Status JinaBertEncoder::Load(const ModelConfig& config, const TensorMap& tensors,
                             const Packing& packing) {
  SG_ASSIGN_OR_RETURN(
      const TensorTable table,
      TensorTable::Open(tensors, {"", "bert.", "model."}, "embeddings.word_embeddings.weight"));
  SG_ASSIGN_OR_RETURN(const EncoderSizes sizes, ReadSizes(config));
  const size_t heads = sizes.heads, layers = sizes.layers, inner = sizes.inner;
  hidden_ = sizes.hidden;
  positions_ = sizes.positions;
  SG_RETURN_IF_ERROR(config.RequireText("feed_forward_type", "geglu"));
  SG_ASSIGN_OR_RETURN(const double epsilon, config.Number("layer_norm_eps", 1e-12));
  slopes_ = AlibiSlopes(heads);
  SG_ASSIGN_OR_RETURN(words_, table.GetTokens("embeddings.word_embeddings.weight", hidden_));
  SG_ASSIGN_OR_RETURN(token_type_,
                      table.GetFirstRow("embeddings.token_type_embeddings.weight", hidden_));
  SG_ASSIGN_OR_RETURN(embedding_norm_, Norm::Load(table, "embeddings.LayerNorm", hidden_, epsilon));
  const bool code = table.Has("encoder.layer.0.mlp.up_gated_layer.weight");
  for (size_t l = 0; l < layers; ++l) {
    SG_RETURN_IF_ERROR(LoadLayer(table, "encoder.layer." + std::to_string(l) + ".",
                                 code ? kCodeNames : kEnglishNames, heads, inner, epsilon,
                                 packing));
  }
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Encoder>> CreateJinaBertEncoder(const ModelConfig& config,
                                                       const TensorMap& tensors,
                                                       const Packing& packing) {
  return LoadEncoder<JinaBertEncoder>(config, tensors, packing);
}

}  // namespace sg
