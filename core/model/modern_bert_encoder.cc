// ModernBERT (Warner et al. 2024): rotary positions, pre-norm without biases, GeGLU, and attention
// that is global in every third layer and local elsewhere. LateOn-Code, GTE-ModernColBERT and Ettin
// are checkpoints of it.

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

class ModernBertEncoder final : public Encoder {
 public:
  size_t hidden_size() const override { return hidden_; }
  size_t vocabulary_size() const override { return words_.rows(); }
  size_t max_positions() const override { return positions_; }

  void Forward(const TokenBatch& batch, float* out, const LayerObserver& observer) const override {
    const size_t tokens = batch.tokens();
    words_.Gather(batch.ids, out);
    embedding_norm_.Apply(out, tokens, out);
    if (observer) observer(0, {out, tokens * hidden_});
    const size_t longest = LongestSequence(batch);
    const RotaryTable global_rotary(longest, head_dim_, global_base_);
    const RotaryTable local_rotary(longest, head_dim_, local_base_);
    for (size_t l = 0; l < layers_.size(); ++l) {
      const PreNormLayer& layer = layers_[l];  // the first one's attention_norm is empty
      const RotaryTable& rotary = layer.attention.window > 0 ? local_rotary : global_rotary;
      layer.Apply(batch, {.rotary = &rotary}, out);
      if (l + 1 == layers_.size()) final_norm_.Apply(out, tokens, out);
      if (observer) observer(l + 1, {out, tokens * hidden_});
    }
  }

  Status Load(const ModelConfig& config, const TensorMap& tensors, const Packing& packing);

 private:
  size_t hidden_ = 0, positions_ = 0, head_dim_ = 0;
  double global_base_ = 160000.0, local_base_ = 10000.0;
  TokenTable words_;
  Norm embedding_norm_, final_norm_;
  std::vector<PreNormLayer> layers_;
};

Status ModernBertEncoder::Load(const ModelConfig& config, const TensorMap& tensors,
                               const Packing& packing) {
  SG_ASSIGN_OR_RETURN(
      const TensorTable table,
      TensorTable::Open(tensors, {"", "model."}, "embeddings.tok_embeddings.weight"));
  SG_ASSIGN_OR_RETURN(const EncoderSizes sizes, ReadSizes(config));
  const size_t heads = sizes.heads, layers = sizes.layers, inner = sizes.inner;
  hidden_ = sizes.hidden;
  positions_ = sizes.positions;
  head_dim_ = hidden_ / heads;
  SG_RETURN_IF_ERROR(config.RequireAbsent("rope_parameters"));
  SG_ASSIGN_OR_RETURN(const double epsilon, config.Number("norm_eps", 1e-5));
  SG_ASSIGN_OR_RETURN(const size_t every, config.Size("global_attn_every_n_layers", 3));
  SG_ASSIGN_OR_RETURN(const size_t span, config.Size("local_attention", 128));
  const size_t window = span / 2;
  SG_ASSIGN_OR_RETURN(global_base_, config.Number("global_rope_theta", 160000.0));
  SG_ASSIGN_OR_RETURN(local_base_, config.Number("local_rope_theta", global_base_));
  SG_ASSIGN_OR_RETURN(const Activation activation,
                      ReadActivation(config, "hidden_activation", "gelu"));

  SG_ASSIGN_OR_RETURN(words_, table.GetTokens("embeddings.tok_embeddings.weight", hidden_));
  SG_ASSIGN_OR_RETURN(embedding_norm_, Norm::Load(table, "embeddings.norm", hidden_, epsilon));
  for (size_t l = 0; l < layers; ++l) {
    const std::string base = "layers." + std::to_string(l) + ".";
    PreNormLayer layer;
    if (l > 0) {
      SG_ASSIGN_OR_RETURN(layer.attention_norm,
                          Norm::Load(table, base + "attn_norm", hidden_, epsilon));
    }
    layer.attention.heads = layer.attention.kv_heads = heads;
    layer.attention.head_dim = head_dim_;
    layer.attention.scale = AttentionScale(head_dim_);
    layer.attention.window = l % every == 0 ? 0 : window;
    SG_ASSIGN_OR_RETURN(layer.attention.qkv, table.GetLinear(base + "attn.Wqkv", hidden_,
                                                             3 * hidden_, packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.attention.output,
                        table.GetLinear(base + "attn.Wo", hidden_, hidden_, packing));
    SG_ASSIGN_OR_RETURN(layer.feed_forward_norm,
                        Norm::Load(table, base + "mlp_norm", hidden_, epsilon));
    layer.feed_forward.activation = activation;
    layer.feed_forward.gated = true;
    SG_ASSIGN_OR_RETURN(layer.feed_forward.up, table.GetLinear(base + "mlp.Wi", hidden_, 2 * inner,
                                                               packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.feed_forward.down,
                        table.GetLinear(base + "mlp.Wo", inner, hidden_, packing));
    layers_.push_back(std::move(layer));
  }
  SG_ASSIGN_OR_RETURN(final_norm_, Norm::Load(table, "final_norm", hidden_, epsilon));
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Encoder>> CreateModernBertEncoder(const ModelConfig& config,
                                                         const TensorMap& tensors,
                                                         const Packing& packing) {
  return LoadEncoder<ModernBertEncoder>(config, tensors, packing);
}

}  // namespace sg
