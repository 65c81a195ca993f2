// Tiny model folders with prompts, pooling, projections, markers and older file forms, against the
// vectors of the Python libraries (tools/reference/make_pipeline_goldens.py).

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/file.h"
#include "core/model/embedder.h"
#include "tests/temp_tree.h"

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
                         testing::Values("mean", "cls-dense", "prompt", "colbert", "unixcoder",
                                         "pooling-together", "pooling-no-prompt", "task-adapters",
                                         "concatenation"));

std::unique_ptr<Embedder> OpenFolder(const std::string& folder, EmbedderOptions options = {}) {
  options.precision = "f32";
  auto embedder = OpenEmbedder(folder, options);
  EXPECT_TRUE(embedder.ok()) << embedder.status().message();
  return embedder.ok() ? std::move(*embedder) : nullptr;
}

TEST(TaskAdaptersTest, ATaskServesBothRoles) {
  const std::string folder = "tests/data/pipelines/task-adapters";
  const auto golden = nlohmann::json::parse(*ReadFile(folder + "/golden_tasks.json"));
  const Hash128 retrieval = OpenFolder(folder)->space().revision;
  for (const auto& [task, texts] : golden.items()) {
    const auto embedder = OpenFolder(folder, {.task = task});
    EXPECT_NE(embedder->space().revision, retrieval) << task;
    for (const auto& [text, vector] : texts.items()) {
      const auto want = Flatten(vector);
      for (const TextRole role : {TextRole::kQuery, TextRole::kPassage}) {
        const auto got = Embed(*embedder, text, role);
        ASSERT_EQ(got.size(), want.size());
        for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5) << task;
      }
    }
  }
  const Status unknown = OpenEmbedder(folder, {.task = "poetry"}).status();
  EXPECT_NE(unknown.message().find("known: retrieval.query"), std::string::npos)
      << unknown.message();
  EXPECT_EQ(OpenEmbedder("tests/data/pipelines/mean", {.task = "separation"}).status().code(),
            StatusCode::kUnsupported);
}

TEST(TaskAdaptersTest, TheOtherRoleIsMadeOnFirstUseFromAnyThread) {
  const auto both = OpenFolder("tests/data/pipelines/task-adapters");
  const auto query_first =
      OpenFolder("tests/data/pipelines/task-adapters", {.first_role = TextRole::kQuery});
  EXPECT_EQ(both->space().revision, query_first->space().revision);
  std::vector<std::vector<float>> vectors(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < vectors.size(); ++t) {
    threads.emplace_back([&, t] { vectors[t] = Embed(*both, "read a file", TextRole::kQuery); });
  }
  for (std::thread& thread : threads) thread.join();
  const auto want = Embed(*query_first, "read a file", TextRole::kQuery);
  for (const auto& vector : vectors) EXPECT_EQ(vector, want);
  EXPECT_NE(Embed(*both, "read a file", TextRole::kPassage), want);
}

// A copy of a folder that a test may damage.
class DamagedPipelineTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy("tests/data/pipelines/cls-dense", dir_,
                          std::filesystem::copy_options::recursive);
  }

  std::string ErrorAfter(const std::string& file, const std::string& content) {
    EXPECT_TRUE(WriteFileAtomic(dir_ + "/" + file, content).ok());
    const auto embedder = OpenEmbedder(dir_, {.precision = "f32"});
    return embedder.ok() ? "" : embedder.status().message();
  }

  const TempTree tree_;
  const std::string dir_ = tree_.path();
};

TEST_F(DamagedPipelineTest, SettingsThatChangeResultsAreNeverIgnored) {
  EXPECT_NE(ErrorAfter("1_Pooling/config.json", R"({"pooling_mode_median_tokens": true})")
                .find("1_Pooling/config.json"),
            std::string::npos);
  EXPECT_NE(ErrorAfter("1_Pooling/config.json", R"({"pooling_mode": ["mean", "median"]})")
                .find("\"median\" is not supported"),
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

// Everything that changes vectors changes the revision, so that an index embeds anew.
TEST_F(DamagedPipelineTest, ChangesOfTheFolderChangeTheRevision) {
  const auto revision = [&] { return OpenFolder(dir_)->space().revision; };
  const Hash128 original = revision();
  EXPECT_EQ(original, OpenFolder("tests/data/pipelines/cls-dense")->space().revision);
  const auto after = [&](const std::string& file, const std::string& from, const std::string& to) {
    const std::string path = dir_ + "/" + file, before = *ReadFile(path);
    std::string content = before;
    const size_t at = content.find(from);
    EXPECT_NE(at, std::string::npos) << file << ": " << from;
    content.replace(at, from.size(), to);
    EXPECT_TRUE(WriteFileAtomic(path, content).ok());
    const Hash128 changed = revision();
    EXPECT_TRUE(WriteFileAtomic(path, before).ok());
    return changed;
  };
  EXPECT_NE(original, after("config_sentence_transformers.json", R"("prompts": {})",
                            R"("prompts": {"query": "ask: "})"));
  EXPECT_NE(original, after("config_sentence_transformers.json", R"("prompts": {})",
                            R"("prompts": {"document": "text: "})"));
  EXPECT_NE(original, after("config_sentence_transformers.json", "{", R"({"query_prefix": "q ",)"));
  EXPECT_NE(original, after("1_Pooling/config.json", R"("pooling_mode_lasttoken": false)",
                            R"("pooling_mode_lasttoken": false, "include_prompt": false)"));
  EXPECT_NE(original, after("1_Pooling/config.json", "pooling_mode_cls_token\": true",
                            "pooling_mode_cls_token\": false"));
  EXPECT_NE(original, after("2_Dense/config.json", "activation.Tanh", "linear.Identity"));
  EXPECT_NE(original, after("sentence_bert_config.json", "48", "40"));
  EXPECT_NE(original, after("sentence_bert_config.json", R"("do_lower_case": false)",
                            R"("do_lower_case": true)"));
  EXPECT_NE(original, after("tokenizer.json", R"("lowercase": true)", R"("lowercase": false)"));
  EXPECT_NE(original,
            after("config.json", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 1e-7"));
  EXPECT_NE(original, OpenFolder(dir_, {.max_tokens = 32})->space().revision);
  // White space and what describes the model to people does not.
  EXPECT_EQ(original, after("1_Pooling/config.json", "{", "{ \n"));
  EXPECT_EQ(original, after("config_sentence_transformers.json", "{", R"({"note": "x",)"));

  std::string dense = *ReadFile(dir_ + "/2_Dense/model.safetensors");
  dense.back() = static_cast<char>(dense.back() ^ 1);
  ASSERT_TRUE(WriteFileAtomic(dir_ + "/2_Dense/model.safetensors", dense).ok());
  EXPECT_NE(original, revision());
}

TEST(Concatenation, NamesItsParts) {
  const auto model = OpenFolder("tests/data/pipelines/concatenation");
  EXPECT_EQ(model->space().dim, 64u);
  EXPECT_EQ(model->space().model_name, "concatenation");
  EXPECT_NE(model->space().revision,
            OpenFolder("tests/data/pipelines/concatenation", {.max_tokens = 32})->space().revision);
}

class ConcatErrors : public testing::Test {
 protected:
  std::string ErrorOf(const std::string& models) {
    const TempTree tree;
    tree.Write("config.json", R"({"model_type": "sg-concat", "models": )" + models + "}");
    const auto embedder = OpenEmbedder(tree.path(), {.precision = "f32"});
    return embedder.ok() ? "" : embedder.status().message();
  }
};

TEST_F(ConcatErrors, SayWhatIsWrong) {
  const std::string here = std::filesystem::current_path().string() + "/tests/data/pipelines/";
  const auto two = [&](const std::string& name) {
    return R"([")" + here + R"(mean", ")" + here + name + R"("])";
  };
  EXPECT_EQ(ErrorOf(two("prompt")), "");
  EXPECT_NE(ErrorOf("[]").find("two to eight"), std::string::npos);
  EXPECT_NE(ErrorOf(R"(["sg-static-v1"])").find("two to eight"), std::string::npos);
  EXPECT_NE(ErrorOf("7").find("list of texts"), std::string::npos);
  EXPECT_NE(ErrorOf(two("colbert")).find("one vector a token"), std::string::npos);
  EXPECT_NE(ErrorOf(two("concatenation")).find("concatenation itself"), std::string::npos);
  EXPECT_NE(ErrorOf(two("nowhere")).find("nowhere"), std::string::npos);
  EXPECT_NE(ErrorOf(R"(["./", "./"])").find("concatenation itself"), std::string::npos);
  EXPECT_NE(ErrorOf(R"(["no-such-model", "sg-static-v1"])").find("no-such-model"),
            std::string::npos);
}

}  // namespace
}  // namespace sg
