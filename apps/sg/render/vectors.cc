#include "apps/sg/render/vectors.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "apps/sg/render/json.h"
#include "apps/sg/render/safe_text.h"
#include "core/base/format.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kTokenCells = 16;

std::string Dump(const Json& json) {
  return json.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

void AppendNumber(float value, std::string& out) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

void AppendRow(std::span<const float> row, char between, std::string& out) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out += between;
    AppendNumber(row[i], out);
  }
}

// The double with the fewest digits that reads back as `value`: JSON then shows those digits.
double ShortNumber(float value) {
  std::string digits;
  AppendNumber(value, digits);
  return std::strtod(digits.c_str(), nullptr);
}

std::string Fixed(float value) { return Format("%.4f", static_cast<double>(value)); }

// The text of a token; what is put before or after a text has none.
std::string_view TokenText(std::string_view text, const TokenEmbeddings& tokens, size_t i) {
  const size_t begin = std::min<size_t>(tokens.byte_begin[i], text.size());
  const size_t end = std::clamp<size_t>(tokens.byte_end[i], begin, text.size());
  return text.substr(begin, end - begin);
}

std::string ShownToken(std::string_view text, const TokenEmbeddings& tokens, size_t i) {
  const std::string_view token = TokenText(text, tokens, i);
  return token.empty() ? "(special)" : SafeName(token);
}

Json SpaceJson(const Space& space) {
  return {{"version", kJsonVersion},
          {"model", space.model_name},
          {"dimensions", space.dim},
          {"multi_vector", space.multi_vector}};
}

}  // namespace

Result<VectorFormat> ParseVectorFormat(std::string_view word) {
  if (word == "text") return VectorFormat::kText;
  if (word == "json") return VectorFormat::kJson;
  if (word == "npy") return VectorFormat::kNpy;
  return InvalidArgumentError("--format: '" + std::string(word) + "' is not text, json or npy");
}

std::string NpyHeader(size_t rows, size_t cols) {
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                           std::to_string(rows) + ", " + std::to_string(cols) + "), }";
  constexpr size_t kPreambleBytes = 10, kAlignment = 64;
  const size_t length = kPreambleBytes + dictionary.size() + 1;
  dictionary.append((kAlignment - length % kAlignment) % kAlignment, ' ');
  dictionary += '\n';
  std::string header = "\x93NUMPY";
  header += '\x01';
  header += '\0';
  header += static_cast<char>(dictionary.size() & 0xff);
  header += static_cast<char>(dictionary.size() >> 8);
  return header + dictionary;
}

std::string RenderVectors(const Matrix& vectors) {
  std::string out;
  for (size_t i = 0; i < vectors.rows; ++i) {
    AppendRow(vectors.row(i), ' ', out);
    out += '\n';
  }
  return out;
}

std::string RenderTokenVectors(std::string_view text, const TokenEmbeddings& tokens) {
  std::string out;
  for (size_t i = 0; i < tokens.vectors.rows; ++i) {
    out += ShownToken(text, tokens, i) + '\t';
    AppendRow(tokens.vectors.row(i), ' ', out);
    out += '\n';
  }
  return out;
}

std::string JsonRows(const Matrix& vectors) {
  std::string out;
  for (size_t i = 0; i < vectors.rows; ++i) {
    out += i > 0 ? ",[" : "[";
    AppendRow(vectors.row(i), ',', out);
    out += ']';
  }
  return out;
}

std::string JsonTokens(const TokenEmbeddings& tokens) {
  Json spans = Json::array();
  for (size_t i = 0; i < tokens.byte_begin.size(); ++i) {
    spans.push_back({tokens.byte_begin[i], tokens.byte_end[i]});
  }
  return "{\"vectors\":[" + JsonRows(tokens.vectors) + "],\"spans\":" + Dump(spans) + "}";
}

std::string JsonVectorsHead(const Space& space) {
  std::string head = Dump(SpaceJson(space));
  head.back() = ',';
  return head + "\"embeddings\":[";
}

std::string JsonVectorsTail() { return "]}\n"; }

std::string RenderCosine(float cosine) { return Fixed(cosine) + "\n"; }

std::string RenderMaxSim(const MaxSimScore& score, const ComparedTexts& texts) {
  const size_t count = score.tokens.size();
  std::string out = Fixed(score.sum) + "  MaxSim over " + std::to_string(count) + " tokens; mean " +
                    Fixed(count == 0 ? 0 : score.sum / static_cast<float>(count)) + "\n";
  for (const TokenMatch& token : score.tokens) {
    const std::string similarity = Fixed(token.similarity);
    out += std::string(similarity.size() < 8 ? 8 - similarity.size() : 0, ' ') + similarity + "  " +
           Padded(ShownToken(texts.query, texts.query_tokens, token.query_token), kTokenCells) +
           "  " + ShownToken(texts.passage, texts.passage_tokens, token.passage_token) + "\n";
  }
  return out;
}

std::string RenderJsonCosine(const Space& space, float cosine) {
  Json json = SpaceJson(space);
  json["measure"] = "cosine";
  json["similarity"] = ShortNumber(cosine);
  return Dump(json) + "\n";
}

std::string RenderJsonMaxSim(const Space& space, const MaxSimScore& score,
                             const ComparedTexts& texts) {
  Json json = SpaceJson(space), alignments = Json::array();
  const auto span = [](const TokenEmbeddings& tokens, size_t i) {
    return Json::array({tokens.byte_begin[i], tokens.byte_end[i]});
  };
  for (const TokenMatch& token : score.tokens) {
    alignments.push_back({{"a", span(texts.query_tokens, token.query_token)},
                          {"b", span(texts.passage_tokens, token.passage_token)},
                          {"similarity", ShortNumber(token.similarity)}});
  }
  json["measure"] = "maxsim";
  json["similarity"] = ShortNumber(score.sum);
  json["alignments"] = std::move(alignments);
  return Dump(json) + "\n";
}

}  // namespace sg
