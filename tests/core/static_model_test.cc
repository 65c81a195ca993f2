#include "core/model/static_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "core/base/file.h"
#include "core/text/code_tokenizer.h"
#include "tests/core/test_vectors.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

constexpr char kBundled[] = "models/sg-static-v1";

nlohmann::json Golden() {
  const auto bytes = ReadFile("tests/core/data/sg_static_golden.json");
  EXPECT_TRUE(bytes.ok()) << bytes.status().message();
  return nlohmann::json::parse(*bytes);
}

// Made by tools/reference/sg_static_golden.py from the table before quantisation.
TEST(StaticModelTest, TokensEqualTheReference) {
  const auto vocab = ReadFile(std::string(kBundled) + "/vocab.tsv");
  ASSERT_TRUE(vocab.ok());
  const auto tokenizer = CodeTokenizer::Parse(*vocab);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  EXPECT_EQ(tokenizer->vocab_size(), 32000u);
  for (const auto& c : Golden()) {
    EXPECT_EQ(tokenizer->Tokenize(FromHex(c["text_hex"])), c["ids"].get<std::vector<uint32_t>>())
        << c["text"];
  }
}

TEST(StaticModelTest, BagsEqualTheReference) {
  const auto model = StaticModel::Open(kBundled);
  ASSERT_TRUE(model.ok()) << model.status().message();
  ASSERT_EQ((*model)->dim(), 256u);
  for (const auto& c : Golden()) {
    std::vector<float> bag(256, 0.0f);
    (*model)->AddBag(FromHex(c["text_hex"]), /*weight=*/2.0f, bag);
    const auto expected = c["bag"].get<std::vector<float>>();
    if (expected.empty()) {
      EXPECT_EQ(bag, std::vector<float>(256, 0.0f)) << c["text"];
      continue;
    }
    EXPECT_GE(Cosine(bag, expected), 0.9999) << c["text"];
    double length = 0, expected_length = 0;
    for (float x : bag) length += double{x} * x;
    for (float x : expected) expected_length += double{x} * x;
    EXPECT_NEAR(std::sqrt(length / expected_length), 2.0, 0.002) << c["text"];
  }
}

TEST(StaticModelTest, EmbedsNormalisedAndFromManyThreads) {
  const auto embedder = OpenEmbedder(kBundled, {});
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const Space& space = (*embedder)->space();
  EXPECT_EQ(space.model_name, "sg-static-v1");
  EXPECT_EQ(space.dim, 256u);
  EXPECT_FALSE(space.multi_vector);
  EXPECT_NE(space.revision, Hash128{});
  EXPECT_NE((*embedder)->static_model(), nullptr);

  const std::vector<std::string_view> texts = {"parse http request", "", "検索", "the the parser",
                                               "kubernetesoperatorreconciler"};
  const auto expected = (*embedder)->Embed(texts, TextRole::kQuery);
  ASSERT_TRUE(expected.ok());
  for (const size_t i : {0u, 3u, 4u}) {
    EXPECT_NEAR(Cosine(expected->row(i), expected->row(i)), 1, 1e-9);
    double length = 0;
    for (float x : expected->row(i)) length += double{x} * x;
    EXPECT_NEAR(length, 1, 1e-5) << texts[i];
  }
  for (const size_t i : {1u, 2u}) {
    for (float x : expected->row(i)) EXPECT_EQ(x, 0) << texts[i];
  }
  EXPECT_FALSE((*embedder)->EmbedTokens(texts, TextRole::kQuery).ok());

  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 200; ++repeat) {
        const auto vectors = (*embedder)->Embed(texts, TextRole::kPassage);
        EXPECT_TRUE(vectors.ok() && vectors->data == expected->data);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A temporary copy of the bundled model's folder that a test may damage.
class DamagedModelTest : public testing::Test {
 protected:
  void SetUp() override {
    Write("config.json", R"({"model_type":"sg-static","name":"tiny"})");
    Write("vocab.tsv", "a\t-1\nb\t-2\n");
    Write("model.safetensors", Weights("I8", "[2,2]", {1, 2, 3, 4}, "F32", "[2]"));
  }

  void Write(const std::string& name, std::string_view bytes) {
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/" + name, bytes).ok());
  }
  void Remove(const std::string& name) { std::filesystem::remove(dir_ + "/" + name); }

  // A safetensors file; scales are 1 and 0.5.
  static std::string Weights(const std::string& dtype, const std::string& shape,
                             const std::vector<char>& rows, const std::string& scale_dtype,
                             const std::string& scale_shape) {
    const float scales[] = {1.0f, 0.5f};
    const std::string n = std::to_string(rows.size());
    const std::string header =
        R"({"embeddings":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" +
        n + R"(]},"scales":{"dtype":")" + scale_dtype + R"(","shape":)" + scale_shape +
        R"(,"data_offsets":[)" + n + "," + std::to_string(rows.size() + sizeof(scales)) + "]}}";
    std::string file(8, '\0');
    file[0] = static_cast<char>(header.size());
    file += header;
    file.append(rows.begin(), rows.end());
    return file.append(reinterpret_cast<const char*>(scales), sizeof(scales));
  }

  void ExpectError(StatusCode code, const std::string& message) {
    const auto embedder = OpenEmbedder(dir_, {});
    ASSERT_FALSE(embedder.ok());
    EXPECT_EQ(embedder.status().code(), code) << embedder.status().message();
    EXPECT_NE(embedder.status().message().find(message), std::string::npos)
        << embedder.status().message();
    EXPECT_NE(embedder.status().message().find(dir_), std::string::npos)
        << embedder.status().message();
  }

  const TempTree tree_;
  const std::string dir_ = tree_.path();
};

TEST_F(DamagedModelTest, TheUndamagedOneWorks) {
  const auto model = StaticModel::Open(dir_ + "/");
  ASSERT_TRUE(model.ok()) << model.status().message();
  EXPECT_EQ((*model)->space().model_name, "tiny");
  std::vector<float> bag(2, 1.0f);
  (*model)->AddBag("a b B b b", 2, bag);  // 2 * (1 * [1, 2] + sqrt(4) * 0.5 * [3, 4]) + 1
  EXPECT_EQ(bag, (std::vector<float>{9, 13}));
}

TEST_F(DamagedModelTest, RevisionFollowsEveryFile) {
  const auto revision = [&] { return (*OpenEmbedder(dir_, {}))->space().revision; };
  const Hash128 original = revision();
  EXPECT_EQ(revision(), original);
  Write("vocab.tsv", "a\t-1\nb\t-3\n");
  const Hash128 other_vocab = revision();
  EXPECT_NE(other_vocab, original);
  Write("model.safetensors", Weights("I8", "[2,2]", {1, 2, 3, 5}, "F32", "[2]"));
  EXPECT_NE(revision(), other_vocab);
}

TEST_F(DamagedModelTest, MissingFiles) {
  Remove("vocab.tsv");
  ExpectError(StatusCode::kNotFound, "vocab.tsv");
  Write("vocab.tsv", "a\t-1\nb\t-2\n");
  Remove("model.safetensors");
  ExpectError(StatusCode::kNotFound, "model.safetensors");
  Remove("config.json");
  ExpectError(StatusCode::kNotFound, "it has no config.json");
  std::filesystem::remove_all(dir_);
  ExpectError(StatusCode::kNotFound, "no model folder");
}

TEST_F(DamagedModelTest, DamagedFiles) {
  constexpr char kPointer[] =
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n";
  Write("model.safetensors", kPointer);
  ExpectError(StatusCode::kCorrupt, "git");
  Write("model.safetensors", "");
  ExpectError(StatusCode::kCorrupt, "model.safetensors");
  Write("model.safetensors", std::string(8, '\xff'));
  ExpectError(StatusCode::kCorrupt, "model.safetensors");
  Write("model.safetensors", Weights("I8", "[2,2]", {1, 2, 3, 4}, "F32", "[2]"));
  Write("vocab.tsv", "a\t-1\nb\n");
  ExpectError(StatusCode::kCorrupt, "vocab.tsv: line 2");
  Write("config.json", "[1]");
  ExpectError(StatusCode::kCorrupt, "not a JSON object");
  Write("config.json", R"({"model_type":"mamba"})");
  ExpectError(StatusCode::kUnsupported, "mamba");
}

TEST_F(DamagedModelTest, WrongShapes) {
  Write("model.safetensors", Weights("I8", "[4]", {1, 2, 3, 4}, "F32", "[2]"));
  ExpectError(StatusCode::kCorrupt, "shape [4]");
  Write("model.safetensors", Weights("I8", "[4,1]", {1, 2, 3, 4}, "F32", "[2]"));
  ExpectError(StatusCode::kCorrupt, "4 rows");
  Write("model.safetensors", Weights("I8", "[2,2]", {1, 2, 3, 4}, "F32", "[1,2]"));
  ExpectError(StatusCode::kCorrupt, "\"scales\" has shape [1, 2]");
  Write("model.safetensors", Weights("U8", "[2,2]", {1, 2, 3, 4}, "F32", "[2]"));
  ExpectError(StatusCode::kUnsupported, "U8");
  Write("model.safetensors", Weights("I8", "[2,0]", {}, "F32", "[2]"));
  ExpectError(StatusCode::kCorrupt, "shape [2, 0]");
}

TEST(NormalizeTest, ScalesToUnitLengthAndKeepsZero) {
  std::vector<float> v = {3, -4};
  Normalize(v);
  EXPECT_FLOAT_EQ(v[0], 0.6f);
  EXPECT_FLOAT_EQ(v[1], -0.8f);
  std::vector<float> zero(3, 0.0f);
  Normalize(zero);
  EXPECT_EQ(zero, std::vector<float>(3, 0.0f));
  for (const float bad : {INFINITY, NAN}) {
    std::vector<float> v_bad = {1, bad};
    Normalize(v_bad);
    EXPECT_EQ(v_bad, std::vector<float>(2, 0.0f));
  }
  std::vector<float> tiny = {1e-30f, 0};
  Normalize(tiny);
  EXPECT_FLOAT_EQ(tiny[0], 1);
}

}  // namespace
}  // namespace sg
