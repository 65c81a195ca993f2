// Tokens per second of an encoder on one core, by text length and precision, and the share of the
// machine's matrix-product speed that this is. usage: encoder_bench MODEL_DIR [PRECISION...];
// MODEL_DIR holds config.json and weights (tools/reference/make_encoder_goldens.py
// --real-size writes some); tools/bench/peers.py runs ONNX Runtime and torch on the same folder.

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "bench/cpu_time.h"
#include "bench/must.h"
#include "core/base/file.h"
#include "core/kernels/linear.h"
#include "core/model/encoder.h"
#include "core/model/weights.h"

namespace {

// The best of several products [512, 768] x [768, 768]: what this machine gives at most.
double CeilingGflops(sg::Precision precision) {
  constexpr size_t kRows = 512, kSize = 768;
  const std::vector<float> weights(kSize * kSize, 0.01f), x(kRows * kSize, 0.5f);
  std::vector<float> y(kRows * kSize);
  const auto linear = sg::Linear::Create(weights, {}, kSize, kSize, precision);
  const double best = sg::bench::BestCpuSeconds(
      /*runs=*/30, [&] { (*linear)->Apply(x.data(), kRows, y.data()); });
  return 2.0 * kRows * kSize * kSize / best / 1e9;
}

// Multiply-adds of the weights a token passes through, counted from the tensors: every matrix but
// the embeddings.
double WeightsPerToken(const sg::TensorMap& tensors) {
  double weights = 0;
  for (const auto& [name, tensor] : tensors) {
    const bool table =
        name.find("embed") != std::string::npos || name.find("shared") != std::string::npos ||
        name.find("relative") != std::string::npos || name.find("pooler") != std::string::npos;
    if (tensor.shape.size() == 2 && !table) weights += static_cast<double>(tensor.element_count());
  }
  return weights;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: encoder_bench MODEL_DIR [f32|bf16|int8 ...]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const std::string config = sg::bench::Must(sg::ReadFile(folder + "/config.json"));
  const auto weights = sg::bench::Must(sg::Weights::Open(folder));
  std::vector<std::string> names(argv + 2, argv + argc);
  if (names.empty()) names = {"f32", "bf16", "int8"};
  const double per_token = WeightsPerToken(weights.tensors());
  std::printf("%-6s %7s %12s %10s %10s %8s\n", "type", "tokens", "tokens/s", "GFLOP/s", "ceiling",
              "share");
  for (const std::string& name : names) {
    const auto precision = sg::ChoosePrecision(name);
    if (!precision.ok()) {
      std::printf("%s: %s\n", name.c_str(), precision.status().message().c_str());
      continue;
    }
    const double ceiling = CeilingGflops(*precision);
    const double begin = sg::bench::CpuSeconds();
    const auto encoder = sg::bench::Must(sg::CreateEncoder(config, weights.tensors(), *precision));
    const double load = sg::bench::CpuSeconds() - begin;
    for (const size_t length : {128, 512, 2048}) {
      if (length > encoder->max_positions()) continue;
      const size_t sequences = std::max<size_t>(1, 1024 / length), tokens = sequences * length;
      std::mt19937 random(1);
      std::vector<uint32_t> ids(tokens), starts;
      for (uint32_t& id : ids) id = static_cast<uint32_t>(random() % encoder->vocabulary_size());
      for (size_t s = 0; s <= sequences; ++s) starts.push_back(static_cast<uint32_t>(s * length));
      std::vector<float> out(tokens * encoder->hidden_size());
      const double best = sg::bench::BestCpuSeconds(/*runs=*/4, [&] {
        encoder->Forward({.ids = ids, .starts = starts, .visible = {}}, out.data());
      });
      const double gflops = 2.0 * per_token * static_cast<double>(tokens) / best / 1e9;
      std::printf("%-6s %7zu %12.0f %10.0f %10.0f %7.0f%%\n", name.c_str(), length,
                  static_cast<double>(tokens) / best, gflops, ceiling, 100 * gflops / ceiling);
    }
    std::printf("%-6s loaded in %.0f ms\n", name.c_str(), load * 1e3);
  }
  return 0;
}
