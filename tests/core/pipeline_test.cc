// Tiny model folders with prompts, pooling, projections, markers and older file forms, against the
// vectors of the Python libraries (tools/reference/make_pipeline_goldens.py).

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/model/embedder.h"

namespace sg {
namespace {

class PipelineTest : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return std::string("tests/data/pipelines/") + GetParam(); }
};

// The vectors of one text, row after row.
std::vector<float> Embed(const Embedder& embedder, const std::string& text, TextRole role) {
  const std::string_view texts[] = {text};
  if (embedder.space().multi_vector) {
    const auto tokens = embedder.EmbedTokens(texts, role);
    EXPECT_TRUE(tokens.ok()) << tokens.status().message();
    return tokens->at(0).vectors.data;
  }
  const auto matrix = embedder.Embed(texts, role);
  EXPECT_TRUE(matrix.ok()) << matrix.status().message();
  return matrix->data;
}

std::vector<float> Flatten(const nlohmann::json& golden) {
  std::vector<float> values;
  for (const auto& item : golden) {
    if (item.is_array()) {
      for (float v : item.get<std::vector<float>>()) values.push_back(v);
    } else {
      values.push_back(item.get<float>());
    }
  }
  return values;
}

TEST_P(PipelineTest, VectorsEqualThePythonOriginals) {
  const auto embedder = OpenEmbedder(folder(), {.precision = "f32"});
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const auto text = ReadFile(folder() + "/golden.json");
  ASSERT_TRUE(text.ok());
  const auto golden = nlohmann::json::parse(*text);
  size_t compared = 0;
  for (const auto& [key, role] :
       {std::pair{"queries", TextRole::kQuery}, {"passages", TextRole::kPassage}}) {
    for (const auto& [question, vectors] : golden.at(key).items()) {
      const auto want = Flatten(vectors), got = Embed(**embedder, question, role);
      ASSERT_EQ(got.size(), want.size()) << key << ": " << question;
      for (size_t i = 0; i < want.size(); ++i)
        EXPECT_NEAR(got[i], want[i], 1e-5) << key << ": " << question;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 7u);
}

INSTANTIATE_TEST_SUITE_P(Folders, PipelineTest,
                         testing::Values("mean", "cls-dense", "prompt", "colbert", "unixcoder"));

// A copy of a folder that a test may damage.
class DamagedPipelineTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = testing::TempDir() + "sg_pipeline_" + std::to_string(::getpid());
    std::filesystem::remove_all(dir_);
    std::filesystem::copy("tests/data/pipelines/cls-dense", dir_,
                          std::filesystem::copy_options::recursive);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string ErrorAfter(const std::string& file, const std::string& content) {
    EXPECT_TRUE(WriteFileAtomic(dir_ + "/" + file, content).ok());
    const auto embedder = OpenEmbedder(dir_, {.precision = "f32"});
    return embedder.ok() ? "" : embedder.status().message();
  }

  std::string dir_;
};

TEST_F(DamagedPipelineTest, SettingsThatChangeResultsAreNeverIgnored) {
  EXPECT_NE(ErrorAfter("1_Pooling/config.json", R"({"pooling_mode_max_tokens": true})")
                .find("1_Pooling/config.json"),
            std::string::npos);
  EXPECT_NE(ErrorAfter("modules.json", R"([{"type": "x.models.WordWeights", "path": "9"}])")
                .find("WordWeights"),
            std::string::npos);
  EXPECT_NE(ErrorAfter("modules.json", R"([{"type": "x.models.Dense", "path": "../../etc"}])")
                .find("leaves the folder"),
            std::string::npos);
  EXPECT_NE(ErrorAfter("modules.json", "[{]").find("modules.json is not JSON"), std::string::npos);
}

TEST_F(DamagedPipelineTest, AProjectionThatDoesNotFitIsRefused) {
  std::filesystem::copy("tests/data/pipelines/cls-dense/model.safetensors",
                        dir_ + "/2_Dense/model.safetensors",
                        std::filesystem::copy_options::overwrite_existing);
  const auto embedder = OpenEmbedder(dir_, {.precision = "f32"});
  ASSERT_FALSE(embedder.ok());
  EXPECT_NE(embedder.status().message().find("linear.weight"), std::string::npos)
      << embedder.status().message();
}

}  // namespace
}  // namespace sg
