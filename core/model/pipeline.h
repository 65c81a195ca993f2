#pragma once
// What surrounds an encoder in a published model: prompts, lengths, pooling, projections. Read from
// the files that the hub serves (sentence-transformers' modules.json and its folders, PyLate's and
// ColBERT's metadata), never from the model's name. A setting that changes results and is not known
// is an error. Pure data; private to core/model.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/model/model_folder.h"

namespace sg {

class Tokenizer;

enum class Pooling {
  kMean,
  kCls,
  kLastToken,
  kNone,  // one vector a token: a multi-vector model
};
std::string_view PoolingName(Pooling pooling);

// One projection after pooling (or per token): folder "2_Dense" and the like, or a tensor of the
// main checkpoint.
struct DenseStage {
  std::string folder;  // relative to the model folder; empty: `tensor` of the main checkpoint
  std::string tensor = "linear";  // ".weight" and ".bias" follow
  size_t in = 0, out = 0;         // 0: as the tensor says
  bool tanh = false;
};

// How a query or a passage is dressed before it is encoded.
struct RoleSettings {
  std::string prompt;                      // put before the text
  std::vector<std::string> insert_tokens;  // after the first special token, e.g. ColBERT's markers
  size_t max_tokens = 512;                 // special tokens included
  size_t pad_to_tokens = 0;  // > 0: filled up with mask tokens, ColBERT's query expansion
  bool attend_to_padding = false;
  std::vector<std::string> skip_tokens;  // tokens whose vectors are not kept (ColBERT: punctuation)
};

struct PipelineConfig {
  Pooling pooling = Pooling::kMean;
  std::vector<DenseStage> dense;
  RoleSettings query, passage;
  bool lower_case = false;
};

// Reads the files around the encoder of `folder`. `max_positions` bounds the lengths. kCorrupt,
// kUnsupported.
Result<PipelineConfig> ReadPipeline(const ModelFolder& folder, const Tokenizer& tokenizer,
                                    size_t max_positions);

}  // namespace sg
