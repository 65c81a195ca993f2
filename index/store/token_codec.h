#pragma once
// Token vectors in few bytes: the nearest of some thousand centroids, 2 or 4 bits a dimension for
// what is left, and two gains of a byte. After ColBERTv2 (Santhanam et al. 2022), with three
// differences that raise recall at no room: residuals are turned to their principal axes and coded
// by the product (a byte for 4 or 2 dimensions; the parametric form of Ge et al.: Optimized Product
// Quantization, 2013), each relative to its own size, and both gains are fitted by least squares
// (docs/multivector.md has the figures). Format of the blobs: docs/index_format.md "Spaces".
// Immutable after construction; thread-safe.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/kernels/maxsim.h"
#include "core/kernels/nearest_row.h"

namespace sg {

// The coded tokens of a passage.
struct EncodedTokens {
  std::vector<uint16_t> centroids;  // [T]
  std::vector<uint8_t> gains;       // [T, 2]
  std::vector<uint8_t> codes;       // [T, ResidualCode::token_bytes()]

  PackedTokens view() const { return {.centroids = centroids, .gains = gains, .codes = codes}; }
  // Tokens [begin, begin + count); `bytes` is ResidualCode::token_bytes().
  EncodedTokens Slice(size_t begin, size_t count, size_t bytes) const;
};

class TokenCodec {
 public:
  // Finds centroids (spherical k-means), axes and books for `sample` [S, dim], rows of unit length.
  // `expected_tokens`: of the whole index; there are 16 sqrt(expected) centroids or more, a power
  // of two, at most kMaxCentroids and S / 4. Deterministic. O(S * centroids^0.5 * dim). REQUIRES: S
  // > 0, bits is 2 or 4.
  static TokenCodec Train(std::span<const float> sample, size_t dim, uint64_t expected_tokens,
                          size_t bits);
  // kCorrupt if `blob` is not what Serialize made.
  static Result<TokenCodec> Parse(std::string_view blob);
  std::string Serialize() const;

  static constexpr size_t kMaxCentroids = 8192;  // their numbers are kept in 16 bits

  size_t dim() const { return code_.dim; }
  const ResidualCode& code() const { return code_; }
  size_t centroid_count() const { return scales_.size(); }
  // On the codec's axes, as everything that it codes and decodes.
  std::span<const float> centroids() const { return centroids_; }  // [C, D]
  // Bits of a centroid's number: ceil(log2(centroid_count())).
  size_t centroid_bits() const;

  // Turns `rows` [R, dim] to the codec's axes. Dot products stay what they were (to 1e-4 of the
  // lengths), so a query that is turned may be compared with what is stored.
  std::vector<float> Turn(std::span<const float> rows) const;

  // Returns [T, dim] on the codec's axes, rows of unit length (zero where a token was zero).
  // REQUIRES: every centroid number < centroid_count().
  std::vector<float> Decode(const PackedTokens& tokens) const;

 private:
  TokenCodec() = default;
  void SetAxes(std::span<const float> axes);
  void UnpackAxes();
  void SetCentroids(std::span<const float> rows);
  void UnpackCentroids();
  void FitBooks(std::span<const float> sample, std::span<const uint32_t> nearest);

  ResidualCode code_;
  std::vector<int16_t> axis_codes_;  // [D, D] 32767 times the axes
  MaxSimQuery axes_;
  std::vector<float> scales_;           // [C]
  std::vector<int8_t> centroid_codes_;  // [C, D]
  std::vector<float> centroids_;        // [C, D] scale * code
};

// Codes tokens. Immutable; thread-safe.
class TokenEncoder {
 public:
  // `codec` must outlive the encoder. Groups the centroids once: O(C^1.5 dim).
  explicit TokenEncoder(const TokenCodec& codec);

  // `rows` [T, dim], of unit length or zero, as the model gave them.
  EncodedTokens Encode(std::span<const float> rows) const;

 private:
  void EncodeRow(std::span<const float> row, uint32_t centroid, uint8_t* gains,
                 uint8_t* codes) const;

  const TokenCodec& codec_;
  NearestRow centroids_;
  std::vector<float> books_;  // [token_bytes(), group, 256], as NearestEntries reads them
};

// Halves the number of tokens: the most similar pairs first, each token merged with at most one
// other into their normalised mean (greedy; the clustering of Clavie et al. 2024, with clusters of
// two). Returns the rows kept, in the order of their first tokens, and for each the number of its
// first token. O(T^2 dim).
struct PooledTokens {
  std::vector<float> rows;  // [ceil(T / 2), dim]
  std::vector<uint32_t> first_token;
};
PooledTokens PoolTokens(std::span<const float> rows, size_t dim);

}  // namespace sg
