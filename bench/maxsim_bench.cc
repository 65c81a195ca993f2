// MaxSim of one query with many passages on one core, in billions of products of single dimensions
// (multiply and add) a second, beside the most that the core's registers give.
//
//   maxsim_bench [PASSAGES=2000] [PASSAGE_TOKENS=180] [DIM=128] [QUERY_TOKENS=32]
//
// tools/maxsim_peers.py runs numpy and torch on the same shapes.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "bench/cpu_time.h"
#include "core/kernels/maxsim.h"

namespace {

constexpr int kRuns = 9;

struct Shape {
  size_t passages, tokens, dim, query_tokens;
  double products() const {
    return static_cast<double>(passages * tokens) * static_cast<double>(dim * query_tokens);
  }
};

// `bytes_per_token`: what the scan reads.
template <typename Work>
void Report(const char* name, const Shape& shape, double bytes_per_token, Work work) {
  const double seconds = sg::bench::BestCpuSeconds(kRuns, work);
  const double tokens = static_cast<double>(shape.passages * shape.tokens);
  std::printf("%-20s %8.2f ms  %7.1f G products/s  %7.2f M tokens/s  %6.2f GB/s\n", name,
              seconds * 1e3, shape.products() / seconds * 1e-9, tokens / seconds * 1e-6,
              tokens * bytes_per_token / seconds * 1e-9);
}

// One passage that stays in the first-level cache, again and again: the ceiling of the kernels.
void ReportCeilings(const Shape& shape, const sg::MaxSimQuery& query) {
  constexpr size_t kTokens = 16;
  const std::vector<float> rows(kTokens * shape.dim, 0.5f), scales(kTokens, 0.1f);
  const std::vector<int8_t> codes(kTokens * shape.dim, 5);
  std::vector<float> best(query.tokens);
  const size_t times = shape.passages * shape.tokens / kTokens;
  Report("float, one passage", shape, 0, [&] {
    for (size_t i = 0; i < times; ++i) sg::MaxSimFloat(query, rows, best);
  });
  Report("int8, one passage", shape, 0, [&] {
    for (size_t i = 0; i < times; ++i) sg::MaxSimInt8(query, codes, scales, best);
  });
}

// Reading alone: what memory gives to a scan that computes nothing.
void ReportMemory(const std::vector<float>& rows) {
  uint64_t sum = 0;
  const auto* words = reinterpret_cast<const char*>(rows.data());
  const size_t size = rows.size() * sizeof(float);
  const double seconds = sg::bench::BestCpuSeconds(kRuns, [&] {
    // One word of every line is enough to fetch it.
    for (size_t at = 0; at + 64 <= size; at += 64) {
      uint64_t word;
      std::memcpy(&word, words + at, sizeof(word));
      sum += word;
    }
  });
  std::printf("%-20s %8.2f ms %62.2f GB/s\n", sum == 1 ? "reading " : "reading", seconds * 1e3,
              static_cast<double>(size) / seconds * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, size_t otherwise) {
    return argc > i ? static_cast<size_t>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
  };
  const Shape shape{argument(1, 2000), argument(2, 180), argument(3, 128), argument(4, 32)};
  constexpr size_t kCentroids = 4096;
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  const auto floats = [&](size_t count) {
    std::vector<float> values(count);
    for (float& v : values) v = normal(random);
    return values;
  };
  const sg::MaxSimQuery query =
      sg::PackMaxSimQuery(floats(shape.query_tokens * shape.dim), shape.query_tokens, shape.dim);
  const size_t total = shape.passages * shape.tokens;
  std::printf("%zu passages of %zu tokens, dimension %zu, %zu query tokens, one core\n",
              shape.passages, shape.tokens, shape.dim, shape.query_tokens);
  std::vector<float> best(shape.query_tokens);
  double check = 0;
  const auto each = [&](auto score) {
    for (size_t p = 0; p < shape.passages; ++p) {
      score(p * shape.tokens);
      check += static_cast<double>(best[0]);
    }
  };
  ReportCeilings(shape, query);
  {
    const std::vector<float> rows = floats(total * shape.dim);
    ReportMemory(rows);
    Report("float", shape, 4.0 * static_cast<double>(shape.dim), [&] {
      each([&](size_t at) {
        sg::MaxSimFloat(query, {&rows[at * shape.dim], shape.tokens * shape.dim}, best);
      });
    });
  }
  {
    std::vector<int8_t> codes(total * shape.dim);
    for (int8_t& code : codes) code = static_cast<int8_t>(random());
    const std::vector<float> scales(total, 0.01f);
    Report("int8", shape, static_cast<double>(shape.dim) + 4, [&] {
      each([&](size_t at) {
        sg::MaxSimInt8(query, {&codes[at * shape.dim], shape.tokens * shape.dim},
                       {&scales[at], shape.tokens}, best);
      });
    });
  }
  const std::vector<float> centroids = floats(kCentroids * shape.dim);
  std::vector<float> dots(kCentroids * query.padded);
  std::vector<uint16_t> ids(total);
  std::vector<uint8_t> gains(2 * total, 100);
  for (uint16_t& id : ids) id = static_cast<uint16_t>(random() % kCentroids);
  std::printf(
      "%-20s %8.2f ms for %zu centroids\n", "centroid dots",
      sg::bench::BestCpuSeconds(kRuns, [&] { sg::MaxSimDots(query, centroids, dots); }) * 1e3,
      kCentroids);
  for (const size_t bits : {size_t{2}, size_t{4}}) {
    sg::ResidualCode code{.dim = shape.dim, .bits = bits, .level_step = 0.01f};
    const size_t bytes = code.token_bytes();
    code.books.resize(bytes * sg::ResidualCode::kEntries * code.group());
    for (int8_t& value : code.books) value = static_cast<int8_t>(random());
    std::vector<uint8_t> codes(total * bytes);
    for (uint8_t& byte : codes) byte = static_cast<uint8_t>(random());
    Report(bits == 2 ? "packed, 2 bits" : "packed, 4 bits", shape, static_cast<double>(bytes) + 6,
           [&] {
             each([&](size_t at) {
               sg::MaxSimPacked(query, code, dots,
                                {.centroids = {&ids[at], shape.tokens},
                                 .gains = {&gains[2 * at], 2 * shape.tokens},
                                 .codes = {&codes[at * bytes], shape.tokens * bytes}},
                                best);
             });
           });
  }
  Report("centroids only", shape, 4, [&] {
    each([&](size_t at) { sg::MaxSimCentroids(query, dots, {&ids[at], shape.tokens}, best); });
  });
  std::printf("check %d\n", check > 0 ? 1 : 0);
  return 0;
}
