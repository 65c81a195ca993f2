#include "core/kernels/gather.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace sg {
namespace {

// A table of random elements that are finite in every type, at an odd address.
struct RandomTable {
  RandomTable(RowType type, size_t rows, size_t dim, std::mt19937* random) {
    const size_t element_bytes = type == RowType::kInt8 ? 1 : type == RowType::kFloat16 ? 2 : 4;
    bytes.resize(1 + rows * dim * element_bytes);
    for (size_t i = 0; i < rows * dim; ++i) {
      char* to = bytes.data() + 1 + i * element_bytes;
      const auto bits = static_cast<uint32_t>((*random)());
      if (type == RowType::kInt8) {
        *to = static_cast<char>(bits);
      } else if (type == RowType::kFloat16) {  // all finite halves, subnormal ones too
        const auto half = static_cast<uint16_t>((bits & 0x8000) | (bits & 0x7fff) % 0x7c00);
        std::memcpy(to, &half, sizeof(half));
      } else {
        const float value = static_cast<float>(static_cast<int32_t>(bits)) * 0x1p-20f;
        std::memcpy(to, &value, sizeof(value));
      }
    }
  }
  const void* data() const { return bytes.data() + 1; }
  std::vector<char> bytes;
};

TEST(GatherTest, FastEqualsPlain) {
  std::mt19937 random(7);
  for (const RowType type : {RowType::kInt8, RowType::kFloat16, RowType::kFloat32}) {
    for (const size_t dim : {1u, 3u, 4u, 15u, 16u, 17u, 63u, 64u, 100u, 256u, 257u}) {
      for (const size_t count : {0u, 1u, 2u, 9u}) {
        const size_t rows = 11;
        const RandomTable table(type, rows, dim, &random);
        std::vector<uint32_t> ids(count);
        std::vector<float> weights(count);
        for (size_t i = 0; i < count; ++i) {
          ids[i] = static_cast<uint32_t>(random() % rows);
          weights[i] = static_cast<float>(random() % 2000) * 1e-3f - 1;
        }
        std::vector<float> fast(dim, 0.5f), slow(dim, 0.5f);
        AddWeightedRows(table.data(), type, ids, weights, fast);
        plain::AddWeightedRows(table.data(), type, ids, weights, slow);
        for (size_t d = 0; d < dim; ++d) {
          // Rounding of each partial sum, against the largest element of the type.
          const float largest = type == RowType::kInt8 ? 128 : 65504;
          ASSERT_NEAR(fast[d], slow[d], 1e-6f * largest * static_cast<float>(count + 1))
              << "type " << static_cast<int>(type) << " dim " << dim << " column " << d;
        }
      }
    }
  }
}

TEST(GatherTest, AddsByHand) {
  const int8_t table[] = {1, 2, -128, 127, 5, 6};
  std::vector<float> sum = {10, 20};
  const uint32_t ids[] = {1, 2, 1};
  const float weights[] = {1, 0.5f, 2};
  AddWeightedRows(table, RowType::kInt8, ids, weights, sum);
  EXPECT_EQ(sum, (std::vector<float>{10 - 384 + 2.5f, 20 + 381 + 3}));
}

}  // namespace
}  // namespace sg
