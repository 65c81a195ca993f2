#pragma once
// Decimal numbers as the JSON reader of the Hugging Face `tokenizers` library (Rust's serde_json in
// its default configuration) reads them: fast, and up to one unit in the last place off the nearest
// double. The scores of Unigram pieces decide ties, so the same error has to be made.

#include <string_view>

namespace sg {

// The value of `number`. REQUIRES: a JSON number.
double ReadJsonFloat(std::string_view number);

}  // namespace sg
