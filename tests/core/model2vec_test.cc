#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/file.h"
#include "core/model/model2vec_model.h"
#include "tests/core/test_vectors.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

constexpr char kData[] = "tests/core/data/model2vec/";

// Random models and what the model2vec library makes of texts with them, by
// tools/reference/model2vec_golden.py.
class Model2VecTest : public testing::TestWithParam<const char*> {};

TEST_P(Model2VecTest, VectorsEqualTheLibrary) {
  const std::string dir = std::string(kData) + GetParam();
  const auto embedder = OpenEmbedder(dir, {});
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const StaticModel* model = (*embedder)->static_model();
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->space().model_name, GetParam());
  ASSERT_EQ(model->dim(), 8u);
  // float16 models round their means and their unit vectors to float16.
  const bool is_half = std::string_view(GetParam()).find("f16") != std::string_view::npos;
  const float tolerance = is_half ? 1e-3f : 1e-5f;
  const auto golden = ReadFile(dir + "/golden.json");
  ASSERT_TRUE(golden.ok());
  for (const auto& c : nlohmann::json::parse(*golden)) {
    const std::string text = FromHex(c["text_hex"]);
    std::vector<float> mean(8, 0.0f);
    model->AddBag(text, /*weight=*/1, mean);
    const std::string_view texts[] = {text};
    const auto unit = (*embedder)->Embed(texts, TextRole::kQuery);
    ASSERT_TRUE(unit.ok());
    for (size_t d = 0; d < 8; ++d) {
      const float expected = c["mean"][d];
      EXPECT_NEAR(mean[d], expected, tolerance * std::max(1.0f, std::fabs(expected)))
          << text << " column " << d;
      EXPECT_NEAR(unit->row(0)[d], c["unit"][d].get<float>(), tolerance) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Model2VecTest,
                         testing::Values("wordpiece_f32", "unigram_f16_mapped", "byte_bpe_int8"),
                         [](const auto& param_info) { return std::string(param_info.param); });

// A copy of a model that a test may damage.
class DamagedModel2VecTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::copy(std::string(kData) + "unigram_f16_mapped", dir_); }

  void ExpectError(StatusCode code, const std::string& message) {
    const auto embedder = OpenEmbedder(dir_, {});
    ASSERT_FALSE(embedder.ok());
    EXPECT_EQ(embedder.status().code(), code) << embedder.status().message();
    EXPECT_NE(embedder.status().message().find(message), std::string::npos)
        << embedder.status().message();
  }
  // Rewrites the first occurrence of `from` in `file`; both have the same length, so that offsets
  // stay.
  void Patch(const std::string& file, const std::string& from, const std::string& to) {
    ASSERT_EQ(from.size(), to.size());
    auto bytes = ReadFile(dir_ + "/" + file);
    ASSERT_TRUE(bytes.ok());
    const size_t at = bytes->find(from);
    ASSERT_NE(at, std::string::npos) << from;
    bytes->replace(at, from.size(), to);
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/" + file, *bytes).ok());
  }
  void Write(const std::string& file, std::string_view bytes) {
    ASSERT_TRUE(WriteFileAtomic(dir_ + "/" + file, bytes).ok());
  }
  const TempTree tree_;
  const std::string dir_ = tree_.path();
};

TEST_F(DamagedModel2VecTest, MissingAndBrokenFiles) {
  Write("tokenizer.json", "{}");
  EXPECT_FALSE(OpenEmbedder(dir_, {}).ok());
  Write("tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n");
  ExpectError(StatusCode::kCorrupt, "tokenizer.json");
  std::filesystem::remove(dir_ + "/tokenizer.json");
  ExpectError(StatusCode::kNotFound, "tokenizer.json");
}

TEST_F(DamagedModel2VecTest, WrongTensors) {
  Patch("model.safetensors", "\"mapping\"", "\"mapqing\"");  // 40 rows are not enough then
  EXPECT_FALSE(OpenEmbedder(dir_, {}).ok());
  Patch("model.safetensors", "\"mapqing\"", "\"mapping\"");
  Patch("model.safetensors", "\"embeddings\"", "\"embedddngs\"");
  ExpectError(StatusCode::kCorrupt, "no tensor \"embeddings\"");
}

TEST_F(DamagedModel2VecTest, MappingOutOfRange) {
  auto bytes = ReadFile(dir_ + "/model.safetensors");
  ASSERT_TRUE(bytes.ok());
  const auto header_size =
      static_cast<unsigned char>((*bytes)[0]) + 256u * static_cast<unsigned char>((*bytes)[1]);
  const auto header = nlohmann::json::parse(bytes->substr(8, header_size));
  const size_t at = 8 + header_size + header["mapping"]["data_offsets"][0].get<size_t>();
  for (const char value : {'\x28', '\xff'}) {  // 40 rows; -1
    bytes->replace(at, 8, value == '\xff' ? std::string(8, value) : value + std::string(7, '\0'));
    Write("model.safetensors", *bytes);
    ExpectError(StatusCode::kCorrupt, "\"mapping\" leads to row");
  }
}

TEST_F(DamagedModel2VecTest, BadMaxLength) {
  Write("config.json", R"({"model_type":"model2vec","max_length":"many"})");
  ExpectError(StatusCode::kCorrupt, "max_length");
  Write("config.json", R"({"model_type":"model2vec","max_length":-1})");
  ExpectError(StatusCode::kCorrupt, "max_length");
  Write("config.json", R"({"model_type":"model2vec","max_length":18446744073709551615})");
  EXPECT_TRUE(OpenEmbedder(dir_, {}).ok());
  Write("config.json", R"({"model_type":"model2vec","max_length":0})");
  const auto embedder = OpenEmbedder(dir_, {});
  ASSERT_TRUE(embedder.ok());
  std::vector<float> sum(8, 0.0f);
  (*embedder)->static_model()->AddBag("parse the request", 1, sum);
  EXPECT_EQ(sum, std::vector<float>(8, 0.0f));
}

}  // namespace
}  // namespace sg
