// The micro-kernel keeps its accumulators in an array of vectors, which scalable vector types do
// not allow; ARM machines use NEON here.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#include "core/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/kernels/attention_bf16.h"

// The accumulators of the micro-kernel live in registers only if its loops are unrolled completely.
#if defined(__clang__)
#define SG_UNROLL _Pragma("unroll")
#else
#define SG_UNROLL _Pragma("GCC unroll 8")
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/attention.cc"
// foreach_target.h compiles this file once per instruction set, so it comes first.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace sg {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr size_t kQueryTile = 48;
constexpr size_t kKeyTile = 128;
constexpr size_t kRows =
    6;  // of the micro-kernel: 6 x 4 accumulators fill 32 registers, 6 x 2 fill 16
constexpr size_t kMaxWidth = HWY_MAX_BYTES >= 64 ? 4 : 2;
constexpr float kMasked = -1e30f;

// c[r, 0..kWidth vectors) (+)= sum over i < k of a[r, i] * b[i, 0..kWidth vectors), for kCount
// rows.
template <size_t kCount, size_t kWidth>
HWY_INLINE void MultiplyBlock(const float* a, size_t a_stride, const float* b, size_t b_stride,
                              size_t k, float* c, size_t c_stride, bool accumulate) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V sums[kCount][kWidth];
  SG_UNROLL for (size_t r = 0; r < kCount; ++r) {
    SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
      sums[r][v] = accumulate ? hn::LoadU(d, c + r * c_stride + v * lanes) : hn::Zero(d);
    }
  }
  for (size_t i = 0; i < k; ++i) {
    V column[kWidth];
    SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
      column[v] = hn::LoadU(d, b + i * b_stride + v * lanes);
    }
    SG_UNROLL for (size_t r = 0; r < kCount; ++r) {
      const V left = hn::Set(d, a[r * a_stride + i]);
      SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
        sums[r][v] = hn::MulAdd(left, column[v], sums[r][v]);
      }
    }
  }
  SG_UNROLL for (size_t r = 0; r < kCount; ++r) {
    SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
      hn::StoreU(sums[r][v], d, c + r * c_stride + v * lanes);
    }
  }
}

// The same over n columns: blocks of four, two and one vectors, then single columns.
template <size_t kCount>
HWY_INLINE void MultiplyRows(const float* a, size_t a_stride, const float* b, size_t b_stride,
                             size_t k, float* c, size_t c_stride, size_t n, bool accumulate) {
  const size_t lanes = hn::Lanes(D());
  size_t j = 0;
  if constexpr (kMaxWidth == 4) {
    for (; j + 4 * lanes <= n; j += 4 * lanes) {
      MultiplyBlock<kCount, 4>(a, a_stride, b + j, b_stride, k, c + j, c_stride, accumulate);
    }
  }
  for (; j + 2 * lanes <= n; j += 2 * lanes) {
    MultiplyBlock<kCount, 2>(a, a_stride, b + j, b_stride, k, c + j, c_stride, accumulate);
  }
  for (; j + lanes <= n; j += lanes) {
    MultiplyBlock<kCount, 1>(a, a_stride, b + j, b_stride, k, c + j, c_stride, accumulate);
  }
  for (; j < n; ++j) {
    for (size_t r = 0; r < kCount; ++r) {
      float sum = accumulate ? c[r * c_stride + j] : 0.0f;
      for (size_t i = 0; i < k; ++i) sum += a[r * a_stride + i] * b[i * b_stride + j];
      c[r * c_stride + j] = sum;
    }
  }
}

void Multiply(const float* a, size_t a_stride, const float* b, size_t b_stride, size_t k, float* c,
              size_t c_stride, size_t rows, size_t n, bool accumulate) {
  size_t r = 0;
  for (; r + kRows <= rows; r += kRows) {
    MultiplyRows<kRows>(a + r * a_stride, a_stride, b, b_stride, k, c + r * c_stride, c_stride, n,
                        accumulate);
  }
  for (; r < rows; ++r) {
    MultiplyRows<1>(a + r * a_stride, a_stride, b, b_stride, k, c + r * c_stride, c_stride, n,
                    accumulate);
  }
}

// Applies scale, bias and mask to the scores of query i against keys [key_begin, key_begin + keys);
// padding up to kKeyTile is masked.
void FinishScores(const AttentionShape& shape, size_t head, size_t i, size_t key_begin, size_t keys,
                  float* scores) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V scale = hn::Set(d, shape.scale);
  size_t j = 0;
  if (shape.distance_bias == nullptr) {
    for (; j < kKeyTile; j += lanes)
      hn::StoreU(hn::Mul(hn::LoadU(d, scores + j), scale), d, scores + j);
  } else {
    const float* bias =
        shape.distance_bias + head * shape.bias_stride + shape.bias_center + key_begin - i;
    for (; j + lanes <= keys; j += lanes) {
      hn::StoreU(hn::MulAdd(hn::LoadU(d, scores + j), scale, hn::LoadU(d, bias + j)), d,
                 scores + j);
    }
    for (; j < keys; ++j) scores[j] = scores[j] * shape.scale + bias[j];
  }
  for (j = keys; j < kKeyTile; ++j) scores[j] = kMasked;
  if (shape.causal) {
    for (j = i >= key_begin ? i - key_begin + 1 : 0; j < keys; ++j) scores[j] = kMasked;
  }
  if (shape.window > 0) {
    for (j = 0; j < keys; ++j) {
      const size_t key = key_begin + j;
      const size_t distance = key > i ? key - i : i - key;
      if (distance > shape.window) scores[j] = kMasked;
    }
  }
}

void ScaleRow(float factor, float* x, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const V f = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, x + i), f), d, x + i);
  for (; i < n; ++i) x[i] *= factor;
}

// exp(x) for x in [-80, 0], to 1e-4 of itself: 2^n with the integer part in the exponent's bits.
HWY_INLINE V CoarseExp(V x) {
  const D d;
  const hn::RebindToSigned<D> di;
  const V t = hn::Mul(x, hn::Set(d, 1.44269504f));
  const auto whole = hn::NearestInt(t);
  const V f = hn::Sub(t, hn::ConvertTo(d, whole));
  V poly = hn::Set(d, 0.0558f);
  poly = hn::MulAdd(poly, f, hn::Set(d, 0.24022651f));
  poly = hn::MulAdd(poly, f, hn::Set(d, 0.69314718f));
  poly = hn::MulAdd(poly, f, hn::Set(d, 1.0f));
  return hn::BitCast(d, hn::Add(hn::BitCast(di, poly), hn::ShiftLeft<23>(whole)));
}

// One step of the online softmax for one query: turns scores into weights, rescales what was
// accumulated so far.
template <bool kCoarse>
void SoftmaxStep(float* scores, float* maximum, float* sum, float* accumulated, size_t head_dim) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  V largest = hn::Set(d, *maximum);
  for (size_t j = 0; j < kKeyTile; j += lanes) largest = hn::Max(largest, hn::LoadU(d, scores + j));
  const float new_maximum = hn::GetLane(hn::MaxOfLanes(d, largest));
  const V shift = hn::Set(d, new_maximum);
  V total = hn::Zero(d);
  for (size_t j = 0; j < kKeyTile; j += lanes) {
    const V below = hn::Max(hn::Sub(hn::LoadU(d, scores + j), shift), hn::Set(d, -80.0f));
    const V e = kCoarse ? CoarseExp(below) : hn::Exp(d, below);
    total = hn::Add(total, e);
    hn::StoreU(e, d, scores + j);
  }
  const float correction = *maximum <= kMasked ? 0.0f : std::exp(*maximum - new_maximum);
  *sum = *sum * correction + hn::GetLane(hn::SumOfLanes(d, total));
  *maximum = new_maximum;
  if (correction == 1.0f) return;
  ScaleRow(correction, accumulated, head_dim);
}

// Keys that take part at all.
HWY_INLINE size_t KeyCount(const AttentionShape& shape) {
  return shape.visible_keys > 0 ? shape.visible_keys : shape.tokens;
}

// The keys that some query of [query_begin, query_end) may see.
void VisibleKeys(const AttentionShape& shape, size_t query_begin, size_t query_end, size_t* begin,
                 size_t* end) {
  *begin = 0;
  *end = shape.causal ? std::min(query_end, KeyCount(shape)) : KeyCount(shape);
  if (shape.window > 0) {
    *begin = query_begin > shape.window ? (query_begin - shape.window) / kKeyTile * kKeyTile : 0;
    *end = std::min(*end, query_end + shape.window);
  }
}

// keys_t [head_dim, padded tokens]: the keys of one head, transposed.
void TransposeKeys(const AttentionShape& shape, const float* k, size_t padded, float* keys_t) {
  // Blocks of 16 tokens: their rows stay in cache while whole lines are written.
  constexpr size_t kBlock = 16;
  for (size_t begin = 0; begin < shape.tokens; begin += kBlock) {
    const size_t end = std::min(begin + kBlock, shape.tokens);
    for (size_t i = 0; i < shape.head_dim; ++i) {
      for (size_t j = begin; j < end; ++j) keys_t[i * padded + j] = k[j * shape.kv_stride + i];
    }
  }
}

// Queries, keys and values of one head in float.
struct FloatHead {
  static constexpr bool kNarrow = false;
  const float* q;
  const float* keys_t;  // [head_dim, padded]
  const float* v;
  size_t padded;

  // The scores of queries [query, query + rows) and keys [key, key + kKeyTile).
  void Score(const AttentionShape& shape, size_t query, size_t rows, size_t key, float* scores) {
    Multiply(q + query * shape.query_stride, shape.query_stride, keys_t + key, padded,
             shape.head_dim, scores, kKeyTile, rows, kKeyTile, /*accumulate=*/false);
  }
  // Adds the values of [key, key + keys) by weight.
  void Add(const AttentionShape& shape, const float* weights, size_t rows, size_t key, size_t keys,
           float* sums, size_t stride) {
    Multiply(weights, kKeyTile, v + key * shape.kv_stride, shape.kv_stride, keys, sums, stride,
             rows, shape.head_dim, /*accumulate=*/true);
  }
};

// The same in bf16.
struct NarrowHead {
  static constexpr bool kNarrow = true;
  const float* q;
  const uint32_t* keys;    // [head_dim / 2, padded]
  const uint32_t* values;  // [padded / 2, head_dim]
  size_t padded;
  uint16_t* rows_buffer;  // [kQueryTile, max(head_dim, kKeyTile)]

  void Score(const AttentionShape& shape, size_t query, size_t rows, size_t key, float* scores) {
    const size_t dim = shape.head_dim;
    bf16::PackRows(q + query * shape.query_stride, shape.query_stride, rows, dim, rows_buffer);
    bf16::Multiply(rows_buffer, dim, keys + key, padded, dim / 2, scores, kKeyTile, rows, kKeyTile,
                   /*accumulate=*/false);
  }
  void Add(const AttentionShape& shape, const float* weights, size_t rows, size_t key, size_t count,
           float* sums, size_t stride) {
    const size_t dim = shape.head_dim;
    bf16::PackRows(weights, kKeyTile, rows, kKeyTile, rows_buffer);
    bf16::Multiply(rows_buffer, kKeyTile, values + key / 2 * dim, dim, (count + 1) / 2, sums,
                   stride, rows, dim, /*accumulate=*/true);
  }
};

template <typename Head>
void AttendHead(const AttentionShape& shape, size_t head, Head parts, float* out) {
  const size_t dim = shape.head_dim, out_stride = shape.heads * dim;
  HWY_ALIGN float scores[kQueryTile * kKeyTile];
  float maxima[kQueryTile], sums[kQueryTile];
  for (size_t query = 0; query < shape.tokens; query += kQueryTile) {
    const size_t rows = std::min(kQueryTile, shape.tokens - query);
    std::fill_n(maxima, rows, kMasked);
    std::fill_n(sums, rows, 0.0f);
    float* accumulated = out + query * out_stride;
    for (size_t r = 0; r < rows; ++r) std::fill_n(accumulated + r * out_stride, dim, 0.0f);
    size_t key, key_end;
    VisibleKeys(shape, query, query + rows, &key, &key_end);
    for (; key < key_end; key += kKeyTile) {
      const size_t keys = std::min(kKeyTile, KeyCount(shape) - key);
      parts.Score(shape, query, rows, key, scores);
      for (size_t r = 0; r < rows; ++r) {
        FinishScores(shape, head, query + r, key, keys, scores + r * kKeyTile);
        SoftmaxStep<Head::kNarrow>(scores + r * kKeyTile, &maxima[r], &sums[r],
                                   accumulated + r * out_stride, dim);
      }
      parts.Add(shape, scores, rows, key, keys, accumulated, out_stride);
    }
    for (size_t r = 0; r < rows; ++r) {
      ScaleRow(1.0f / sums[r], accumulated + r * out_stride, dim);
    }
  }
}

// Calls attend(head, kv_head); prepare(kv_head) before the first head of a group.
template <typename Prepare, typename Attend>
void ForEachHead(const AttentionShape& shape, Prepare prepare, Attend attend) {
  const size_t group = shape.heads / shape.kv_heads;
  for (size_t head = 0; head < shape.heads; ++head) {
    if (head % group == 0) prepare(head / group * shape.head_dim);
    attend(head, head / group * shape.head_dim);
  }
}

// `keys_t` is [head_dim, padded]; what lies beyond the tokens is masked, whatever it is.
void AttendFloat(const AttentionShape& shape, const float* q, const float* k, const float* v,
                 size_t padded, float* out) {
  const size_t dim = shape.head_dim;
  thread_local std::vector<float> keys_t;
  if (keys_t.size() < dim * padded) keys_t.resize(dim * padded);
  ForEachHead(
      shape, [&](size_t at) { TransposeKeys(shape, k + at, padded, keys_t.data()); },
      [&](size_t head, size_t at) {
        AttendHead(
            shape, head,
            FloatHead{.q = q + head * dim, .keys_t = keys_t.data(), .v = v + at, .padded = padded},
            out + head * dim);
      });
}

void AttendNarrow(const AttentionShape& shape, const float* q, const float* k, const float* v,
                  size_t padded, float* out) {
  const size_t dim = shape.head_dim;
  thread_local std::vector<uint32_t> keys, values;
  thread_local std::vector<uint16_t> rows;
  if (keys.size() < dim / 2 * padded) {
    keys.resize(dim / 2 * padded);
    values.resize(dim / 2 * padded);
  }
  rows.resize(kQueryTile * std::max(dim, kKeyTile));
  ForEachHead(
      shape,
      [&](size_t at) {
        bf16::PackKeys(k + at, shape.kv_stride, shape.tokens, dim, padded, keys.data());
        bf16::PackValues(v + at, shape.kv_stride, shape.tokens, dim, values.data());
      },
      [&](size_t head, size_t) {
        AttendHead(shape, head,
                   NarrowHead{.q = q + head * dim,
                              .keys = keys.data(),
                              .values = values.data(),
                              .padded = padded,
                              .rows_buffer = rows.data()},
                   out + head * dim);
      });
}

void AttendAll(const AttentionShape& shape, const float* q, const float* k, const float* v,
               float* out) {
  const size_t padded = (shape.tokens + kKeyTile - 1) / kKeyTile * kKeyTile;
  if (shape.narrow && shape.head_dim % 32 == 0 && bf16::Available()) {
    AttendNarrow(shape, q, k, v, padded, out);
  } else {
    AttendFloat(shape, q, k, v, padded, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sg
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sg {

HWY_EXPORT(AttendAll);

void Attention(const AttentionShape& shape, const float* q, const float* k, const float* v,
               float* out) {
  HWY_DYNAMIC_DISPATCH(AttendAll)(shape, q, k, v, out);
}

void ReferenceAttention(const AttentionShape& shape, const float* q, const float* k, const float* v,
                        float* out) {
  const size_t dim = shape.head_dim, group = shape.heads / shape.kv_heads;
  std::vector<double> weights(shape.tokens);
  for (size_t head = 0; head < shape.heads; ++head) {
    const float* keys = k + head / group * dim;
    const float* values = v + head / group * dim;
    for (size_t i = 0; i < shape.tokens; ++i) {
      const float* query = q + i * shape.query_stride + head * dim;
      double largest = -HUGE_VAL, total = 0;
      for (size_t j = 0; j < shape.tokens; ++j) {
        double score = 0;
        for (size_t c = 0; c < dim; ++c) score += double{query[c]} * keys[j * shape.kv_stride + c];
        score *= shape.scale;
        if (shape.distance_bias != nullptr) {
          score += shape.distance_bias[head * shape.bias_stride + shape.bias_center + j - i];
        }
        const size_t distance = j > i ? j - i : i - j;
        const bool hidden = (shape.causal && j > i) ||
                            (shape.window > 0 && distance > shape.window) ||
                            (shape.visible_keys > 0 && j >= shape.visible_keys);
        weights[j] = hidden ? -HUGE_VAL : score;
        largest = std::max(largest, weights[j]);
      }
      for (double& w : weights) total += w = std::exp(w - largest);
      for (size_t c = 0; c < dim; ++c) {
        double sum = 0;
        for (size_t j = 0; j < shape.tokens; ++j)
          sum += weights[j] * values[j * shape.kv_stride + c];
        out[i * shape.heads * dim + head * dim + c] = static_cast<float>(sum / total);
      }
    }
  }
}

}  // namespace sg
#endif  // HWY_ONCE
