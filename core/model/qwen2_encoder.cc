// Qwen2 (Yang et al. 2024) as an encoder: RMS norms, rotary positions, grouped keys and values,
// SwiGLU. Causal, unless config.json says "is_causal": false as some embedding checkpoints do.
// Qodo-Embed-1-1.5B is a checkpoint of it.

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

class Qwen2Encoder final : public Encoder {
 public:
  size_t hidden_size() const override { return hidden_; }
  size_t vocabulary_size() const override { return words_.rows(); }
  size_t max_positions() const override { return positions_; }

  void Forward(const TokenBatch& batch, float* out, const LayerObserver& observer) const override {
    const size_t tokens = batch.tokens();
    words_.Gather(batch.ids, out);
    if (observer) observer(0, {out, tokens * hidden_});
    const RotaryTable rotary(LongestSequence(batch), head_dim_, rotary_base_);
    for (size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].Apply(batch, {.rotary = &rotary}, out);
      if (l + 1 == layers_.size()) final_norm_.Apply(out, tokens, out);
      if (observer) observer(l + 1, {out, tokens * hidden_});
    }
  }

  Status Load(const ModelConfig& config, const TensorMap& tensors, const Packing& packing);

 private:
  size_t hidden_ = 0, positions_ = 0, head_dim_ = 0;
  double rotary_base_ = 10000.0;
  TokenTable words_;
  std::vector<PreNormLayer> layers_;
  Norm final_norm_;
};

Status Qwen2Encoder::Load(const ModelConfig& config, const TensorMap& tensors,
                          const Packing& packing) {
  SG_ASSIGN_OR_RETURN(const TensorTable table,
                      TensorTable::Open(tensors, {"", "model."}, "embed_tokens.weight"));
  SG_ASSIGN_OR_RETURN(const EncoderSizes sizes, ReadSizes(config));
  const size_t heads = sizes.heads, layers = sizes.layers, inner = sizes.inner;
  hidden_ = sizes.hidden;
  positions_ = sizes.positions;
  SG_ASSIGN_OR_RETURN(const size_t kv_heads, config.Size("num_key_value_heads"));
  if (heads % kv_heads != 0) {
    return CorruptError("config.json: num_attention_heads and num_key_value_heads do not fit");
  }
  SG_RETURN_IF_ERROR(config.RequireFlag("use_sliding_window", false));
  SG_RETURN_IF_ERROR(config.RequireAbsent("rope_scaling"));
  SG_RETURN_IF_ERROR(config.RequireAbsent("rope_parameters"));
  head_dim_ = hidden_ / heads;
  SG_ASSIGN_OR_RETURN(rotary_base_, config.Number("rope_theta", 10000.0));
  SG_ASSIGN_OR_RETURN(const double epsilon, config.Number("rms_norm_eps", 1e-6));
  SG_ASSIGN_OR_RETURN(const bool causal, config.Flag("is_causal", true));
  SG_ASSIGN_OR_RETURN(const Activation activation, ReadActivation(config, "hidden_act", "silu"));
  SG_ASSIGN_OR_RETURN(words_, table.GetTokens("embed_tokens.weight", hidden_));
  for (size_t l = 0; l < layers; ++l) {
    const std::string base = "layers." + std::to_string(l) + ".";
    PreNormLayer layer;
    layer.attention.heads = heads;
    layer.attention.kv_heads = kv_heads;
    layer.attention.head_dim = head_dim_;
    layer.attention.scale = AttentionScale(head_dim_);
    layer.attention.causal = causal;
    const std::string self = base + "self_attn.";
    const std::string qkv[] = {self + "q_proj", self + "k_proj", self + "v_proj"};
    const size_t outs[] = {hidden_, kv_heads * head_dim_, kv_heads * head_dim_};
    SG_ASSIGN_OR_RETURN(layer.attention.qkv,
                        table.GetFused(qkv, hidden_, outs, packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.attention.output,
                        table.GetLinear(self + "o_proj", hidden_, hidden_, packing));
    SG_ASSIGN_OR_RETURN(layer.attention_norm, Norm::Load(table, base + "input_layernorm", hidden_,
                                                         epsilon, /*rms=*/true));
    layer.feed_forward.activation = activation;
    layer.feed_forward.gated = true;
    const std::string up[] = {base + "mlp.gate_proj", base + "mlp.up_proj"};
    const size_t ups[] = {inner, inner};
    SG_ASSIGN_OR_RETURN(layer.feed_forward.up,
                        table.GetFused(up, hidden_, ups, packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.feed_forward.down,
                        table.GetLinear(base + "mlp.down_proj", inner, hidden_, packing));
    SG_ASSIGN_OR_RETURN(
        layer.feed_forward_norm,
        Norm::Load(table, base + "post_attention_layernorm", hidden_, epsilon, /*rms=*/true));
    layers_.push_back(std::move(layer));
  }
  SG_ASSIGN_OR_RETURN(final_norm_, Norm::Load(table, "norm", hidden_, epsilon, /*rms=*/true));
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Encoder>> CreateQwen2Encoder(const ModelConfig& config,
                                                    const TensorMap& tensors,
                                                    const Packing& packing) {
  return LoadEncoder<Qwen2Encoder>(config, tensors, packing);
}

}  // namespace sg
