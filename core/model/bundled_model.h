#pragma once
// What the build already knows about the model that ships with sg, so that a search, which lives
// for some milliseconds, need not work it out again: the vocabulary as tables, and the hash of the
// weights. Written by tools/models/prepare_bundled.cc into the build folder; used only where the
// files of the model that is opened are those of the build. Measured on 9,632 chunks:
// docs/performance.md. Constants and pure functions.

#include <cstdint>
#include <string_view>

#include "core/base/hash.h"
#include "core/text/code_tokenizer.h"

namespace sg {

struct BundledModelFacts {
  Hash128 vocabulary_hash;        // ContentHash(vocab.tsv)
  PreparedVocabulary vocabulary;  // empty if the build had no model
  Hash128 weights_sample;         // WeightsSample(model.safetensors)
  Hash128 weights_hash;           // ContentHash(model.safetensors)
};

const BundledModelFacts& BundledModel();

// A hash of the length and of sixteen evenly spread pieces of 4 KiB, the first and the last bytes
// among them. Weights that were trained, quantised or converted anew differ in all of these; single
// bytes changed elsewhere are not noticed.
Hash128 WeightsSample(std::string_view bytes);

}  // namespace sg
