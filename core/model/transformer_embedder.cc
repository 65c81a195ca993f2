#include "core/model/transformer_embedder.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "core/base/file.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/linear.h"
#include "core/model/encoder.h"
#include "core/model/encoder_layers.h"
#include "core/model/pipeline.h"
#include "core/model/static_model.h"
#include "core/model/weights.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

// Tokens of one batch: enough rows for the matrix products to run at full speed, few enough for the
// activations to stay in cache.
constexpr size_t kBatchTokens = 1024;
// What int8 does to weights and activations; another name makes indexes of it anew.
constexpr std::string_view kInt8Scheme = "rows by range, channels balanced";

constexpr const char* kTokenizerFiles[] = {"tokenizer.json",
                                           "tokenizer_config.json",
                                           "special_tokens_map.json",
                                           "added_tokens.json",
                                           "vocab.txt",
                                           "vocab.json",
                                           "merges.txt",
                                           "spiece.model",
                                           "tokenizer.model",
                                           "sentencepiece.bpe.model"};

// One text, dressed and cut to length.
struct Prepared {
  std::vector<uint32_t> ids;
  std::vector<ByteSpan> spans;  // into the text without prompt; {0, 0} for what is not of the text
  uint32_t visible = 0;         // tokens that may be attended to
};

// What tells two checkpoints apart without reading all of them: names, shapes and both ends of
// every tensor.
std::string Fingerprint(const TensorMap& tensors) {
  constexpr size_t kEndBytes = 4096;
  std::string text;
  for (const auto& [name, tensor] : tensors) {
    const std::string_view bytes = tensor.bytes;
    text += name + ShapeText(tensor.shape);
    text += HashHex(ContentHash(bytes.substr(0, kEndBytes)));
    text += HashHex(ContentHash(bytes.substr(bytes.size() - std::min(bytes.size(), kEndBytes))));
  }
  return text;
}

// Lower-cases what is valid UTF-8; broken bytes stay for the tokenizer to replace.
std::string LowerCase(std::string_view text) {
  std::string lower;
  while (!text.empty()) {
    const size_t valid = ValidUtf8Prefix(text);
    for (size_t i = 0; i < valid;) AppendUtf8(InfoOf(NextChar(text, &i)).lower, &lower);
    text.remove_prefix(valid);
    const size_t broken = text.empty() ? 0 : BrokenUtf8Length(text, 0);
    lower.append(text.substr(0, broken));
    text.remove_prefix(broken);
  }
  return lower;
}

struct DenseLayer {
  std::unique_ptr<Linear> linear;
  bool tanh = false;
};

class TransformerEmbedder final : public Embedder {
 public:
  Status Load(const ModelFolder& folder, const EmbedderOptions& options);

  const Space& space() const override { return space_; }

  Result<Matrix> Embed(std::span<const std::string_view> texts, TextRole role) const override {
    Matrix vectors(texts.size(), space_.dim);
    SG_RETURN_IF_ERROR(
        EncodeAll(texts, role, [&](size_t i, const Prepared& text, const float* hidden) {
          PoolText(text, hidden, prompt_tokens_[static_cast<size_t>(role)], vectors.row(i));
        }));
    return vectors;
  }

  Result<std::vector<TokenEmbeddings>> EmbedTokens(std::span<const std::string_view> texts,
                                                   TextRole role) const override {
    if (!space_.multi_vector) return Embedder::EmbedTokens(texts, role);
    std::vector<TokenEmbeddings> all(texts.size());
    const bool drop = !Role(role).skip_tokens.empty();
    SG_RETURN_IF_ERROR(
        EncodeAll(texts, role, [&](size_t i, const Prepared& text, const float* hidden) {
          KeepTokens(text, hidden, drop, &all[i]);
        }));
    return all;
  }

 private:
  const RoleSettings& Role(TextRole role) const {
    return role == TextRole::kQuery ? pipeline_.query : pipeline_.passage;
  }
  Status LoadDense(const ModelFolder& folder);
  Status LoadMarkers(const ModelFolder& folder);
  Status CountPromptTokens();
  Result<Hash128> RevisionOf(const ModelFolder& folder) const;
  Result<std::unique_ptr<Encoder>> MakeEncoder(size_t task) const;
  // The encoder of a role: one for both, or with task adapters one each, made on first use.
  Result<const Encoder*> EncoderOf(TextRole role) const;
  Result<Prepared> Prepare(std::string_view text, TextRole role) const;

  // Encodes `texts` in batches of similar length, on options_.threads threads; finish(i, prepared,
  // hidden [tokens, H]) is called once per text, from any of them.
  template <typename Finish>
  Status EncodeAll(std::span<const std::string_view> texts, TextRole role, Finish finish) const;

  // The vector of a text whose first `skipped` tokens do not count.
  void PoolText(const Prepared& text, const float* hidden, size_t skipped,
                std::span<float> out) const;
  void KeepTokens(const Prepared& text, const float* hidden, bool drop, TokenEmbeddings* out) const;
  // rows [count, H] through the projections; returns [count, dim], valid until the next call on
  // this thread.
  const float* Project(const float* rows, size_t count) const;

  EmbedderOptions options_;
  Space space_;
  PipelineConfig pipeline_;
  std::unique_ptr<Tokenizer> tokenizer_;
  Weights weights_;
  std::string config_json_;
  Precision precision_ = Precision::kF32;
  size_t width_ = 0;  // of the encoder's states
  mutable std::mutex encoders_mutex_;
  mutable std::map<size_t, std::unique_ptr<Encoder>> encoders_;  // by task, never removed
  std::vector<DenseLayer> dense_;
  std::vector<uint32_t> query_markers_, passage_markers_;
  size_t prompt_tokens_[2] = {};  // by role: leading tokens that are not pooled
  uint32_t mask_id_ = 0;
  std::vector<bool> skipped_;  // [vocabulary] tokens that passages leave out
};

Status TransformerEmbedder::LoadDense(const ModelFolder& folder) {
  size_t width = width_ * std::max<size_t>(pipeline_.pooling.size(), 1);
  for (const DenseStage& stage : pipeline_.dense) {
    std::optional<Weights> own;
    if (!stage.folder.empty()) {
      SG_ASSIGN_OR_RETURN(own, Weights::Open(folder.File(stage.folder)));
    }
    const TensorMap& tensors = own ? own->tensors() : weights_.tensors();
    SG_ASSIGN_OR_RETURN(const TensorTable table,
                        TensorTable::Open(tensors, {""}, stage.tensor + ".weight"));
    SG_ASSIGN_OR_RETURN(const size_t out, table.Rows(stage.tensor + ".weight"));
    DenseLayer layer = {.tanh = stage.tanh};
    // Projections are small: always exact.
    SG_ASSIGN_OR_RETURN(layer.linear,
                        table.GetLinear(stage.tensor, width, out, {.precision = Precision::kF32}));
    dense_.push_back(std::move(layer));
    width = out;
  }
  space_.dim = width;
  return Status::Ok();
}

Status TransformerEmbedder::LoadMarkers(const ModelFolder& folder) {
  for (const TextRole role : {TextRole::kQuery, TextRole::kPassage}) {
    auto& markers = role == TextRole::kQuery ? query_markers_ : passage_markers_;
    for (const std::string& token : Role(role).insert_tokens) {
      const auto id = tokenizer_->TokenToId(token);
      if (!id) return CorruptError(folder.path + ": the tokenizer has no token \"" + token + "\"");
      markers.push_back(*id);
    }
  }
  if (pipeline_.query.pad_to_tokens > 0) {
    const auto mask = tokenizer_->TokenToId("[MASK]") ? tokenizer_->TokenToId("[MASK]")
                                                      : tokenizer_->TokenToId("<mask>");
    if (!mask)
      return CorruptError(folder.path + ": the tokenizer has no mask token for query expansion");
    mask_id_ = *mask;
  }
  skipped_.resize(tokenizer_->vocabulary_size());
  for (const std::string& token : pipeline_.passage.skip_tokens) {
    if (const auto id = tokenizer_->TokenToId(token)) skipped_[*id] = true;
  }
  return Status::Ok();
}

// The tokens of each prompt with what stands before it, as sentence-transformers counts them.
Status TransformerEmbedder::CountPromptTokens() {
  if (pipeline_.pool_prompt) return Status::Ok();
  for (const TextRole role : {TextRole::kQuery, TextRole::kPassage}) {
    const std::string& prompt = Role(role).prompt;
    if (prompt.empty()) continue;
    SG_ASSIGN_OR_RETURN(const Encoding encoding, tokenizer_->Encode(prompt, true));
    const bool ends = encoding.size() > 0 && encoding.special[encoding.size() - 1] != 0;
    prompt_tokens_[static_cast<size_t>(role)] = encoding.size() - (ends ? 1 : 0);
  }
  return Status::Ok();
}

Result<std::unique_ptr<Encoder>> TransformerEmbedder::MakeEncoder(size_t task) const {
  if (!pipeline_.adapters) return CreateEncoder(config_json_, weights_.tensors(), precision_);
  SG_ASSIGN_OR_RETURN(const TensorMap tensors,
                      TensorsOfTask(weights_.tensors(), *pipeline_.adapters, task));
  return CreateEncoder(config_json_, tensors, precision_);
}

Result<const Encoder*> TransformerEmbedder::EncoderOf(TextRole role) const {
  const size_t task = Role(role).task;
  const std::lock_guard<std::mutex> lock(encoders_mutex_);
  std::unique_ptr<Encoder>& encoder = encoders_[task];
  if (encoder == nullptr) {
    SG_ASSIGN_OR_RETURN(encoder, MakeEncoder(task));
  }
  return encoder.get();
}

Status TransformerEmbedder::Load(const ModelFolder& folder, const EmbedderOptions& options) {
  options_ = options;
  SG_RETURN_IF_ERROR(
      CheckArchitecture(folder.config_json).WithContext("cannot open " + folder.path));
  SG_ASSIGN_OR_RETURN(precision_, ChoosePrecision(options.precision));
  SG_ASSIGN_OR_RETURN(tokenizer_, Tokenizer::FromFolder(folder.path));
  SG_ASSIGN_OR_RETURN(weights_, Weights::Open(folder.path));
  config_json_ = folder.config_json;
  SG_ASSIGN_OR_RETURN(pipeline_, ReadPipeline(folder, *tokenizer_, options.task));
  const Result<const Encoder*> first = EncoderOf(options.first_role);
  if (!first.ok()) return first.status().WithContext("cannot open " + folder.path);
  const Encoder& encoder = **first;
  width_ = encoder.hidden_size();
  if (tokenizer_->vocabulary_size() > encoder.vocabulary_size()) {
    return CorruptError("cannot open " + folder.path + ": the tokenizer knows " +
                        std::to_string(tokenizer_->vocabulary_size()) +
                        " tokens, the weights only " + std::to_string(encoder.vocabulary_size()));
  }
  SG_RETURN_IF_ERROR(
      LimitLengths(encoder.max_positions(), &pipeline_).WithContext("cannot open " + folder.path));
  pipeline_.passage.max_tokens = std::min(pipeline_.passage.max_tokens, options.max_tokens);
  SG_RETURN_IF_ERROR(LoadDense(folder));
  SG_RETURN_IF_ERROR(LoadMarkers(folder));
  SG_RETURN_IF_ERROR(CountPromptTokens());
  space_.model_name = folder.name;
  space_.multi_vector = pipeline_.pooling.empty();
  SG_ASSIGN_OR_RETURN(space_.revision, RevisionOf(folder));
  return Status::Ok();
}

// Everything that changes vectors is part of a space's identity.
Result<Hash128> TransformerEmbedder::RevisionOf(const ModelFolder& folder) const {
  RevisionHasher hasher;
  hasher.Add("config.json", ContentHash(folder.config_json));
  hasher.Add("weights", ContentHash(Fingerprint(weights_.tensors())));
  for (const DenseStage& stage : pipeline_.dense) {
    if (stage.folder.empty()) continue;
    SG_ASSIGN_OR_RETURN(const Weights own, Weights::Open(folder.File(stage.folder)));
    hasher.Add(stage.folder, ContentHash(Fingerprint(own.tensors())));
  }
  for (const char* name : kTokenizerFiles) {
    constexpr uint64_t kMaxBytes = uint64_t{1} << 28;
    const Result<std::string> bytes = ReadFile(folder.File(name), kMaxBytes);
    if (bytes.ok()) hasher.Add(name, ContentHash(*bytes));
  }
  hasher.Add("precision", ContentHash(PrecisionName(precision_)));
  if (precision_ == Precision::kInt8) hasher.Add("scheme of int8", ContentHash(kInt8Scheme));
  hasher.Add("pipeline", ContentHash(IdentityOf(pipeline_)));
  return hasher.Finish();
}

Result<Prepared> TransformerEmbedder::Prepare(std::string_view text, TextRole role) const {
  const RoleSettings& settings = Role(role);
  const std::vector<uint32_t>& markers =
      role == TextRole::kQuery ? query_markers_ : passage_markers_;
  std::string dressed = settings.prompt + std::string(text);
  if (pipeline_.lower_case) dressed = LowerCase(dressed);
  SG_ASSIGN_OR_RETURN(const Encoding encoding,
                      tokenizer_->Encode(dressed, /*add_special_tokens=*/true));
  // Special tokens stand at both ends; the text between them is what may be cut.
  size_t head = 0, tail = 0;
  while (head < encoding.size() && encoding.special[head] != 0) ++head;
  while (tail < encoding.size() - head && encoding.special[encoding.size() - 1 - tail] != 0) ++tail;
  const size_t fixed = head + tail + markers.size();
  const size_t room = settings.max_tokens > fixed ? settings.max_tokens - fixed : 0;
  const size_t kept = std::min(encoding.size() - head - tail, room);
  Prepared out;
  const auto append = [&](size_t begin, size_t count) {
    for (size_t i = begin; i < begin + count; ++i) {
      out.ids.push_back(encoding.ids[i]);
      ByteSpan span = encoding.spans[i];
      const auto prompt = static_cast<uint32_t>(settings.prompt.size());
      span.begin = span.begin > prompt ? span.begin - prompt : 0;
      span.end = span.end > prompt ? span.end - prompt : 0;
      out.spans.push_back(span);
    }
  };
  // Markers follow the first token: [CLS] [Q] text [SEP], <s> <encoder-only> </s> text </s>.
  const size_t first = std::min<size_t>(head, 1);
  append(0, first);
  for (const uint32_t marker : markers) {
    out.ids.push_back(marker);
    out.spans.push_back({0, 0});
  }
  append(first, head - first + kept);
  append(encoding.size() - tail, tail);
  out.visible = static_cast<uint32_t>(out.ids.size());
  if (settings.pad_to_tokens > out.ids.size()) {
    out.ids.resize(settings.pad_to_tokens, mask_id_);
    out.spans.resize(settings.pad_to_tokens, {0, 0});
    if (settings.attend_to_padding) out.visible = static_cast<uint32_t>(out.ids.size());
  }
  return out;
}

template <typename Finish>
Status TransformerEmbedder::EncodeAll(std::span<const std::string_view> texts, TextRole role,
                                      Finish finish) const {
  SG_ASSIGN_OR_RETURN(const Encoder* encoder, EncoderOf(role));
  std::vector<Prepared> prepared(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    SG_ASSIGN_OR_RETURN(prepared[i], Prepare(texts[i], role));
  }
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return prepared[a].ids.size() > prepared[b].ids.size();
  });
  // Runs of texts whose tokens fit one batch; a longer text is a batch of its own.
  std::vector<std::pair<size_t, size_t>> batches;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin, tokens = 0;
    do tokens += prepared[order[end++]].ids.size();
    while (end < order.size() && tokens + prepared[order[end]].ids.size() <= kBatchTokens);
    batches.emplace_back(begin, end);
    begin = end;
  }
  const auto run_batch = [&](size_t begin, size_t end) {
    std::vector<uint32_t> ids, starts{0}, visible;
    for (size_t i = begin; i < end; ++i) {
      const Prepared& text = prepared[order[i]];
      ids.insert(ids.end(), text.ids.begin(), text.ids.end());
      starts.push_back(static_cast<uint32_t>(ids.size()));
      visible.push_back(text.visible);
    }
    float* hidden = Buffer<20>(ids.size() * width_);
    encoder->Forward({.ids = ids, .starts = starts, .visible = visible}, hidden);
    for (size_t i = begin; i < end; ++i) {
      finish(order[i], prepared[order[i]], hidden + starts[i - begin] * width_);
    }
  };
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t b = next++; b < batches.size(); b = next++)
      run_batch(batches[b].first, batches[b].second);
  };
  std::vector<std::thread> helpers;
  for (size_t t = 1; t < std::min(options_.threads, batches.size()); ++t)
    helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return Status::Ok();
}

const float* TransformerEmbedder::Project(const float* rows, size_t count) const {
  for (size_t d = 0; d < dense_.size(); ++d) {
    const DenseLayer& layer = dense_[d];
    // Two buffers, used in turn.
    const size_t floats = count * layer.linear->out();
    float* out = d % 2 == 0 ? Buffer<21>(floats) : Buffer<22>(floats);
    layer.linear->Apply(rows, count, out);
    if (layer.tanh) {
      for (size_t i = 0; i < floats; ++i) out[i] = std::tanh(out[i]);
    }
    rows = out;
  }
  return rows;
}

void TransformerEmbedder::PoolText(const Prepared& text, const float* hidden, size_t skipped,
                                   std::span<float> out) const {
  std::vector<float> pooled(width_ * pipeline_.pooling.size());
  for (size_t m = 0; m < pipeline_.pooling.size(); ++m) {
    Pool(pipeline_.pooling[m], hidden, width_, skipped, text.visible, &pooled[m * width_]);
  }
  const float* projected = Project(pooled.data(), 1);
  std::copy_n(projected, space_.dim, out.data());
  Normalize(out);
}

void TransformerEmbedder::KeepTokens(const Prepared& text, const float* hidden, bool drop,
                                     TokenEmbeddings* out) const {
  const float* projected = Project(hidden, text.ids.size());
  std::vector<size_t> kept;
  for (size_t t = 0; t < text.ids.size(); ++t) {
    if (!drop || !skipped_[text.ids[t]]) kept.push_back(t);
  }
  out->vectors = Matrix(kept.size(), space_.dim);
  for (size_t k = 0; k < kept.size(); ++k) {
    std::copy_n(projected + kept[k] * space_.dim, space_.dim, out->vectors.row(k).data());
    Normalize(out->vectors.row(k));
    out->byte_begin.push_back(static_cast<uint32_t>(text.spans[kept[k]].begin));
    out->byte_end.push_back(static_cast<uint32_t>(text.spans[kept[k]].end));
  }
}

}  // namespace

Result<std::unique_ptr<Embedder>> OpenTransformer(const ModelFolder& folder,
                                                  const EmbedderOptions& options) {
  auto embedder = std::make_unique<TransformerEmbedder>();
  SG_RETURN_IF_ERROR(embedder->Load(folder, options));
  return std::unique_ptr<Embedder>(std::move(embedder));
}

}  // namespace sg
