#pragma once
// Weighted sums of rows of a table: what a static embedding is. Chosen at run time by CPU
// (Highway), with a plain twin. Pure functions, callable from any thread.
//
// Letters: V rows of the table, D columns, n rows to add.

#include <cstddef>
#include <cstdint>
#include <span>

namespace sg {

// The element type of a table. Rows may begin at any address.
enum class RowType { kInt8, kFloat16, kFloat32 };

// sum[d] += weights[i] * table[ids[i] * D + d] for all i, d, with D = sum.size(). A scale of
// quantised rows belongs into the weight.
// REQUIRES: `table` holds [V, D] elements of `type` and every id is below V.
void AddWeightedRows(const void* table, RowType type, std::span<const uint32_t> ids,
                     std::span<const float> weights, std::span<float> sum);

namespace plain {
void AddWeightedRows(const void* table, RowType type, std::span<const uint32_t> ids,
                     std::span<const float> weights, std::span<float> sum);
}  // namespace plain

}  // namespace sg
