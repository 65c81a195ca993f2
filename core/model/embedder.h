#pragma once
// The only door to embeddings: strings in, vectors out. Opens a model folder (Hugging Face layout;
// see docs/models.md), decides the architecture from its files and hides batching, tokenization and
// pooling.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/base/matrix.h"
#include "core/base/status.h"

namespace sg {

class StaticModel;

// A space is a set of vectors that may be compared with each other.
struct Space {
  std::string model_name;  // "sg-static-v1", or the last component of the folder's path
  Hash128 revision;        // of everything that changes vectors: weights, tokenizer, configuration
  size_t dim = 0;
  bool multi_vector = false;  // one vector a token (late interaction) instead of one a passage
};

// The token vectors of one passage or query of a multi-vector model.
struct TokenEmbeddings {
  Matrix vectors;                    // [tokens, dim], each row L2-normalised
  std::vector<uint32_t> byte_begin;  // [tokens] offsets into the embedded text, for alignments
  std::vector<uint32_t> byte_end;    // [tokens]
};

// Whether a text is asked with or searched in: many models prefix or pad the two differently.
enum class TextRole { kQuery, kPassage };

struct EmbedderOptions {
  size_t threads = 1;
  size_t max_tokens = 512;         // per passage; longer passages are truncated
  std::string precision = "auto";  // "auto", "f32", "bf16", "int8"
  // For models with task adapters: whose weights are made ready at once, those of the other role on
  // first use; and a task for both instead of retrieval.
  TextRole first_role = TextRole::kPassage;
  std::string task;
};

class Embedder {
 public:
  virtual ~Embedder() = default;

  virtual const Space& space() const = 0;

  // Returns [texts.size(), dim], each row L2-normalised (all zero where a text has no known token).
  // REQUIRES: !space().multi_vector. Thread-safe.
  virtual Result<Matrix> Embed(std::span<const std::string_view> texts, TextRole role) const = 0;

  // Returns one entry per text. REQUIRES: space().multi_vector. Thread-safe.
  virtual Result<std::vector<TokenEmbeddings>> EmbedTokens(std::span<const std::string_view> texts,
                                                           TextRole role) const;

  // The static table behind this embedder, or null for transformer encoders: ranking composes chunk
  // vectors from parts (docs/ranking.md), which only costs nothing where a vector is a sum of table
  // rows.
  virtual const StaticModel* static_model() const { return nullptr; }
};

// Opens the model in the folder `model_dir`. kNotFound, kCorrupt, kUnsupported with what is wrong
// in which file.
Result<std::unique_ptr<Embedder>> OpenEmbedder(const std::string& model_dir,
                                               const EmbedderOptions& options);

}  // namespace sg
