#include "core/kernels/attention_bf16.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
// g++ 12 takes the undefined operands in its own header for a mistake (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

// Highway 1.0.3 has no target with these instructions.
#define SG_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

#if defined(__clang__)
#define SG_UNROLL _Pragma("unroll")
#else
#define SG_UNROLL _Pragma("GCC unroll 8")
#endif

namespace sg::bf16 {
namespace {

constexpr size_t kLanes = 16;
constexpr size_t kRows = 6;  // 6 x 4 accumulators, 4 columns and 1 row fill 29 of 32 registers

template <size_t kCount, size_t kWidth>
SG_AVX512_BF16 inline void Block(const uint16_t* a, size_t a_stride, const uint32_t* b,
                                 size_t b_stride, size_t pairs, float* c, size_t c_stride,
                                 bool accumulate) {
  __m512 sums[kCount][kWidth];
  SG_UNROLL for (size_t r = 0; r < kCount; ++r) {
    SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
      sums[r][v] =
          accumulate ? _mm512_loadu_ps(c + r * c_stride + v * kLanes) : _mm512_setzero_ps();
    }
  }
  for (size_t i = 0; i < pairs; ++i) {
    __m512i column[kWidth];
    SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
      column[v] = _mm512_loadu_si512(b + i * b_stride + v * kLanes);
    }
    SG_UNROLL for (size_t r = 0; r < kCount; ++r) {
      int32_t pair;
      std::memcpy(&pair, a + r * a_stride + 2 * i, sizeof(pair));
      const __m512i left = _mm512_set1_epi32(pair);
      SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
        sums[r][v] = _mm512_dpbf16_ps(sums[r][v], reinterpret_cast<__m512bh>(left),
                                      reinterpret_cast<__m512bh>(column[v]));
      }
    }
  }
  SG_UNROLL for (size_t r = 0; r < kCount; ++r) {
    SG_UNROLL for (size_t v = 0; v < kWidth; ++v) {
      _mm512_storeu_ps(c + r * c_stride + v * kLanes, sums[r][v]);
    }
  }
}

template <size_t kCount>
SG_AVX512_BF16 void Rows(const uint16_t* a, size_t a_stride, const uint32_t* b, size_t b_stride,
                         size_t pairs, float* c, size_t c_stride, size_t n, bool accumulate) {
  size_t j = 0;
  for (; j + 4 * kLanes <= n; j += 4 * kLanes) {
    Block<kCount, 4>(a, a_stride, b + j, b_stride, pairs, c + j, c_stride, accumulate);
  }
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    Block<kCount, 2>(a, a_stride, b + j, b_stride, pairs, c + j, c_stride, accumulate);
  }
  for (; j < n; j += kLanes) {
    Block<kCount, 1>(a, a_stride, b + j, b_stride, pairs, c + j, c_stride, accumulate);
  }
}

// 32 floats as bf16, in order.
SG_AVX512_BF16 inline __m512i Narrow(const float* x) {
  return reinterpret_cast<__m512i>(
      _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + kLanes), _mm512_loadu_ps(x)));
}

// 16 floats as bf16, each in the lower half of 32 bits.
SG_AVX512_BF16 inline __m512i NarrowWide(const float* x) {
  return _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(x))));
}

// Turns 16 rows of 16 numbers.
SG_AVX512_BF16 inline void Transpose(__m512i (&rows)[kLanes]) {
  __m512i t[kLanes];
  SG_UNROLL for (size_t i = 0; i < kLanes; i += 2) {
    t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  // rows[4 g + k]: column k of each lane's four, of rows 4 g to 4 g + 3.
  SG_UNROLL for (size_t i = 0; i < kLanes; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  SG_UNROLL for (size_t k = 0; k < 4; ++k) {
    // Lanes 0 and 2, 1 and 3 of the four groups of rows.
    t[k] = _mm512_shuffle_i32x4(rows[k], rows[k + 4], 0x88);
    t[k + 4] = _mm512_shuffle_i32x4(rows[k], rows[k + 4], 0xdd);
    t[k + 8] = _mm512_shuffle_i32x4(rows[k + 8], rows[k + 12], 0x88);
    t[k + 12] = _mm512_shuffle_i32x4(rows[k + 8], rows[k + 12], 0xdd);
  }
  SG_UNROLL for (size_t k = 0; k < 4; ++k) {
    rows[k] = _mm512_shuffle_i32x4(t[k], t[k + 8], 0x88);
    rows[k + 4] = _mm512_shuffle_i32x4(t[k + 4], t[k + 12], 0x88);
    rows[k + 8] = _mm512_shuffle_i32x4(t[k], t[k + 8], 0xdd);
    rows[k + 12] = _mm512_shuffle_i32x4(t[k + 4], t[k + 12], 0xdd);
  }
}

}  // namespace

bool Available() {
  static const bool available =
      __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  return available;
}

SG_AVX512_BF16 void PackRows(const float* x, size_t stride, size_t rows, size_t cols,
                             uint16_t* out) {
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < cols; i += 2 * kLanes) {
      _mm512_storeu_si512(out + r * cols + i, Narrow(x + r * stride + i));
    }
  }
}

SG_AVX512_BF16 void PackKeys(const float* k, size_t stride, size_t tokens, size_t dim,
                             size_t padded, uint32_t* out) {
  for (size_t begin = 0; begin < tokens; begin += kLanes) {
    for (size_t i = 0; i < dim; i += 2 * kLanes) {
      __m512i rows[kLanes];
      for (size_t t = 0; t < kLanes; ++t) {
        rows[t] = Narrow(k + std::min(begin + t, tokens - 1) * stride + i);
      }
      Transpose(rows);
      for (size_t p = 0; p < kLanes; ++p) {
        _mm512_storeu_si512(out + (i / 2 + p) * padded + begin, rows[p]);
      }
    }
  }
}

SG_AVX512_BF16 void PackValues(const float* v, size_t stride, size_t tokens, size_t dim,
                               uint32_t* out) {
  for (size_t t = 0; t < tokens; t += 2) {
    const float* first = v + t * stride;
    for (size_t i = 0; i < dim; i += kLanes) {
      __m512i pairs = NarrowWide(first + i);
      if (t + 1 < tokens) {
        pairs = _mm512_or_si512(pairs, _mm512_slli_epi32(NarrowWide(first + stride + i), 16));
      }
      _mm512_storeu_si512(out + t / 2 * dim + i, pairs);
    }
  }
}

SG_AVX512_BF16 void Multiply(const uint16_t* a, size_t a_stride, const uint32_t* b, size_t b_stride,
                             size_t pairs, float* c, size_t c_stride, size_t rows, size_t n,
                             bool accumulate) {
  size_t r = 0;
  for (; r + kRows <= rows; r += kRows) {
    Rows<kRows>(a + r * a_stride, a_stride, b, b_stride, pairs, c + r * c_stride, c_stride, n,
                accumulate);
  }
  for (; r < rows; ++r) {
    Rows<1>(a + r * a_stride, a_stride, b, b_stride, pairs, c + r * c_stride, c_stride, n,
            accumulate);
  }
}

}  // namespace sg::bf16

#else  // another architecture

namespace sg::bf16 {
bool Available() { return false; }
void PackRows(const float*, size_t, size_t, size_t, uint16_t*) {}
void PackKeys(const float*, size_t, size_t, size_t, size_t, uint32_t*) {}
void PackValues(const float*, size_t, size_t, size_t, uint32_t*) {}
void Multiply(const uint16_t*, size_t, const uint32_t*, size_t, size_t, float*, size_t, size_t,
              size_t, bool) {}
}  // namespace sg::bf16

#endif
