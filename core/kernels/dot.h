#pragma once
// Dot products of one query with many stored vectors, and how vectors are stored: int8 codes with
// a scale each, or sign bits. Chosen at run time by CPU (Highway), each with a plain twin. Pure
// functions, callable from any thread.
//
// Letters: D dimension, rows of a block lie one after the other: [rows, D].

#include <cstddef>
#include <cstdint>
#include <span>

namespace sg {

// Writes codes in [-127, 127] for `row` and returns the scale: row[d] ~ scale * codes[d], with
// scale = max |row| / 127, rounding to nearest, ties to even. All zero gives scale 0.
// REQUIRES: codes.size() == row.size(); `row` is finite.
float QuantizeRow(std::span<const float> row, std::span<int8_t> codes);

// The dot product of two vectors of equal size.
float DotFloat(std::span<const float> a, std::span<const float> b);

// out[i] = dot(query, rows i of `rows_data`) for i in [0, rows).
// REQUIRES: rows_data.size() == rows * query.size(), out.size() >= rows.
void DotFloatRows(std::span<const float> query, std::span<const float> rows_data, size_t rows,
                  std::span<float> out);

// out[i] = scales[i] * dot(query, codes i). The query is first rounded to 16-bit integers (fewer
// bits above 512 dimensions), which keeps the scan at the speed of memory; the error that this adds
// is at most max |query| / 2^15 * mean |code| * D / 2 before scaling, some thousand times less than
// that of the codes themselves.
// REQUIRES: codes.size() == rows * query.size(), scales.size() and out.size() >= rows.
void DotInt8Rows(std::span<const float> query, std::span<const int8_t> codes, size_t rows,
                 std::span<const float> scales, std::span<float> out);

// out[i] = query_scale * scales[i] * dot(query_codes, codes i), summed in integers: exact, and the
// fastest scan of int8 blocks. Same requirements; D <= 65,536.
void DotInt8RowsInt8(std::span<const int8_t> query_codes, float query_scale,
                     std::span<const int8_t> codes, size_t rows, std::span<const float> scales,
                     std::span<float> out);

// Number of 64-bit words that hold `dim` sign bits.
constexpr size_t SignWords(size_t dim) { return (dim + 63) / 64; }

// Bit d % 64 of word d / 64 is 1 where row[d] > 0; bits beyond the dimension are 0.
// REQUIRES: bits.size() == SignWords(row.size()).
void PackSigns(std::span<const float> row, std::span<uint64_t> bits);

// out[i] = number of bits in which `query` and row i differ.
// REQUIRES: rows_data.size() == rows * query.size(), out.size() >= rows.
void HammingRows(std::span<const uint64_t> query, std::span<const uint64_t> rows_data, size_t rows,
                 std::span<uint32_t> out);

namespace plain {
void DotFloatRows(std::span<const float> query, std::span<const float> rows_data, size_t rows,
                  std::span<float> out);
void DotInt8Rows(std::span<const float> query, std::span<const int8_t> codes, size_t rows,
                 std::span<const float> scales, std::span<float> out);
void DotInt8RowsInt8(std::span<const int8_t> query_codes, float query_scale,
                     std::span<const int8_t> codes, size_t rows, std::span<const float> scales,
                     std::span<float> out);
void HammingRows(std::span<const uint64_t> query, std::span<const uint64_t> rows_data, size_t rows,
                 std::span<uint32_t> out);
}  // namespace plain

}  // namespace sg
