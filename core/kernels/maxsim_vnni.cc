#include "core/kernels/maxsim_vnni.h"

#include <cstring>

#if defined(__x86_64__)
// g++ 12 takes the undefined operands in its own header for a mistake (GCC bug 105593).
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

// Highway 1.0.3 offers these instructions to none of its operations.
#define SG_AVX512_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

#if defined(__clang__)
#define SG_UNROLL _Pragma("unroll")
#else
#define SG_UNROLL _Pragma("GCC unroll 8")
#endif

namespace sg::vnni {

bool Available() {
  static const bool available = __builtin_cpu_supports("avx512f") != 0 &&
                                __builtin_cpu_supports("avx512bw") != 0 &&
                                __builtin_cpu_supports("avx512vnni") != 0;
  return available;
}

SG_AVX512_VNNI void Tile(const MaxSimQuery& query, const uint8_t* const (&rows)[kRows], size_t q0,
                         size_t q1, float (&dots)[kRows][kColumns]) {
  const size_t begins[2] = {q0, q1};
  __m512i sums[kRows][2];
  SG_UNROLL for (size_t r = 0; r < kRows; ++r) {
    SG_UNROLL for (size_t c = 0; c < 2; ++c) sums[r][c] = _mm512_setzero_si512();
  }
  const int8_t* bytes = query.bytes.data();
  for (size_t at = 0; at < query.dim; at += 4, bytes += 4 * query.padded) {
    __m512i columns[2];
    SG_UNROLL for (size_t c = 0; c < 2; ++c) {
      columns[c] = _mm512_loadu_si512(bytes + 4 * begins[c]);
    }
    SG_UNROLL for (size_t r = 0; r < kRows; ++r) {
      int32_t four;
      std::memcpy(&four, rows[r] + at, sizeof(four));
      const __m512i row = _mm512_set1_epi32(four);
      SG_UNROLL for (size_t c = 0; c < 2; ++c) {
        sums[r][c] = _mm512_dpbusd_epi32(sums[r][c], row, columns[c]);
      }
    }
  }
  SG_UNROLL for (size_t c = 0; c < 2; ++c) {
    const __m512i offsets = _mm512_loadu_si512(query.byte_offsets.data() + begins[c]);
    const __m512 scales = _mm512_loadu_ps(query.byte_scales.data() + begins[c]);
    SG_UNROLL for (size_t r = 0; r < kRows; ++r) {
      const __m512 products = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[r][c], offsets));
      _mm512_storeu_ps(dots[r] + 16 * c, _mm512_mul_ps(products, scales));
    }
  }
}

}  // namespace sg::vnni

#else  // another architecture

namespace sg::vnni {
bool Available() { return false; }
void Tile(const MaxSimQuery&, const uint8_t* const (&)[kRows], size_t, size_t,
          float (&)[kRows][kColumns]) {}
}  // namespace sg::vnni

#endif
