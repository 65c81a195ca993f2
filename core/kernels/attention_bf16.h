#pragma once
// The products of attention on bf16 values with sums in float, for CPUs with AVX-512 BF16: pairs of
// neighbours along the summed dimension lie side by side, as vdpbf16ps wants them. Private to
// core/kernels; tests compare Attention with its plain twin.

#include <cstddef>
#include <cstdint>

namespace sg::bf16 {

// True if this CPU has the instructions. REQUIRED by all below.
bool Available();

// x [rows, cols] with `stride`, rounded to out [rows, cols] dense. REQUIRES: cols % 32 == 0.
void PackRows(const float* x, size_t stride, size_t rows, size_t cols, uint16_t* out);
// Keys [tokens, dim] with `stride`, turned: out [dim / 2, padded] holds dimensions 2i and 2i + 1 of
// a token. What lies beyond the tokens is undefined. REQUIRES: dim % 32 == 0, padded % 16 == 0,
// padded >= tokens.
void PackKeys(const float* k, size_t stride, size_t tokens, size_t dim, size_t padded,
              uint32_t* out);
// Values [tokens, dim] with `stride`: out [ceil(tokens / 2), dim] holds tokens 2i and 2i + 1, zero
// beyond the last. REQUIRES: dim % 16 == 0.
void PackValues(const float* v, size_t stride, size_t tokens, size_t dim, uint32_t* out);

// c[r, j] (+)= sum over i < pairs of a[r, 2i] * b[i, j].low + a[r, 2i + 1] * b[i, j].high.
// REQUIRES: n % 16 == 0.
void Multiply(const uint16_t* a, size_t a_stride, const uint32_t* b, size_t b_stride, size_t pairs,
              float* c, size_t c_stride, size_t rows, size_t n, bool accumulate);

}  // namespace sg::bf16
