#pragma once
// What `sg embed` and `sg similarity` print. Numbers are written as short as they can be read back
// exactly. Pure functions.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/matrix.h"
#include "core/base/status.h"
#include "core/model/similarity.h"

namespace sg {

enum class VectorFormat { kText, kJson, kNpy };
// "text", "json", "npy"; kInvalidArgument otherwise.
Result<VectorFormat> ParseVectorFormat(std::string_view word);

// The head of an .npy file (numpy's format 1.0) of floats [rows, cols]; the rows follow as they
// are.
std::string NpyHeader(size_t rows, size_t cols);

// A line a row, numbers with a space between.
std::string RenderVectors(const Matrix& vectors);
// One text of a multi-vector model: a line a token, the token's text before its numbers.
std::string RenderTokenVectors(std::string_view text, const TokenEmbeddings& tokens);

// `[[...], ...]`, the rows of a matrix as JSON.
std::string JsonRows(const Matrix& vectors);
// `{"vectors": [[...], ...], "spans": [[begin, end], ...]}`: byte ranges within the text.
std::string JsonTokens(const TokenEmbeddings& tokens);
// The document around a list of these, which are texts in order.
std::string JsonVectorsHead(const Space& space);  // up to and with `"embeddings":[`
std::string JsonVectorsTail();

// The words that `sg similarity` compares.
struct ComparedTexts {
  std::string_view query, passage;
  const TokenEmbeddings& query_tokens;
  const TokenEmbeddings& passage_tokens;
};

std::string RenderCosine(float cosine);
std::string RenderMaxSim(const MaxSimScore& score, const ComparedTexts& texts);
std::string RenderJsonCosine(const Space& space, float cosine);
std::string RenderJsonMaxSim(const Space& space, const MaxSimScore& score,
                             const ComparedTexts& texts);

}  // namespace sg
