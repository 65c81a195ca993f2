// Compiled once for every instruction set (Highway's foreach_target).
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/maxsim.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
// foreach_target.h comes first.
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "core/kernels/maxsim.h"
#include "core/kernels/maxsim_vnni.h"

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::CappedTag<float, 16>;
using FloatVec = hn::Vec<FloatTag>;
constexpr size_t kTile = 4;          // passage tokens at a time; with two registers of query tokens
constexpr size_t kMaxDim = 1 << 12;  // of the buffers for unpacked tokens; longer rows go plain

#undef SG_MAXSIM_INTEGERS
// Multiplying pairs of 16-bit integers sums neighbours in place on x86 only.
#if HWY_ARCH_X86 && HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
#define SG_MAXSIM_INTEGERS 1
#else
#define SG_MAXSIM_INTEGERS 0
#endif

// Dot products of kTile rows with all query tokens. Calls visit(row, column, vector of dots).
template <typename Visit>
HWY_INLINE void FloatTile(const float* panel, size_t padded, size_t dim,
                          const float* const (&rows)[kTile], const Visit& visit) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  for (size_t q0 = 0; q0 < padded; q0 += 2 * lanes) {
    const size_t q1 = std::min(q0 + lanes, padded - lanes);
    auto a0 = hn::Zero(d), a1 = hn::Zero(d), a2 = hn::Zero(d), a3 = hn::Zero(d);
    auto b0 = hn::Zero(d), b1 = hn::Zero(d), b2 = hn::Zero(d), b3 = hn::Zero(d);
    for (size_t i = 0; i < dim; ++i) {
      const auto qa = hn::LoadU(d, panel + i * padded + q0);
      const auto qb = hn::LoadU(d, panel + i * padded + q1);
      const auto r0 = hn::Set(d, rows[0][i]), r1 = hn::Set(d, rows[1][i]);
      const auto r2 = hn::Set(d, rows[2][i]), r3 = hn::Set(d, rows[3][i]);
      a0 = hn::MulAdd(qa, r0, a0), b0 = hn::MulAdd(qb, r0, b0);
      a1 = hn::MulAdd(qa, r1, a1), b1 = hn::MulAdd(qb, r1, b1);
      a2 = hn::MulAdd(qa, r2, a2), b2 = hn::MulAdd(qb, r2, b2);
      a3 = hn::MulAdd(qa, r3, a3), b3 = hn::MulAdd(qb, r3, b3);
    }
    visit(0, q0, a0), visit(1, q0, a1), visit(2, q0, a2), visit(3, q0, a3);
    visit(0, q1, b0), visit(1, q1, b1), visit(2, q1, b2), visit(3, q1, b3);
  }
}

#if SG_MAXSIM_INTEGERS
using Element = int16_t;

HWY_INLINE int32_t LoadPair(const int16_t* row, size_t pair) {
  int32_t both;
  std::memcpy(&both, row + 2 * pair, sizeof(both));
  return both;
}

// As FloatTile; rows are 16-bit integers, padded with a zero to even length. The dots are scaled by
// the query's scales.
template <typename Visit>
HWY_INLINE void UnpackedTile(const MaxSimQuery& query, const Element* const (&rows)[kTile],
                             const Visit& visit) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> d32;
  const hn::Repartition<int16_t, FloatTag> d16;
  const size_t lanes = hn::Lanes(d), padded = query.padded, pairs = (query.dim + 1) / 2;
  for (size_t q0 = 0; q0 < padded; q0 += 2 * lanes) {
    const size_t q1 = std::min(q0 + lanes, padded - lanes);
    auto a0 = hn::Zero(d32), a1 = hn::Zero(d32), a2 = hn::Zero(d32), a3 = hn::Zero(d32);
    auto b0 = hn::Zero(d32), b1 = hn::Zero(d32), b2 = hn::Zero(d32), b3 = hn::Zero(d32);
    auto unused = hn::Zero(d32);
    for (size_t i = 0; i < pairs; ++i) {
      const int16_t* columns = query.integers.data() + 2 * i * padded;
      const auto qa = hn::LoadU(d16, columns + 2 * q0), qb = hn::LoadU(d16, columns + 2 * q1);
      const auto r0 = hn::BitCast(d16, hn::Set(d32, LoadPair(rows[0], i)));
      const auto r1 = hn::BitCast(d16, hn::Set(d32, LoadPair(rows[1], i)));
      const auto r2 = hn::BitCast(d16, hn::Set(d32, LoadPair(rows[2], i)));
      const auto r3 = hn::BitCast(d16, hn::Set(d32, LoadPair(rows[3], i)));
      a0 = hn::ReorderWidenMulAccumulate(d32, qa, r0, a0, unused);
      b0 = hn::ReorderWidenMulAccumulate(d32, qb, r0, b0, unused);
      a1 = hn::ReorderWidenMulAccumulate(d32, qa, r1, a1, unused);
      b1 = hn::ReorderWidenMulAccumulate(d32, qb, r1, b1, unused);
      a2 = hn::ReorderWidenMulAccumulate(d32, qa, r2, a2, unused);
      b2 = hn::ReorderWidenMulAccumulate(d32, qb, r2, b2, unused);
      a3 = hn::ReorderWidenMulAccumulate(d32, qa, r3, a3, unused);
      b3 = hn::ReorderWidenMulAccumulate(d32, qb, r3, b3, unused);
    }
    const auto sa = hn::LoadU(d, query.scales.data() + q0);
    const auto sb = hn::LoadU(d, query.scales.data() + q1);
    visit(0, q0, hn::Mul(sa, hn::ConvertTo(d, a0)));
    visit(1, q0, hn::Mul(sa, hn::ConvertTo(d, a1)));
    visit(2, q0, hn::Mul(sa, hn::ConvertTo(d, a2)));
    visit(3, q0, hn::Mul(sa, hn::ConvertTo(d, a3)));
    visit(0, q1, hn::Mul(sb, hn::ConvertTo(d, b0)));
    visit(1, q1, hn::Mul(sb, hn::ConvertTo(d, b1)));
    visit(2, q1, hn::Mul(sb, hn::ConvertTo(d, b2)));
    visit(3, q1, hn::Mul(sb, hn::ConvertTo(d, b3)));
  }
}
#else
using Element = float;

template <typename Visit>
HWY_INLINE void UnpackedTile(const MaxSimQuery& query, const Element* const (&rows)[kTile],
                             const Visit& visit) {
  FloatTile(query.panel.data(), query.padded, query.dim, rows, visit);
}
#endif

// Raises best[column...] to `dots`.
HWY_INLINE void Raise(float* best, size_t column, FloatVec dots) {
  const FloatTag d;
  hn::StoreU(hn::Max(hn::LoadU(d, best + column), dots), d, best + column);
}

// Widens int8 codes; an odd dimension is followed by a zero.
HWY_INLINE void WidenCodes(const int8_t* codes, size_t dim, Element* out) {
#if SG_MAXSIM_INTEGERS
  const hn::CappedTag<int16_t, 32> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const size_t lanes = hn::Lanes(d16);
  size_t i = 0;
  for (; i + lanes <= dim; i += lanes) {
    hn::StoreU(hn::PromoteTo(d16, hn::LoadU(d8, codes + i)), d16, out + i);
  }
  for (; i < dim; ++i) out[i] = codes[i];
  out[dim] = 0;
#else
  for (size_t i = 0; i < dim; ++i) out[i] = codes[i];
#endif
}

// Looks up the entries of one token's codes, `kGroup` dimensions a code. `scratch` has room for
// kGroup * token_bytes.
template <size_t kGroup>
HWY_INLINE void LookUpEntries(const ResidualCode& code, const uint8_t* codes, int8_t* scratch) {
  const int8_t* book = code.books.data();
  const size_t bytes = code.token_bytes();
  for (size_t j = 0; j < bytes; ++j, book += ResidualCode::kEntries * kGroup) {
    std::memcpy(scratch + j * kGroup, book + codes[j] * kGroup, kGroup);
  }
}

HWY_INLINE void LookUp(const ResidualCode& code, const uint8_t* codes, int8_t* scratch) {
  if (code.group() == 4) {
    LookUpEntries<4>(code, codes, scratch);
  } else {
    LookUpEntries<2>(code, codes, scratch);
  }
}

// Rows of integers that a tile is made of, in 16 bits (floats where those do not pay).
class WideRows {
 public:
  void Set(size_t i, const int8_t* codes, size_t dim) { WidenCodes(codes, dim, rows_[i]); }
  template <typename Visit>
  HWY_INLINE void Dots(const MaxSimQuery& query, const Visit& visit) const {
    const Element* const tile[kTile] = {rows_[0], rows_[1], rows_[2], rows_[3]};
    UnpackedTile(query, tile, visit);
  }

 private:
  HWY_ALIGN Element rows_[kTile][kMaxDim + 2];
};

#if HWY_TARGET == HWY_AVX3
// The same in bytes around 128, for VNNI: half the multiplications, as the query has 8 bits too.
class ByteRows {
 public:
  void Set(size_t i, const int8_t* codes, size_t dim) {
    const hn::CappedTag<uint8_t, 64> d;
    const auto flip = hn::Set(d, uint8_t{128});
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(codes);
    size_t at = 0;
    for (; at + hn::Lanes(d) <= dim; at += hn::Lanes(d)) {
      hn::StoreU(hn::Xor(hn::LoadU(d, bytes + at), flip), d, rows_[i] + at);
    }
    for (; at < dim; ++at) rows_[i][at] = static_cast<uint8_t>(bytes[at] ^ 128);
    // Up to a multiple of four: the query is 0 there.
    std::memset(rows_[i] + dim, 0, 4);
  }
  template <typename Visit>
  HWY_INLINE void Dots(const MaxSimQuery& query, const Visit& visit) const {
    const FloatTag d;
    const uint8_t* const tile[kTile] = {rows_[0], rows_[1], rows_[2], rows_[3]};
    const size_t lanes = hn::Lanes(d);
    for (size_t q0 = 0; q0 < query.padded; q0 += 2 * lanes) {
      const size_t q1 = std::min(q0 + lanes, query.padded - lanes);
      float dots[kTile][2 * 16];
      vnni::Tile(query, tile, q0, q1, dots);
      for (size_t i = 0; i < kTile; ++i) {
        visit(i, q0, hn::LoadU(d, dots[i]));
        visit(i, q1, hn::LoadU(d, dots[i] + lanes));
      }
    }
  }

 private:
  HWY_ALIGN uint8_t rows_[kTile][kMaxDim + 4];
};
#endif

void FloatPassage(const MaxSimQuery& query, const float* rows, size_t tokens, float* best) {
  for (size_t t = 0; t < tokens; t += kTile) {
    // The next tile, which the four rows read side by side hide from the CPU's own prefetching.
    const size_t next = std::min(t + 2 * kTile, tokens) * query.dim;
    for (size_t at = std::min(t + kTile, tokens) * query.dim; at < next; at += 16) {
      hwy::Prefetch(rows + at);
    }
    const float* tile[kTile];
    for (size_t i = 0; i < kTile; ++i) tile[i] = rows + std::min(t + i, tokens - 1) * query.dim;
    FloatTile(query.panel.data(), query.padded, query.dim, tile,
              [&](size_t, size_t column, FloatVec dots) HWY_ATTR { Raise(best, column, dots); });
  }
}

void FloatDots(const MaxSimQuery& query, const float* rows, size_t count, float* out) {
  const FloatTag d;
  for (size_t t = 0; t < count; t += kTile) {
    const float* tile[kTile];
    for (size_t i = 0; i < kTile; ++i) tile[i] = rows + std::min(t + i, count - 1) * query.dim;
    FloatTile(query.panel.data(), query.padded, query.dim, tile,
              [&](size_t i, size_t column, FloatVec dots) HWY_ATTR {
                if (t + i < count) hn::StoreU(dots, d, out + (t + i) * query.padded + column);
              });
  }
}

template <typename Rows>
void PackedPassageOf(const MaxSimQuery& query, const ResidualCode& code, const float* centroid_dots,
                     const PackedTokens& tokens, float* best) {
  const FloatTag d;
  const size_t count = tokens.centroids.size();
  Rows rows;
  HWY_ALIGN int8_t entries[kMaxDim + 64];
  for (size_t t = 0; t < count; t += kTile) {
    float centroid_gain[kTile], residual_gain[kTile];
    const float* dots_of[kTile];
    for (size_t i = 0; i < kTile; ++i) {
      const size_t token = std::min(t + i, count - 1);
      LookUp(code, tokens.codes.data() + token * code.token_bytes(), entries);
      rows.Set(i, entries, query.dim);
      centroid_gain[i] = code.centroid_gain_step * tokens.gains[2 * token];
      residual_gain[i] = code.level_step * code.residual_gain_step * tokens.gains[2 * token + 1];
      dots_of[i] = centroid_dots + tokens.centroids[token] * query.padded;
    }
    rows.Dots(query, [&](size_t i, size_t column, FloatVec dots) HWY_ATTR {
      const auto residual = hn::Mul(hn::Set(d, residual_gain[i]), dots);
      const auto centroid = hn::LoadU(d, dots_of[i] + column);
      Raise(best, column, hn::MulAdd(hn::Set(d, centroid_gain[i]), centroid, residual));
    });
  }
}

void Int8Passage(const MaxSimQuery& query, const int8_t* codes, const float* scales, size_t tokens,
                 float* best) {
  const FloatTag d;
  WideRows rows;
  for (size_t t = 0; t < tokens; t += kTile) {
    float scale[kTile];
    for (size_t i = 0; i < kTile; ++i) {
      const size_t token = std::min(t + i, tokens - 1);
      rows.Set(i, codes + token * query.dim, query.dim);
      scale[i] = scales[token];
    }
    rows.Dots(query, [&](size_t i, size_t column, FloatVec dots)
                         HWY_ATTR { Raise(best, column, hn::Mul(hn::Set(d, scale[i]), dots)); });
  }
}

void PackedPassage(const MaxSimQuery& query, const ResidualCode& code, const float* centroid_dots,
                   const PackedTokens& tokens, float* best) {
#if HWY_TARGET == HWY_AVX3
  if (vnni::Available()) {
    return PackedPassageOf<ByteRows>(query, code, centroid_dots, tokens, best);
  }
#endif
  PackedPassageOf<WideRows>(query, code, centroid_dots, tokens, best);
}

void CentroidPassage(const MaxSimQuery& query, const float* centroid_dots,
                     const uint16_t* centroids, size_t tokens, float* best) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  for (size_t q = 0; q < query.padded; q += 2 * lanes) {
    const size_t q1 = std::min(q + lanes, query.padded - lanes);
    auto best0 = hn::LoadU(d, best + q), best1 = hn::LoadU(d, best + q1);
    for (size_t t = 0; t < tokens; ++t) {
      const float* dots = centroid_dots + centroids[t] * query.padded;
      best0 = hn::Max(best0, hn::LoadU(d, dots + q));
      best1 = hn::Max(best1, hn::LoadU(d, dots + q1));
    }
    hn::StoreU(best0, d, best + q);
    hn::StoreU(best1, d, best + q1);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <cmath>
#include <limits>

namespace sg {
namespace {

HWY_EXPORT(FloatPassage);
HWY_EXPORT(FloatDots);
HWY_EXPORT(Int8Passage);
HWY_EXPORT(PackedPassage);
HWY_EXPORT(CentroidPassage);

constexpr size_t kColumns = 16;
constexpr size_t kLongestUnpacked = 1 << 12;  // kMaxDim of the kernels
constexpr float kNothing = -std::numeric_limits<float>::infinity();

// The best values of all P columns, of which the caller sees the first Q.
class Columns {
 public:
  Columns(const MaxSimQuery& query, std::span<float> best) : query_(query), best_(best) {
    if (query.padded > kInPlace) heap_.resize(query.padded);
    std::fill_n(data(), query.padded, kNothing);
  }
  ~Columns() { std::copy_n(data(), query_.tokens, best_.begin()); }
  Columns(const Columns&) = delete;
  Columns& operator=(const Columns&) = delete;
  float* data() { return heap_.empty() ? in_place_ : heap_.data(); }

 private:
  static constexpr size_t kInPlace = 256;
  const MaxSimQuery& query_;
  std::span<float> best_;
  float in_place_[kInPlace];
  std::vector<float> heap_;
};

}  // namespace

MaxSimQuery PackMaxSimQuery(std::span<const float> rows, size_t tokens, size_t dim) {
  MaxSimQuery query{
      .tokens = tokens, .padded = (tokens + kColumns - 1) / kColumns * kColumns, .dim = dim};
  query.panel.assign(dim * query.padded, 0.0f);
  query.integers.assign((dim + 1) / 2 * 2 * query.padded, int16_t{0});
  query.scales.assign(query.padded, 0.0f);
  query.bytes.assign((dim + 3) / 4 * 4 * query.padded, int8_t{0});
  query.byte_scales.assign(query.padded, 0.0f);
  query.byte_offsets.assign(query.padded, 0);
  // The sum of all products with codes of size 128 must fit int32.
  const double largest_sum = 2147483647.0 / (128.0 * static_cast<double>(std::max<size_t>(dim, 1)));
  const float limit = static_cast<float>(std::floor(std::min(32767.0, largest_sum)));
  for (size_t q = 0; q < tokens; ++q) {
    const std::span<const float> row = rows.subspan(q * dim, dim);
    float largest = 0;
    for (float x : row) largest = std::max(largest, std::fabs(x));
    const float inverse = limit / largest;
    const bool usable = std::isfinite(inverse);
    query.scales[q] = usable ? largest / limit : 0;
    query.byte_scales[q] = usable ? largest / 127 : 0;
    for (size_t d = 0; d < dim; ++d) {
      query.panel[d * query.padded + q] = row[d];
      if (!usable) continue;
      const float rounded = std::clamp(std::nearbyint(row[d] * inverse), -limit, limit);
      query.integers[(d / 2 * query.padded + q) * 2 + d % 2] = static_cast<int16_t>(rounded);
      const float byte = std::nearbyint(row[d] / query.byte_scales[q]);
      query.bytes[(d / 4 * query.padded + q) * 4 + d % 4] = static_cast<int8_t>(byte);
      query.byte_offsets[q] += 128 * static_cast<int32_t>(byte);
    }
  }
  return query;
}

void MaxSimFloat(const MaxSimQuery& query, std::span<const float> rows, std::span<float> best) {
  if (query.tokens == 0) return;
  Columns columns(query, best);
  if (rows.empty()) return;
  HWY_DYNAMIC_DISPATCH(FloatPassage)
  (query, rows.data(), rows.size() / query.dim, columns.data());
}

void MaxSimInt8(const MaxSimQuery& query, std::span<const int8_t> codes,
                std::span<const float> scales, std::span<float> best) {
  if (query.dim > kLongestUnpacked) return plain::MaxSimInt8(query, codes, scales, best);
  if (query.tokens == 0) return;
  Columns columns(query, best);
  if (scales.empty()) return;
  HWY_DYNAMIC_DISPATCH(Int8Passage)
  (query, codes.data(), scales.data(), scales.size(), columns.data());
}

void MaxSimDots(const MaxSimQuery& query, std::span<const float> rows, std::span<float> out) {
  if (rows.empty() || query.tokens == 0) return;
  HWY_DYNAMIC_DISPATCH(FloatDots)(query, rows.data(), rows.size() / query.dim, out.data());
}

void MaxSimPacked(const MaxSimQuery& query, const ResidualCode& code,
                  std::span<const float> centroid_dots, const PackedTokens& tokens,
                  std::span<float> best) {
  if (query.dim > kLongestUnpacked) {
    return plain::MaxSimPacked(query, code, centroid_dots, tokens, best);
  }
  if (query.tokens == 0) return;
  Columns columns(query, best);
  if (tokens.centroids.empty()) return;
  HWY_DYNAMIC_DISPATCH(PackedPassage)
  (query, code, centroid_dots.data(), tokens, columns.data());
}

void MaxSimCentroids(const MaxSimQuery& query, std::span<const float> centroid_dots,
                     std::span<const uint16_t> centroids, std::span<float> best) {
  if (query.tokens == 0) return;
  Columns columns(query, best);
  HWY_DYNAMIC_DISPATCH(CentroidPassage)
  (query, centroid_dots.data(), centroids.data(), centroids.size(), columns.data());
}

void UnpackToken(const ResidualCode& code, std::span<const float> centroid,
                 const PackedTokens& tokens, size_t t, std::span<float> row) {
  const float centroid_gain = code.centroid_gain_step * tokens.gains[2 * t];
  const float residual_gain = code.level_step * code.residual_gain_step * tokens.gains[2 * t + 1];
  const uint8_t* codes = tokens.codes.data() + t * code.token_bytes();
  for (size_t d = 0; d < code.dim; ++d) {
    const size_t j = d / code.group();
    const float value = code.entry(j, codes[j])[d % code.group()];
    row[d] = centroid_gain * centroid[d] + residual_gain * value;
  }
}

namespace plain {
namespace {

double DotColumn(const MaxSimQuery& query, size_t q, std::span<const float> row) {
  double dot = 0;
  for (size_t d = 0; d < query.dim; ++d) {
    dot += double{query.panel[d * query.padded + q]} * double{row[d]};
  }
  return dot;
}

}  // namespace

void MaxSimFloat(const MaxSimQuery& query, std::span<const float> rows, std::span<float> best) {
  for (size_t q = 0; q < query.tokens; ++q) {
    best[q] = kNothing;
    for (size_t at = 0; at < rows.size(); at += query.dim) {
      best[q] =
          std::max(best[q], static_cast<float>(DotColumn(query, q, rows.subspan(at, query.dim))));
    }
  }
}

void MaxSimInt8(const MaxSimQuery& query, std::span<const int8_t> codes,
                std::span<const float> scales, std::span<float> best) {
  std::fill_n(best.begin(), query.tokens, kNothing);
  std::vector<float> row(query.dim);
  for (size_t t = 0; t < scales.size(); ++t) {
    for (size_t d = 0; d < query.dim; ++d) {
      row[d] = scales[t] * static_cast<float>(codes[t * query.dim + d]);
    }
    for (size_t q = 0; q < query.tokens; ++q) {
      best[q] = std::max(best[q], static_cast<float>(DotColumn(query, q, row)));
    }
  }
}

void MaxSimDots(const MaxSimQuery& query, std::span<const float> rows, std::span<float> out) {
  for (size_t r = 0; r * query.dim < rows.size(); ++r) {
    for (size_t q = 0; q < query.padded; ++q) {
      out[r * query.padded + q] =
          static_cast<float>(DotColumn(query, q, rows.subspan(r * query.dim, query.dim)));
    }
  }
}

void MaxSimPacked(const MaxSimQuery& query, const ResidualCode& code,
                  std::span<const float> centroid_dots, const PackedTokens& tokens,
                  std::span<float> best) {
  std::fill_n(best.begin(), query.tokens, kNothing);
  // Of a token without its centroid.
  const std::vector<float> zero(query.dim);
  std::vector<float> residual(query.dim);
  for (size_t t = 0; t < tokens.centroids.size(); ++t) {
    UnpackToken(code, zero, tokens, t, residual);
    const float gain = code.centroid_gain_step * tokens.gains[2 * t];
    for (size_t q = 0; q < query.tokens; ++q) {
      const double centroid = centroid_dots[tokens.centroids[t] * query.padded + q];
      best[q] =
          std::max(best[q], static_cast<float>(gain * centroid + DotColumn(query, q, residual)));
    }
  }
}

void MaxSimCentroids(const MaxSimQuery& query, std::span<const float> centroid_dots,
                     std::span<const uint16_t> centroids, std::span<float> best) {
  std::fill_n(best.begin(), query.tokens, kNothing);
  for (const uint32_t centroid : centroids) {
    for (size_t q = 0; q < query.tokens; ++q) {
      best[q] = std::max(best[q], centroid_dots[centroid * query.padded + q]);
    }
  }
}

}  // namespace plain
}  // namespace sg
#endif  // HWY_ONCE
