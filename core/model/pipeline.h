#pragma once
// What surrounds an encoder in a published model: prompts, lengths, pooling, projections. Read from
// the files that the hub serves (sentence-transformers' modules.json and its folders, PyLate's and
// ColBERT's metadata), never from the model's name. A setting that changes results and is not known
// is an error. Pure data; private to core/model.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/model/model_folder.h"
#include "core/model/pooling.h"
#include "core/model/task_adapters.h"

namespace sg {

class Tokenizer;

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
  size_t task = 0;                       // of PipelineConfig::adapters
};

struct PipelineConfig {
  std::vector<Pooling> pooling = {Pooling::kMean};  // side by side; empty: one vector a token
  bool pool_prompt = true;  // the tokens of the prompt are pooled with those of the text
  std::vector<DenseStage> dense;
  RoleSettings query, passage;
  bool lower_case = false;
  std::optional<TaskAdapters> adapters;
};

// Reads the files around the encoder of `folder`. `task` names the adapter for queries and passages
// alike; empty: retrieval.query and retrieval.passage where the model has adapters. Lengths are
// those of the files, or without bound. kCorrupt, kUnsupported.
Result<PipelineConfig> ReadPipeline(const ModelFolder& folder, const Tokenizer& tokenizer,
                                    const std::string& task);

// Everything in `config` that changes vectors, as text, for the revision of a space.
std::string IdentityOf(const PipelineConfig& config);

// Cuts the lengths of `config` to what the encoder can read. kCorrupt if nothing is left.
Status LimitLengths(size_t max_positions, PipelineConfig* config);

}  // namespace sg
