// Scans of vector blocks on one core, in GB/s of stored bytes, beside plain reading of the same
// memory.
//
//   dot_bench [ROWS=1000000] [DIM=256]

#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "bench/cpu_time.h"
#include "core/base/hash.h"
#include "core/kernels/dot.h"

namespace {

// Prints the best of seven runs of `scan` over `bytes` bytes.
template <typename Scan>
void Report(const char* name, size_t bytes, Scan scan) {
  const double best = sg::bench::BestCpuSeconds(/*runs=*/7, scan);
  std::printf("%-28s %8.2f ms  %6.1f GB/s\n", name, best * 1e3,
              static_cast<double>(bytes) / best / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t rows = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000'000;
  const size_t dim = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 256;
  std::mt19937 random(1);
  std::vector<int8_t> codes(rows * dim);
  for (int8_t& code : codes) code = static_cast<int8_t>(random());
  std::vector<float> query(dim), scales(rows, 0.01f), out(rows);
  for (float& x : query) x = static_cast<float>(random() % 1000) - 500;
  std::vector<int8_t> query_codes(dim);
  const float query_scale = sg::QuantizeRow(query, query_codes);
  const size_t words = sg::SignWords(dim);
  std::vector<uint64_t> bits(rows * words), query_bits(words);
  for (uint64_t& word : bits) word = random();
  std::vector<uint32_t> distances(rows);

  std::printf("%zu rows of %zu\n", rows, dim);
  uint64_t check = 0;
  Report("read (XXH3)", codes.size(), [&] {
    check += sg::Hash64({reinterpret_cast<const char*>(codes.data()), codes.size()});
  });
  Report("float query, int8 rows", codes.size(),
         [&] { sg::DotInt8Rows(query, codes, rows, scales, out); });
  Report("int8 query, int8 rows", codes.size(),
         [&] { sg::DotInt8RowsInt8(query_codes, query_scale, codes, rows, scales, out); });
  Report("sign bits", bits.size() * sizeof(uint64_t),
         [&] { sg::HammingRows(query_bits, bits, rows, distances); });
  std::printf("check %llu\n", static_cast<unsigned long long>(check & 1));
  return 0;
}
