#pragma once
// Multi-head attention over one sequence, tiled with an online softmax (Milakov and Gimelshein
// 2018; Dao et al. 2022): the score matrix is never materialised, memory is O(tile). Biases that
// depend on the distance of query and key only (ALiBi, T5's relative buckets) are added inside the
// tile from one row per head. Thread-safe; runs on the calling thread.

#include <cstddef>

namespace sg {

struct AttentionShape {
  size_t tokens = 0;
  size_t heads = 0;
  size_t kv_heads = 0;  // < heads: groups of heads share keys and values (Ainslie et al. 2023)
  size_t head_dim = 0;
  size_t query_stride = 0;  // floats between tokens in q
  size_t kv_stride = 0;     // floats between tokens in k and v
  float scale = 1.0f;       // of the scores, usually 1 / sqrt(head_dim); 1 for T5
  // Added to the score of query i and key j: distance_bias[head * bias_stride + (j - i) +
  // bias_center]; null: none.
  const float* distance_bias = nullptr;
  size_t bias_stride = 0;
  size_t bias_center = 0;  // >= tokens - 1
  size_t window = 0;       // > 0: only keys with |i - j| <= window
  bool causal = false;     // only keys with j <= i
  // Products of bf16 values (their sums stay float) where the CPU has them and 32 divides head_dim.
  bool narrow = false;
  size_t visible_keys = 0;  // > 0: only the first so many keys (padding that is not attended to)
};

// Overwrites out [tokens, heads * head_dim] (dense) with softmax(q k^T * scale + bias) v per head.
// q is [tokens, heads * head_dim] with query_stride, k and v are [tokens, kv_heads * head_dim] with
// kv_stride.
void Attention(const AttentionShape& shape, const float* q, const float* k, const float* v,
               float* out);

// The plain twin: three loops and a full row of scores, in double.
void ReferenceAttention(const AttentionShape& shape, const float* q, const float* k, const float* v,
                        float* out);

}  // namespace sg
