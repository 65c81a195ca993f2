#pragma once
// What a model folder says about its model, for people: `sg model info`. Reads the small files and
// the names and shapes of the tensors; loads no weights. Callable from any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/model/model_folder.h"

namespace sg {

struct ModelDescription {
  std::string name;          // of the folder
  std::string architecture;  // model_type, e.g. "bert"; "static" for tables; "concatenation"
  uint64_t parameters = 0;
  uint64_t table_parameters = 0;  // of these, word embeddings: read in place, a few rows a text
  // Transformers only; 0 or empty otherwise.
  size_t layers = 0, heads = 0, hidden_size = 0, intermediate_size = 0;
  std::string pooling;                       // e.g. "mean"
  std::vector<size_t> projections;           // widths after each, e.g. {128}
  std::string query_prefix, passage_prefix;  // text and markers put before
  size_t query_max_tokens = 0, passage_max_tokens = 0;
  bool lower_case = false;
  std::vector<ModelDescription> parts;  // of a concatenation
  std::vector<std::string> tasks;  // that it has adapters for; queries and passages take their own
};

// kNotFound, kCorrupt, kUnsupported as opening the model would say.
Result<ModelDescription> DescribeModel(const ModelFolder& folder);

// The memory that embedding chunks of at most `tokens` tokens takes on one thread, about: the
// mapped file, weights packed as 32-bit floats, and the activations of a batch
// (core/model/transformer_embedder.cc).
uint64_t EstimatedMemoryBytes(const ModelDescription& model, size_t tokens);

}  // namespace sg
