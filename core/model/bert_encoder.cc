// BERT and RoBERTa: learned absolute positions, post-norm layers, plain feed-forward. Devlin et al.
// 2019; Liu et al. 2019. all-MiniLM, bge, e5, gte (BERT form) and UniXcoder are checkpoints of
// these.

#include "core/model/encoder_architectures.h"
#include "core/model/encoder_layers.h"

namespace sg {
namespace {

class BertEncoder final : public Encoder {
 public:
  size_t hidden_size() const override { return hidden_; }
  size_t vocabulary_size() const override { return words_.rows(); }
  size_t max_positions() const override { return positions_ - first_position_; }

  void Forward(const TokenBatch& batch, float* out, const LayerObserver& observer) const override {
    const size_t tokens = batch.tokens();
    Embed(batch, out);
    if (observer) observer(0, {out, tokens * hidden_});
    for (size_t l = 0; l < layers_.size(); ++l) {
      layers_[l].Apply(batch, {}, out);
      if (observer) observer(l + 1, {out, tokens * hidden_});
    }
  }

  Status Load(const ModelConfig& config, const TensorMap& tensors, const Packing& packing);

 private:
  // Word + position + the first token type's row, normalised.
  void Embed(const TokenBatch& batch, float* out) const {
    words_.Gather(batch.ids, out);
    for (size_t s = 0; s < batch.sequences(); ++s) {
      const size_t begin = batch.starts[s], length = batch.starts[s + 1] - begin;
      AddInPlace({&positions_table_[first_position_ * hidden_], length * hidden_},
                 out + begin * hidden_);
    }
    AddBias(token_type_, batch.tokens(), out);
    embedding_norm_.Apply(out, batch.tokens(), out);
  }

  size_t hidden_ = 0, positions_ = 0;
  size_t first_position_ = 0;  // RoBERTa counts from padding_idx + 1
  TokenTable words_;
  std::vector<float> positions_table_, token_type_;
  Norm embedding_norm_;
  std::vector<PostNormLayer> layers_;
};

Status BertEncoder::Load(const ModelConfig& config, const TensorMap& tensors,
                         const Packing& packing) {
  SG_ASSIGN_OR_RETURN(const TensorTable table,
                      TensorTable::Open(tensors, {"", "bert.", "roberta.", "model."},
                                        "embeddings.word_embeddings.weight"));
  SG_ASSIGN_OR_RETURN(const EncoderSizes sizes, ReadSizes(config));
  const size_t heads = sizes.heads, layers = sizes.layers, inner = sizes.inner;
  hidden_ = sizes.hidden;
  positions_ = sizes.positions;
  SG_RETURN_IF_ERROR(config.RequireText("position_embedding_type", "absolute"));
  SG_ASSIGN_OR_RETURN(const std::string type, config.Text("model_type", "bert"));
  const bool roberta = type != "bert";
  if (roberta) {
    SG_ASSIGN_OR_RETURN(const double pad, config.Number("pad_token_id", 1));
    first_position_ = static_cast<size_t>(std::max(pad, 0.0)) + 1;
  }
  if (first_position_ >= positions_) return CorruptError("max_position_embeddings is too small");
  SG_ASSIGN_OR_RETURN(const double epsilon,
                      config.Number("layer_norm_eps", roberta ? 1e-5 : 1e-12));
  SG_ASSIGN_OR_RETURN(const Activation activation, ReadActivation(config, "hidden_act", "gelu"));

  SG_ASSIGN_OR_RETURN(words_, table.GetTokens("embeddings.word_embeddings.weight", hidden_));
  SG_ASSIGN_OR_RETURN(positions_table_,
                      table.Get("embeddings.position_embeddings.weight", {positions_, hidden_}));
  SG_ASSIGN_OR_RETURN(token_type_,
                      table.GetFirstRow("embeddings.token_type_embeddings.weight", hidden_));
  SG_ASSIGN_OR_RETURN(embedding_norm_, Norm::Load(table, "embeddings.LayerNorm", hidden_, epsilon));
  for (size_t l = 0; l < layers; ++l) {
    const std::string base = "encoder.layer." + std::to_string(l) + ".";
    PostNormLayer layer;
    layer.attention.heads = layer.attention.kv_heads = heads;
    layer.attention.head_dim = hidden_ / heads;
    layer.attention.scale = AttentionScale(hidden_ / heads);
    const std::string qkv[] = {base + "attention.self.query", base + "attention.self.key",
                               base + "attention.self.value"};
    const size_t outs[] = {hidden_, hidden_, hidden_};
    SG_ASSIGN_OR_RETURN(layer.attention.qkv,
                        table.GetFused(qkv, hidden_, outs, packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.attention.output, table.GetLinear(base + "attention.output.dense",
                                                                hidden_, hidden_, packing));
    SG_ASSIGN_OR_RETURN(layer.attention_norm,
                        Norm::Load(table, base + "attention.output.LayerNorm", hidden_, epsilon));
    layer.feed_forward.activation = activation;
    SG_ASSIGN_OR_RETURN(layer.feed_forward.up, table.GetLinear(base + "intermediate.dense", hidden_,
                                                               inner, packing, Input::kNormed));
    SG_ASSIGN_OR_RETURN(layer.feed_forward.down,
                        table.GetLinear(base + "output.dense", inner, hidden_, packing));
    SG_ASSIGN_OR_RETURN(layer.output_norm,
                        Norm::Load(table, base + "output.LayerNorm", hidden_, epsilon));
    layers_.push_back(std::move(layer));
  }
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Encoder>> CreateBertEncoder(const ModelConfig& config,
                                                   const TensorMap& tensors,
                                                   const Packing& packing) {
  return LoadEncoder<BertEncoder>(config, tensors, packing);
}

}  // namespace sg
