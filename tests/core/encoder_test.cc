// Parity with the Python originals, layer by layer, on tiny checkpoints that
// tools/reference/make_encoder_goldens.py wrote; a folder of checkpoints of real size is compared
// as well where SG_REAL_SIZE_ENCODERS names it.

#include "core/model/encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>

#include "core/base/file.h"
#include "core/model/task_adapters.h"
#include "tests/core/test_vectors.h"

namespace sg {
namespace {

constexpr const char* kArchitectures[] = {
    "bert",        "roberta",    "jina-bert-en",       "jina-bert-code",
    "t5",          "nomic-bert", "xlm-roberta-rotary", "xlm-roberta-lora",
    "modern-bert", "qwen2"};

std::vector<float> Floats(const Tensor& tensor) {
  std::vector<float> values(tensor.element_count());
  EXPECT_TRUE(CopyFloats(tensor, values).ok());
  return values;
}

std::vector<uint32_t> Ids(const Tensor& tensor) {
  std::vector<uint32_t> ids(tensor.element_count());
  std::memcpy(ids.data(), tensor.bytes.data(), tensor.bytes.size());
  return ids;
}

struct Checkpoint {
  SafetensorsFile weights, golden;
  std::unique_ptr<Encoder> encoder;
};

Checkpoint Open(const std::string& folder, Precision precision) {
  auto config = ReadFile(folder + "/config.json");
  auto weights = SafetensorsFile::Open(folder + "/model.safetensors");
  auto golden = SafetensorsFile::Open(folder + "/golden.safetensors");
  EXPECT_TRUE(config.ok() && weights.ok() && golden.ok()) << folder;
  const auto adapters = ReadTaskAdapters(*ModelConfig::Parse(*config));
  EXPECT_TRUE(adapters.ok()) << adapters.status().message();
  TensorMap tensors = weights->tensors();
  if (*adapters)
    tensors = *TensorsOfTask(tensors, **adapters, *(*adapters)->Find("retrieval.passage"));
  auto encoder = CreateEncoder(*config, tensors, precision);
  EXPECT_TRUE(encoder.ok()) << encoder.status().message();
  return {std::move(*weights), std::move(*golden), std::move(*encoder)};
}

// The golden sequences as one batch.
struct Batch {
  std::vector<uint32_t> ids, starts{0};
  TokenBatch view() const { return {ids, starts}; }
};

Batch GoldenBatch(const SafetensorsFile& golden) {
  Batch batch;
  for (size_t s = 0; golden.Find("ids." + std::to_string(s)) != nullptr; ++s) {
    const auto ids = Ids(*golden.Find("ids." + std::to_string(s)));
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    batch.starts.push_back(static_cast<uint32_t>(batch.ids.size()));
  }
  return batch;
}

class EncoderTest : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return std::string("tests/data/encoders/") + GetParam(); }
};

TEST_P(EncoderTest, EveryLayerEqualsThePythonOriginal) {
  const Checkpoint checkpoint = Open(folder(), Precision::kF32);
  const Batch batch = GoldenBatch(checkpoint.golden);
  ASSERT_GE(batch.starts.size(), 4u);
  const size_t hidden = checkpoint.encoder->hidden_size();
  size_t layers_compared = 0;
  std::vector<float> out(batch.ids.size() * hidden);
  checkpoint.encoder->Forward(
      batch.view(), out.data(), [&](size_t layer, std::span<const float> got) {
        for (size_t s = 0; s + 1 < batch.starts.size(); ++s) {
          const Tensor* tensor =
              checkpoint.golden.Find("hidden." + std::to_string(s) + "." + std::to_string(layer));
          ASSERT_NE(tensor, nullptr) << layer;
          const auto want = Floats(*tensor);
          const float* row = got.data() + batch.starts[s] * hidden;
          double worst = 0;
          for (size_t i = 0; i < want.size(); ++i)
            worst = std::max(worst, std::fabs(double{row[i]} - want[i]));
          EXPECT_LE(worst, 1e-5) << GetParam() << " sequence " << s << " layer " << layer;
        }
        ++layers_compared;
      });
  EXPECT_GE(layers_compared, 3u);
}

TEST_P(EncoderTest, ReducedPrecisionStaysClose) {
  for (const auto& [name, bar] : {std::pair{"bf16", 0.999}, std::pair{"int8", 0.99}}) {
    const auto precision = ChoosePrecision(name);
    if (!precision.ok()) {
      std::printf("not on this machine: %s\n", precision.status().message().c_str());
      continue;
    }
    const Checkpoint exact = Open(folder(), Precision::kF32), reduced = Open(folder(), *precision);
    const Batch batch = GoldenBatch(exact.golden);
    const size_t hidden = exact.encoder->hidden_size();
    std::vector<float> want(batch.ids.size() * hidden), got(want.size());
    exact.encoder->Forward(batch.view(), want.data());
    reduced.encoder->Forward(batch.view(), got.data());
    EXPECT_GE(Cosine(got, want), bar) << GetParam() << " " << name;
  }
}

// Layers compute a batch in groups of texts; each text has the same hidden states as alone.
TEST_P(EncoderTest, ALargeBatchEqualsItsTexts) {
  const Checkpoint checkpoint = Open(folder(), Precision::kF32);
  const Encoder& encoder = *checkpoint.encoder;
  const size_t hidden = encoder.hidden_size(),
               longest = std::min<size_t>(encoder.max_positions(), 700);
  std::mt19937 random(1);
  Batch batch;
  std::vector<uint32_t> visible;
  for (size_t s = 0; s < 40; ++s) {
    const size_t length = s == 20 ? longest : 1 + random() % std::min<size_t>(longest, 60);
    for (size_t t = 0; t < length; ++t) {
      batch.ids.push_back(static_cast<uint32_t>(random() % encoder.vocabulary_size()));
    }
    batch.starts.push_back(static_cast<uint32_t>(batch.ids.size()));
    visible.push_back(static_cast<uint32_t>(s % 3 == 0 ? (length + 1) / 2 : length));
  }
  ASSERT_GT(batch.ids.size(), 1024u);
  std::vector<float> together(batch.ids.size() * hidden), alone(together.size());
  encoder.Forward({batch.ids, batch.starts, visible}, together.data());
  for (size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const uint32_t first = batch.starts[s], length = batch.starts[s + 1] - first;
    const uint32_t starts[] = {0, length};
    encoder.Forward({{&batch.ids[first], length}, starts, {&visible[s], 1}},
                    &alone[first * hidden]);
  }
  double worst = 0;
  for (size_t i = 0; i < alone.size(); ++i) {
    worst = std::max(worst, std::fabs(double{together[i]} - alone[i]));
  }
  EXPECT_LT(worst, 1e-4);
}

TEST_P(EncoderTest, RealSizeWhereGiven) {
  const char* root = std::getenv("SG_REAL_SIZE_ENCODERS");
  if (root == nullptr || !std::filesystem::exists(std::string(root) + "/" + GetParam())) {
    GTEST_SKIP() << "SG_REAL_SIZE_ENCODERS names no folder with " << GetParam()
                 << " (tools/reference/make_encoder_goldens.py --real-size writes it)";
  }
  const Checkpoint checkpoint = Open(std::string(root) + "/" + GetParam(), Precision::kF32);
  const Batch batch = GoldenBatch(checkpoint.golden);
  const size_t hidden = checkpoint.encoder->hidden_size();
  std::vector<float> out(batch.ids.size() * hidden);
  size_t last = 0;
  checkpoint.encoder->Forward(batch.view(), out.data(),
                              [&](size_t layer, std::span<const float>) { last = layer; });
  for (size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const auto want =
        Floats(*checkpoint.golden.Find("hidden." + std::to_string(s) + "." + std::to_string(last)));
    const std::span<const float> got(out.data() + batch.starts[s] * hidden, want.size());
    EXPECT_GE(Cosine(got, want), 0.99999) << GetParam() << " sequence " << s;
  }
}

INSTANTIATE_TEST_SUITE_P(Architectures, EncoderTest, testing::ValuesIn(kArchitectures));

TEST(EncoderErrors, NameWhatIsWrong) {
  const auto message = [](const char* config) {
    return CreateEncoder(config, {}, Precision::kF32).status().message();
  };
  EXPECT_EQ(message("["), "config.json is not a JSON object");
  EXPECT_NE(message(R"({"model_type": "mamba"})").find("\"mamba\" is not supported"),
            std::string::npos);
  EXPECT_NE(message(R"({"model_type": "bert"})").find("embeddings.word_embeddings.weight"),
            std::string::npos);
  EXPECT_NE(message(R"({"model_type": 3})").find("config.json"), std::string::npos);
}

TEST(TaskAdapters, WhatDoesNotFitIsRefused) {
  const std::string folder = "tests/data/encoders/xlm-roberta-lora";
  const auto weights = SafetensorsFile::Open(folder + "/model.safetensors");
  const auto config = ModelConfig::Parse(*ReadFile(folder + "/config.json"));
  ASSERT_TRUE(weights.ok() && config.ok());
  TaskAdapters adapters = **ReadTaskAdapters(*config);
  EXPECT_EQ(adapters.tasks.size(), 5u);
  EXPECT_EQ(adapters.scale, 0.25f);
  EXPECT_NE(adapters.Find("poetry").status().message().find("known: retrieval.query, retrieval"),
            std::string::npos);
  TensorMap tensors = weights->tensors();
  adapters.tasks.pop_back();
  EXPECT_EQ(TensorsOfTask(tensors, adapters, 0).status().code(), StatusCode::kCorrupt);
  adapters = **ReadTaskAdapters(*config);
  adapters.rank = 5;
  EXPECT_EQ(TensorsOfTask(tensors, adapters, 0).status().code(), StatusCode::kCorrupt);
  adapters.rank = 4;
  ASSERT_EQ(tensors.erase("roberta.encoder.layers.1.mlp.fc2.parametrizations.weight.0.lora_B"), 1u);
  const Status missing = TensorsOfTask(tensors, adapters, 0).status();
  EXPECT_NE(missing.message().find("roberta.encoder.layers.1.mlp.fc2"), std::string::npos);
  for (const char* bad : {R"({"lora_adaptations": "x"})", R"({"lora_adaptations": [1]})",
                          R"({"lora_adaptations": ["x"]})",
                          R"({"lora_adaptations": ["x"], "task_instructions": {"x": 1}})",
                          R"({"lora_adaptations": ["x"], "task_instructions": {"y": ""}})"}) {
    EXPECT_EQ(ReadTaskAdapters(*ModelConfig::Parse(bad)).status().code(), StatusCode::kCorrupt)
        << bad;
  }
  EXPECT_FALSE(*ReadTaskAdapters(*ModelConfig::Parse(R"({"lora_adaptations": null})")));
}

// A copy of tensors whose values may be changed.
class OwnTensors {
 public:
  explicit OwnTensors(const TensorMap& tensors) : tensors_(tensors) {
    for (auto& [name, tensor] : tensors_) {
      std::vector<float>& values = values_[name] = Floats(tensor);
      tensor.dtype = DType::kF32;
      tensor.bytes = {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
    }
  }
  // Multiplies what the last dimension has at `column`.
  void Scale(const std::string& name, size_t column, float factor) {
    ASSERT_EQ(values_.count(name), 1u) << name;
    const size_t width = tensors_.at(name).shape.back();
    for (size_t i = column; i < values_[name].size(); i += width) values_[name][i] *= factor;
  }
  const TensorMap& map() const { return tensors_; }

 private:
  TensorMap tensors_;
  std::map<std::string, std::vector<float>> values_;
};

// Two channels of every norm a hundred times as large, the weights that read them as much smaller:
// the same model in f32, and nothing but noise in 256 steps unless the channels are balanced.
TEST(EncoderPrecision, Int8BalancesChannelsThatAreFarOut) {
  const auto precision = ChoosePrecision("int8");
  if (!precision.ok()) GTEST_SKIP() << precision.status().message();
  const Checkpoint exact = Open("tests/data/encoders/t5", Precision::kF32);
  OwnTensors tensors(exact.weights.tensors());
  for (const char* block : {"encoder.block.0.layer.", "encoder.block.1.layer."}) {
    for (const size_t channel : {3, 17}) {
      for (const char* norm : {"0.layer_norm.weight", "1.layer_norm.weight"}) {
        tensors.Scale(std::string(block) + norm, channel, 100);
      }
      for (const char* reader :
           {"0.SelfAttention.q.weight", "0.SelfAttention.k.weight", "0.SelfAttention.v.weight",
            "1.DenseReluDense.wi_0.weight", "1.DenseReluDense.wi_1.weight"}) {
        tensors.Scale(std::string(block) + reader, channel, 0.01f);
      }
    }
  }
  const auto config = ReadFile("tests/data/encoders/t5/config.json");
  const auto reduced = CreateEncoder(*config, tensors.map(), *precision);
  ASSERT_TRUE(reduced.ok()) << reduced.status().message();
  const Batch batch = GoldenBatch(exact.golden);
  const size_t hidden = exact.encoder->hidden_size();
  std::vector<float> want(batch.ids.size() * hidden), got(want.size());
  exact.encoder->Forward(batch.view(), want.data());
  (*reduced)->Forward(batch.view(), got.data());
  EXPECT_GE(Cosine(got, want), 0.999);
}

TEST(EncoderErrors, WrongShapesAreRefused) {
  auto weights = SafetensorsFile::Open("tests/data/encoders/bert/model.safetensors");
  ASSERT_TRUE(weights.ok());
  auto config = ReadFile("tests/data/encoders/bert/config.json");
  ASSERT_TRUE(config.ok());
  const std::string from = "\"intermediate_size\": 80", to = "\"intermediate_size\": 96";
  const size_t at = config->find(from);
  ASSERT_NE(at, std::string::npos);
  config->replace(at, from.size(), to);
  const auto encoder = CreateEncoder(*config, weights->tensors(), Precision::kF32);
  ASSERT_FALSE(encoder.ok());
  EXPECT_NE(encoder.status().message().find("intermediate.dense.weight\" has shape [80, 48]"),
            std::string::npos)
      << encoder.status().message();
}

}  // namespace
}  // namespace sg
