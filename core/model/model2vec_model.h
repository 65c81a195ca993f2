#pragma once
// Published static models in the model2vec folder format (https://github.com/MinishLab/model2vec):
// config.json, tokenizer.json and model.safetensors with `embeddings` [R, D] (F32, F16 or I8) and,
// after quantisation of the vocabulary, `mapping` [V] (token -> row) and `weights` [V].
//
// bag(text) equals the library's encode(text, normalize=False): the text is cut to max_length times
// the median length of a token (in characters), tokenized without special tokens, cut to max_length
// tokens, rid of the unknown token, and the mean of weights[t] * embeddings[mapping[t]] is taken.

#include <memory>

#include "core/base/status.h"
#include "core/model/model_folder.h"
#include "core/model/static_model.h"

namespace sg {

// Maps the weights and reads the tokenizer. kNotFound, kCorrupt, kUnsupported.
Result<std::unique_ptr<StaticModel>> OpenModel2VecModel(const ModelFolder& folder);

}  // namespace sg
