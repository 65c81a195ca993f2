#pragma once
// MaxSim: how well the token vectors of a passage answer those of a query, the sum over query
// tokens of the best dot product with any passage token (Khattab and Zaharia: ColBERT, 2020). Three
// forms of the passage: floats, int8 with a scale a token, and packed residual codes, which are
// looked up and never written out as floats (Santhanam et al.: ColBERTv2, 2022; PLAID,
// 2022). Chosen at run time by CPU (Highway), each with a plain twin. Pure functions, callable from
// any thread.
//
// Letters: Q query tokens, P = Q rounded up to 16, T passage tokens, D dimension, C centroids.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sg {

// The token vectors of a query, turned so that a register holds one dimension of many tokens: no
// sums across a register are needed. Columns beyond Q are zero.
struct MaxSimQuery {
  size_t tokens = 0;              // Q
  size_t padded = 0;              // P
  size_t dim = 0;                 // D
  std::vector<float> panel;       // [D, P]
  std::vector<int16_t> integers;  // [ceil(D / 2), P, 2]: rounded, value ~ scale * integer
  std::vector<float> scales;      // [P]
  // Rounded to 8 bits for packed passages on CPUs with VNNI.
  std::vector<int8_t> bytes;          // [ceil(D / 4), P, 4]
  std::vector<float> byte_scales;     // [P]
  std::vector<int32_t> byte_offsets;  // [P] 128 times the sum of a token's bytes
};

// REQUIRES: rows.size() == tokens * dim, finite, dim <= 65,536.
MaxSimQuery PackMaxSimQuery(std::span<const float> rows, size_t tokens, size_t dim);

// best[q] = max over t of the dot product of query token q and row t, -infinity if T is 0.
// REQUIRES: best.size() >= query.tokens, rows.size() == T * D.
void MaxSimFloat(const MaxSimQuery& query, std::span<const float> rows, std::span<float> best);

// The same for rows scales[t] * codes[t]. The query is rounded to 16 bits.
// REQUIRES: codes.size() == scales.size() * D.
void MaxSimInt8(const MaxSimQuery& query, std::span<const int8_t> codes,
                std::span<const float> scales, std::span<float> best);

// out[r * P + q] = dot(query token q, rows[r]): what packed passages take as the share of their
// centroids. REQUIRES: rows.size() == R * D, out.size() >= R * P.
void MaxSimDots(const MaxSimQuery& query, std::span<const float> rows, std::span<float> out);

// How residuals are coded: a byte names one of 256 entries for every group of 4 or 2 neighbouring
// dimensions (product quantization, Jegou et al. 2011).
struct ResidualCode {
  static constexpr size_t kEntries = 256;

  size_t dim = 0;
  size_t bits = 2;            // a dimension: 2 or 4
  std::vector<int8_t> books;  // [token_bytes(), kEntries, group()], 0 beyond dimension D
  float level_step = 0;       // of an int8 value
  float centroid_gain_step = 1.0f / 128;
  float residual_gain_step = 1.0f / 128;

  size_t group() const { return 8 / bits; }
  // Bytes of the codes of a token: byte j has the code of dimensions from j * group().
  size_t token_bytes() const { return (dim + group() - 1) / group(); }
  const int8_t* entry(size_t j, uint8_t code) const {
    return books.data() + (j * kEntries + code) * group();
  }
};

// The tokens of a passage: token t ~ centroid_gain_step * gains[2t] * centroid[centroids[t]] +
// residual_gain_step * gains[2t+1] * level_step * entries named by the codes.
struct PackedTokens {
  std::span<const uint16_t> centroids;  // [T], each < C
  std::span<const uint8_t> gains;       // [T, 2]
  std::span<const uint8_t> codes;       // [T, token_bytes()]
};

// best as above; `centroid_dots` [C, P] is made by MaxSimDots. The query is rounded to 8 bits where
// the CPU has VNNI, else to 16: of the part that residuals have in a dot product, less than 1 %.
void MaxSimPacked(const MaxSimQuery& query, const ResidualCode& code,
                  std::span<const float> centroid_dots, const PackedTokens& tokens,
                  std::span<float> best);

// best[q] = max over t of centroid_dots[centroids[t], q]: a first look that reads no codes.
void MaxSimCentroids(const MaxSimQuery& query, std::span<const float> centroid_dots,
                     std::span<const uint16_t> centroids, std::span<float> best);

// Overwrites row [D] with token `t`, not normalised. `centroid` is its centroid.
void UnpackToken(const ResidualCode& code, std::span<const float> centroid,
                 const PackedTokens& tokens, size_t t, std::span<float> row);

namespace plain {
void MaxSimFloat(const MaxSimQuery& query, std::span<const float> rows, std::span<float> best);
void MaxSimInt8(const MaxSimQuery& query, std::span<const int8_t> codes,
                std::span<const float> scales, std::span<float> best);
void MaxSimDots(const MaxSimQuery& query, std::span<const float> rows, std::span<float> out);
void MaxSimPacked(const MaxSimQuery& query, const ResidualCode& code,
                  std::span<const float> centroid_dots, const PackedTokens& tokens,
                  std::span<float> best);
void MaxSimCentroids(const MaxSimQuery& query, std::span<const float> centroid_dots,
                     std::span<const uint16_t> centroids, std::span<float> best);
}  // namespace plain

}  // namespace sg
