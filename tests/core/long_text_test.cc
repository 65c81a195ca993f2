// The memory of long texts: 8,192 tokens of a checkpoint of the shape of
// jina-embeddings-v2-small-en (random weights), where ALiBi's bias alone, written out, would take 2
// GB a layer.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "core/base/file.h"
#include "core/model/description.h"
#include "core/model/embedder.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

constexpr size_t kHidden = 512, kLayers = 4, kInner = 2048, kVocabulary = 30528, kTokens = 8192;

struct Entry {
  std::string name;
  std::vector<size_t> shape;
};

std::vector<Entry> Entries() {
  std::vector<Entry> entries;
  const auto norm = [&](const std::string& name) {
    entries.push_back({name + ".weight", {kHidden}});
    entries.push_back({name + ".bias", {kHidden}});
  };
  entries.push_back({"embeddings.word_embeddings.weight", {kVocabulary, kHidden}});
  entries.push_back({"embeddings.token_type_embeddings.weight", {2, kHidden}});
  norm("embeddings.LayerNorm");
  for (size_t l = 0; l < kLayers; ++l) {
    const std::string base = "encoder.layer." + std::to_string(l) + ".";
    for (const char* name : {"attention.self.query", "attention.self.key", "attention.self.value",
                             "attention.output.dense"}) {
      entries.push_back({base + name + ".weight", {kHidden, kHidden}});
      entries.push_back({base + name + ".bias", {kHidden}});
    }
    norm(base + "attention.output.LayerNorm");
    entries.push_back({base + "mlp.gated_layers.weight", {2 * kInner, kHidden}});
    entries.push_back({base + "mlp.wo.weight", {kHidden, kInner}});
    entries.push_back({base + "mlp.wo.bias", {kHidden}});
    norm(base + "mlp.layernorm");
  }
  return entries;
}

size_t Count(const Entry& entry) {
  size_t count = 1;
  for (const size_t size : entry.shape) count *= size;
  return count;
}

void WriteWeights(const std::string& path) {
  nlohmann::json header = nlohmann::json::object();
  size_t offset = 0;
  for (const Entry& entry : Entries()) {
    const size_t end = offset + Count(entry) * sizeof(float);
    header[entry.name] = {
        {"dtype", "F32"}, {"shape", entry.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  const std::string text = header.dump();
  const uint64_t size = text.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&size), sizeof size);
  file << text;
  std::minstd_rand random(1);
  std::vector<float> values;
  for (const Entry& entry : Entries()) {
    values.resize(Count(entry));
    const bool is_vector = entry.shape.size() == 1, is_weight = entry.name.ends_with(".weight");
    const float spread = 1.0f / std::sqrt(static_cast<float>(entry.shape.back()));
    for (float& value : values) {
      const float noise = static_cast<float>(random()) / 1073741824.0f - 1.0f;
      value = is_vector ? (is_weight ? 1.0f : 0.0f) + 0.1f * noise : spread * noise;
    }
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
  }
}

// The largest resident set since the last ResetPeak(), in bytes; 0 if the system does not tell.
uint64_t PeakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

bool ResetPeak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5";
  file.flush();
  return file.good();
}

TEST(LongText, SlowEightThousandTokensInLessThanAGigabyte) {
  const TempTree tree;
  const std::string& dir = tree.path();
  WriteWeights(dir + "/model.safetensors");
  ASSERT_TRUE(WriteFileAtomic(dir + "/config.json",
                              R"({"model_type": "bert", "position_embedding_type": "alibi",
 "feed_forward_type": "geglu", "hidden_size": 512, "num_hidden_layers": 4,
 "num_attention_heads": 8, "intermediate_size": 2048, "max_position_embeddings": 8192,
 "vocab_size": 30528, "layer_norm_eps": 1e-12})")
                  .ok());
  std::filesystem::copy("tests/data/pipelines/mean/tokenizer.json", dir + "/tokenizer.json");
  std::string text;
  for (size_t i = 0; i < kTokens; ++i) text += i % 7 == 0 ? "read " : "file ";
  const std::string_view texts[] = {text};

  const bool can_measure = ResetPeak() && PeakBytes() > 0;
  const auto embedder = OpenEmbedder(dir, {.max_tokens = kTokens, .precision = "f32"});
  ASSERT_TRUE(embedder.ok()) << embedder.status().message();
  const auto vector = (*embedder)->Embed(texts, TextRole::kPassage);
  ASSERT_TRUE(vector.ok()) << vector.status().message();
  const uint64_t peak_bytes = PeakBytes();

  const auto description = DescribeModel(*ReadModelFolder(dir));
  ASSERT_TRUE(description.ok()) << description.status().message();
  const uint64_t estimate_bytes = EstimatedMemoryBytes(*description, kTokens);
  if (!can_measure) GTEST_SKIP() << "this system does not tell the peak of resident memory";
  std::printf("peak %.0f MB, estimated %.0f MB\n", static_cast<double>(peak_bytes) / 1e6,
              static_cast<double>(estimate_bytes) / 1e6);
  EXPECT_LT(peak_bytes, uint64_t{1} << 30);
  EXPECT_LT(static_cast<double>(peak_bytes), 1.3 * static_cast<double>(estimate_bytes));
  EXPECT_GT(static_cast<double>(peak_bytes), 0.7 * static_cast<double>(estimate_bytes));
}

}  // namespace
}  // namespace sg
