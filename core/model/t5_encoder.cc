// The encoder half of T5 (Raffel et al. 2020; T5 1.1's gated feed-forward): RMS norms before each
// branch, biases by bucketed relative position shared by all layers, unscaled attention.
// google/xtr-base-en is a checkpoint of it.

#include <cmath>

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

class T5Encoder final : public Encoder {
 public:
  size_t hidden_size() const override { return hidden_; }
  size_t vocabulary_size() const override { return words_.rows(); }
  size_t max_positions() const override { return kNoLimit; }

  void Forward(const TokenBatch& batch, float* out, const LayerObserver& observer) const override {
    const size_t tokens = batch.tokens();
    words_.Gather(batch.ids, out);
    if (observer) observer(0, {out, tokens * hidden_});
    const size_t longest = LongestSequence(batch);
    const std::vector<float> bias = DistanceBias(longest);
    const SelfAttention::Positions positions = {
        .distance_bias = bias, .bias_stride = 2 * longest - 1, .bias_center = longest - 1};
    for (size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].Apply(batch, positions, out);
      if (l + 1 == layers_.size()) final_norm_.Apply(out, tokens, out);
      if (observer) observer(l + 1, {out, tokens * hidden_});
    }
  }

  Status Load(const ModelConfig& config, const TensorMap& tensors, const Packing& packing);

 private:
  static constexpr size_t kNoLimit = size_t{1} << 20;

  // The bucket of key - query: half of the buckets for each sign; exact up to a quarter, then
  // logarithmic.
  size_t Bucket(ptrdiff_t distance) const {
    const size_t half = buckets_ / 2, exact = half / 2;
    const size_t offset = distance > 0 ? half : 0;
    const auto magnitude = static_cast<size_t>(std::abs(distance));
    if (magnitude < exact) return offset + magnitude;
    const float ratio = std::log(static_cast<float>(magnitude) / static_cast<float>(exact)) /
                        static_cast<float>(std::log(static_cast<double>(max_distance_) /
                                                    static_cast<double>(exact)));
    const auto steps = static_cast<size_t>(ratio * static_cast<float>(half - exact));
    return offset + std::min(exact + steps, half - 1);
  }

  // [heads, 2 * longest - 1].
  std::vector<float> DistanceBias(size_t longest) const {
    const size_t stride = 2 * longest - 1;
    std::vector<float> bias(heads_ * stride);
    for (size_t i = 0; i < stride; ++i) {
      const size_t bucket = Bucket(static_cast<ptrdiff_t>(i) - static_cast<ptrdiff_t>(longest - 1));
      for (size_t h = 0; h < heads_; ++h)
        bias[h * stride + i] = relative_bias_[bucket * heads_ + h];
    }
    return bias;
  }

  size_t hidden_ = 0, heads_ = 0, buckets_ = 0, max_distance_ = 0;
  TokenTable words_;
  std::vector<float> relative_bias_;  // [buckets, heads]
  std::vector<PreNormLayer> layers_;
  Norm final_norm_;
};

Status T5Encoder::Load(const ModelConfig& config, const TensorMap& tensors,
                       const Packing& packing) {
  // The embedding is stored once under either name.
  const char* words =
      tensors.count("shared.weight") > 0 ? "shared.weight" : "encoder.embed_tokens.weight";
  SG_ASSIGN_OR_RETURN(const TensorTable table, TensorTable::Open(tensors, {""}, words));
  SG_ASSIGN_OR_RETURN(hidden_, config.Size("d_model"));
  SG_ASSIGN_OR_RETURN(heads_, config.Size("num_heads"));
  SG_ASSIGN_OR_RETURN(const size_t head_dim, config.Size("d_kv"));
  SG_ASSIGN_OR_RETURN(const size_t layers, config.Size("num_layers"));
  SG_ASSIGN_OR_RETURN(const size_t inner, config.Size("d_ff"));
  SG_ASSIGN_OR_RETURN(buckets_, config.Size("relative_attention_num_buckets", 32));
  SG_ASSIGN_OR_RETURN(max_distance_, config.Size("relative_attention_max_distance", 128));
  if (buckets_ < 4 || buckets_ > 4096 || max_distance_ <= buckets_ / 4) {
    return CorruptError("config.json: absurd relative attention buckets");
  }
  SG_ASSIGN_OR_RETURN(const std::string projection, config.Text("feed_forward_proj", "relu"));
  const bool gated = projection.rfind("gated-", 0) == 0;
  const std::string act = projection == "gated-gelu" ? "gelu_new"
                          : gated                    ? projection.substr(6)
                                                     : projection;
  SG_ASSIGN_OR_RETURN(const Activation activation, ActivationFromName(act));
  SG_ASSIGN_OR_RETURN(const double epsilon, config.Number("layer_norm_epsilon", 1e-6));
  const size_t width = heads_ * head_dim;

  SG_ASSIGN_OR_RETURN(words_, table.GetTokens(words, hidden_));
  SG_ASSIGN_OR_RETURN(
      relative_bias_,
      table.Get("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
                {buckets_, heads_}));
  for (size_t l = 0; l < layers; ++l) {
    const std::string base = "encoder.block." + std::to_string(l) + ".layer.";
    const std::string self = base + "0.SelfAttention.", dense = base + "1.DenseReluDense.";
    PreNormLayer layer;
    layer.attention.heads = layer.attention.kv_heads = heads_;
    layer.attention.head_dim = head_dim;
    const std::string qkv[] = {self + "q", self + "k", self + "v"};
    const size_t outs[] = {width, width, width};
    SG_ASSIGN_OR_RETURN(layer.attention.qkv,
                        table.GetFused(qkv, hidden_, outs, packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.attention.output,
                        table.GetLinear(self + "o", width, hidden_, packing));
    SG_ASSIGN_OR_RETURN(layer.attention_norm,
                        Norm::Load(table, base + "0.layer_norm", hidden_, epsilon, /*rms=*/true));
    layer.feed_forward.activation = activation;
    layer.feed_forward.gated = gated;
    if (gated) {
      const std::string up[] = {dense + "wi_0", dense + "wi_1"};
      const size_t ups[] = {inner, inner};
      SG_ASSIGN_OR_RETURN(layer.feed_forward.up,
                          table.GetFused(up, hidden_, ups, packing, Input::kNormed));
    } else {
      SG_ASSIGN_OR_RETURN(layer.feed_forward.up,
                          table.GetLinear(dense + "wi", hidden_, inner, packing, Input::kNormed));
    }
    SG_ASSIGN_OR_RETURN(layer.feed_forward.down,
                        table.GetLinear(dense + "wo", inner, hidden_, packing));
    SG_ASSIGN_OR_RETURN(layer.feed_forward_norm,
                        Norm::Load(table, base + "1.layer_norm", hidden_, epsilon, /*rms=*/true));
    layers_.push_back(std::move(layer));
  }
  SG_ASSIGN_OR_RETURN(
      final_norm_, Norm::Load(table, "encoder.final_layer_norm", hidden_, epsilon, /*rms=*/true));
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Encoder>> CreateT5Encoder(const ModelConfig& config,
                                                 const TensorMap& tensors, const Packing& packing) {
  return LoadEncoder<T5Encoder>(config, tensors, packing);
}

}  // namespace sg
