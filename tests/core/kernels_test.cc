// Every fast kernel against its plain twin, over shapes that hit full vectors, tails and single
// rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "core/kernels/attention.h"
#include "core/kernels/elementwise.h"
#include "core/kernels/linear.h"
#include "tests/core/test_vectors.h"

namespace sg {
namespace {

std::vector<float> Random(size_t n, uint32_t seed, float scale = 1.0f) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> values(n);
  for (float& v : values) v = normal(generator);
  return values;
}

// The largest difference, relative to the root mean square of what is expected.
double WorstRelative(const std::vector<float>& got, const std::vector<float>& want) {
  double worst = 0, squares = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    worst = std::max(worst, std::fabs(double{got[i]} - want[i]));
    squares += double{want[i]} * want[i];
  }
  return worst / std::sqrt(squares / static_cast<double>(want.size()) + 1e-30);
}

struct LinearCase {
  size_t rows, in, out;
};

class LinearTest : public testing::TestWithParam<LinearCase> {};

TEST_P(LinearTest, EveryPrecisionFollowsThePlainTwin) {
  const auto [rows, in, out] = GetParam();
  const auto weights = Random(in * out, 1, 0.05f), bias = Random(out, 2), x = Random(rows * in, 3);
  const auto before = Random(rows * out, 4);
  std::vector<float> want(rows * out), got(rows * out);
  ReferenceLinear(weights, bias, in, out, x.data(), rows, want.data());
  for (const char* name : {"f32", "bf16", "int8"}) {
    const auto precision = ChoosePrecision(name);
    if (!precision.ok()) {
      std::printf("not on this machine: %s\n", precision.status().message().c_str());
      continue;
    }
    const auto linear = Linear::Create(weights, bias, in, out, *precision);
    ASSERT_TRUE(linear.ok()) << linear.status().message();
    (*linear)->Apply(x.data(), rows, got.data());
    if (*precision == Precision::kF32) {
      EXPECT_LT(WorstRelative(got, want), 1e-5) << name;
    } else {
      EXPECT_GT(Cosine(got, want), *precision == Precision::kBf16 ? 0.9999 : 0.999) << name;
    }
    EXPECT_TRUE((*linear)->precision() == *precision || *precision == Precision::kF32) << name;
    std::vector<float> added = before, sum = before;
    (*linear)->ApplyAdded(x.data(), rows, added.data());
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += got[i];
    EXPECT_LT(WorstRelative(added, sum), 1e-5) << name;
    for (const Activation activation :
         {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu, Activation::kSilu}) {
      std::vector<float> activated = got, at_once(got.size());
      Activate(activation, activated);
      (*linear)->ApplyActivated(activation, x.data(), rows, at_once.data());
      EXPECT_LT(WorstRelative(at_once, activated), 1e-5) << name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearTest,
                         testing::Values(LinearCase{1, 32, 32}, LinearCase{5, 48, 80},
                                         LinearCase{300, 384, 96}, LinearCase{16, 768, 128},
                                         LinearCase{273, 64, 64}));

// Hidden states of real models have a channel or two that are far out on one side.
TEST(LinearTest, Int8KeepsPrecisionBesideAnOutlyingChannel) {
  const auto precision = ChoosePrecision("int8");
  if (!precision.ok()) GTEST_SKIP() << precision.status().message();
  constexpr size_t kRows = 64, kIn = 384, kOut = 96, kFar = 7;
  auto weights = Random(kIn * kOut, 1, 0.05f), x = Random(kRows * kIn, 3);
  for (size_t o = 0; o < kOut; ++o) weights[o * kIn + kFar] *= 0.01f;
  for (size_t r = 0; r < kRows; ++r) x[r * kIn + kFar] = r % 2 == 0 ? 40.0f : -40.0f;
  std::vector<float> want(kRows * kOut), got(kRows * kOut);
  ReferenceLinear(weights, {}, kIn, kOut, x.data(), kRows, want.data());
  const auto cosine = [&](std::span<const float> range) {
    const auto linear = Linear::Create(weights, {}, kIn, kOut, *precision, range);
    EXPECT_TRUE(linear.ok()) << linear.status().message();
    (*linear)->Apply(x.data(), kRows, got.data());
    return Cosine(got, want);
  };
  EXPECT_GT(cosine({}), 0.9983);  // a scale that is symmetric around zero gives .9957
  std::vector<float> range(kIn, 3.0f);
  range[kFar] = 40;
  EXPECT_GT(cosine(range), 0.9998);
  // Ranges that say nothing change nothing.
  const double without = cosine({});
  for (const float useless : {0.0f, INFINITY, NAN}) {
    EXPECT_EQ(cosine(std::vector<float>(kIn, useless)), without) << useless;
  }
  EXPECT_FALSE(Linear::Create(weights, {}, kIn, kOut, *precision, {range.data(), 3}).ok());
}

TEST(QuantizeRowTest, UsesAllCodesOfTheRangeOfARow) {
  for (const size_t n : {1, 5, 16, 67, 384}) {
    for (const float offset : {-30.0f, 0.0f, 30.0f}) {
      auto x = Random(n, static_cast<uint32_t>(n));
      for (float& v : x) v += offset;
      std::vector<uint8_t> codes(n);
      const RowCode row = QuantizeRow(x, {}, codes.data());
      const auto [low, high] = std::minmax_element(x.begin(), x.end());
      EXPECT_EQ(row.lowest, *low);
      EXPECT_FLOAT_EQ(row.scale, (*high - *low) / 255.0f);
      EXPECT_EQ(codes[static_cast<size_t>(low - x.begin())], 0);
      EXPECT_EQ(codes[static_cast<size_t>(high - x.begin())], n == 1 ? 0 : 255);
      for (size_t i = 0; i < n; ++i) {
        EXPECT_NEAR(row.lowest + row.scale * static_cast<float>(codes[i]), x[i],
                    0.501f * row.scale + 1e-5f);
      }
    }
  }
}

// The feed-forward that stays in integers against its steps one by one.
TEST(FeedForwardTest, Int8EqualsItsSteps) {
  if (!ChoosePrecision("int8").ok()) GTEST_SKIP() << "this machine has no int8 products";
  constexpr size_t kHidden = 64, kInner = 96, kTokens = 300;
  for (const bool gated : {false, true}) {
    for (const bool gate_first : {false, true}) {
      const size_t wide = gated ? 2 * kInner : kInner;
      const auto up = Linear::Create(Random(wide * kHidden, 1, 0.1f), Random(wide, 2), kHidden,
                                     wide, Precision::kInt8);
      const auto down = Linear::Create(Random(kInner * kHidden, 3, 0.1f), Random(kHidden, 4),
                                       kInner, kHidden, Precision::kInt8);
      const auto x = Random(kTokens * kHidden, 5);
      std::vector<float> middle(kTokens * wide), inner(kTokens * kInner), want(kTokens * kHidden),
          got(kTokens * kHidden);
      (*up)->Apply(x.data(), kTokens, middle.data());
      if (gated) {
        const float* gate = middle.data() + (gate_first ? 0 : kInner);
        const float* other = middle.data() + (gate_first ? kInner : 0);
        ActivateGated(Activation::kGelu, gate, other, wide, kTokens, kInner, inner.data());
      } else {
        Activate(Activation::kGelu, middle);
        inner = middle;
      }
      (*down)->Apply(inner.data(), kTokens, want.data());
      const Gating gating = {.gated = gated, .gate_first = gate_first};
      ASSERT_TRUE(
          FeedForwardInt8(**up, **down, Activation::kGelu, gating, x.data(), kTokens, got.data()));
      // GELU is coarser there, so bytes may differ by one.
      EXPECT_LT(WorstRelative(got, want), 0.03);
      EXPECT_GT(Cosine(got, want), 0.99995);
    }
  }
  const auto up = Linear::Create(Random(32 * 32, 1), {}, 32, 32, Precision::kF32);
  EXPECT_FALSE(FeedForwardInt8(**up, **up, Activation::kGelu, {}, nullptr, 1, nullptr));
}

struct AttentionCase {
  size_t tokens, heads, kv_heads, head_dim, window;
  bool bias, causal;
  size_t visible = 0;
};

class AttentionTest : public testing::TestWithParam<AttentionCase> {};

TEST_P(AttentionTest, FollowsThePlainTwin) {
  const AttentionCase c = GetParam();
  const size_t width = c.heads * c.head_dim, kv_width = c.kv_heads * c.head_dim;
  const auto q = Random(c.tokens * width, 1), k = Random(c.tokens * kv_width, 2),
             v = Random(c.tokens * kv_width, 3);
  const auto bias = Random(c.heads * (2 * c.tokens - 1), 4);
  const AttentionShape shape = {.tokens = c.tokens,
                                .heads = c.heads,
                                .kv_heads = c.kv_heads,
                                .head_dim = c.head_dim,
                                .query_stride = width,
                                .kv_stride = kv_width,
                                .scale = 0.3f,
                                .distance_bias = c.bias ? bias.data() : nullptr,
                                .bias_stride = 2 * c.tokens - 1,
                                .bias_center = c.tokens - 1,
                                .window = c.window,
                                .causal = c.causal,
                                .visible_keys = c.visible};
  std::vector<float> want(c.tokens * width), got(c.tokens * width);
  ReferenceAttention(shape, q.data(), k.data(), v.data(), want.data());
  Attention(shape, q.data(), k.data(), v.data(), got.data());
  EXPECT_LT(WorstRelative(got, want), 2e-5);
  // In bf16, where this CPU has it: 8 bits of each factor.
  AttentionShape narrow = shape;
  narrow.narrow = true;
  Attention(narrow, q.data(), k.data(), v.data(), got.data());
  EXPECT_LT(WorstRelative(got, want), 0.05);
  EXPECT_GT(Cosine(got, want), 0.9999);
}

INSTANTIATE_TEST_SUITE_P(Shapes, AttentionTest,
                         testing::Values(AttentionCase{1, 2, 2, 32, 0, false, false},
                                         AttentionCase{7, 4, 4, 8, 0, true, false},
                                         AttentionCase{64, 2, 2, 64, 0, false, false},
                                         AttentionCase{129, 3, 3, 64, 0, true, false},
                                         AttentionCase{200, 4, 2, 32, 0, false, true},
                                         AttentionCase{300, 2, 1, 16, 65, false, false},
                                         AttentionCase{150, 2, 2, 64, 10, true, false},
                                         AttentionCase{97, 2, 2, 24, 0, true, true},
                                         AttentionCase{32, 2, 2, 64, 0, false, false, 9},
                                         AttentionCase{140, 2, 2, 32, 0, true, false, 70}));

TEST(ElementwiseTest, CoarseActivationsAreNearTheFineOnes) {
  std::vector<float> x;
  for (int i = -1000; i <= 1003; ++i) x.push_back(0.01f * static_cast<float>(i));
  const auto up = Random(x.size(), 7);
  for (const Activation activation :
       {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu, Activation::kSilu}) {
    std::vector<float> fine = x, coarse(x.size()), gated(x.size());
    Activate(activation, fine);
    ActivateCoarsely(activation, x.data(), nullptr, x.size(), coarse.data());
    ActivateCoarsely(activation, x.data(), up.data(), x.size(), gated.data());
    for (size_t i = 0; i < x.size(); ++i) {
      ASSERT_NEAR(coarse[i], fine[i], 2e-4 * std::fabs(x[i]) + 1e-6) << x[i];
      ASSERT_FLOAT_EQ(gated[i], coarse[i] * up[i]) << x[i];
    }
  }
}

TEST(ElementwiseTest, Activations) {
  for (size_t n : {1, 7, 16, 37}) {
    const auto x = Random(n, 5, 3.0f);
    const auto check = [&](Activation activation, auto plain) {
      std::vector<float> got = x, want(n);
      Activate(activation, got);
      for (size_t i = 0; i < n; ++i) want[i] = static_cast<float>(plain(double{x[i]}));
      for (size_t i = 0; i < n; ++i) EXPECT_NEAR(got[i], want[i], 2e-6) << x[i];
    };
    check(Activation::kGelu, [](double v) { return 0.5 * v * (1 + std::erf(v / std::sqrt(2.0))); });
    check(Activation::kGeluTanh, [](double v) {
      return 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
    });
    check(Activation::kRelu, [](double v) { return std::max(v, 0.0); });
    check(Activation::kSilu, [](double v) { return v / (1 + std::exp(-v)); });
  }
}

TEST(ElementwiseTest, ActivationsOfExtremesStayFinite) {
  std::vector<float> x = {-1e30f, -200.0f, 200.0f, 1e18f};
  for (Activation a : {Activation::kGelu, Activation::kSilu, Activation::kRelu}) {
    std::vector<float> y = x;
    Activate(a, y);
    EXPECT_NEAR(y[1], 0.0f, 1e-20);
    EXPECT_FLOAT_EQ(y[2], 200.0f);
  }
}

TEST(ElementwiseTest, Norms) {
  for (size_t cols : {5, 16, 100}) {
    const size_t rows = 3;
    const auto x = Random(rows * cols, 6, 2.0f), weight = Random(cols, 7), bias = Random(cols, 8);
    std::vector<float> layer(rows * cols), rms(rows * cols), got(rows * cols);
    for (size_t r = 0; r < rows; ++r) {
      double mean = 0, variance = 0, squares = 0;
      for (size_t c = 0; c < cols; ++c) mean += x[r * cols + c] / static_cast<double>(cols);
      for (size_t c = 0; c < cols; ++c) {
        variance += std::pow(x[r * cols + c] - mean, 2) / static_cast<double>(cols);
        squares += std::pow(double{x[r * cols + c]}, 2) / static_cast<double>(cols);
      }
      for (size_t c = 0; c < cols; ++c) {
        const double v = x[r * cols + c];
        layer[r * cols + c] =
            static_cast<float>((v - mean) / std::sqrt(variance + 1e-5) * weight[c] + bias[c]);
        rms[r * cols + c] = static_cast<float>(v / std::sqrt(squares + 1e-5) * weight[c]);
      }
    }
    LayerNorm(x.data(), rows, weight, bias, 1e-5f, got.data());
    EXPECT_LT(WorstRelative(got, layer), 1e-5);
    RmsNorm(x.data(), rows, weight, 1e-5f, got.data());
    EXPECT_LT(WorstRelative(got, rms), 1e-5);
  }
}

TEST(ElementwiseTest, RotaryTurnsPairs) {
  const std::vector<float> angles = {0.1f, 0.7f, 2.0f, 3.0f};
  std::vector<float> cos, sin;
  for (float a : angles) {
    cos.push_back(std::cos(a));
    sin.push_back(std::sin(a));
  }
  const auto x = Random(2 * 8, 9);
  for (bool halves : {true, false}) {
    auto got = x;
    ApplyRotary(got.data(), 2, 8, cos, sin, halves);
    for (size_t h = 0; h < 2; ++h) {
      for (size_t i = 0; i < 4; ++i) {
        const size_t a = h * 8 + (halves ? i : 2 * i), b = h * 8 + (halves ? i + 4 : 2 * i + 1);
        EXPECT_NEAR(got[a], x[a] * cos[i] - x[b] * sin[i], 1e-6);
        EXPECT_NEAR(got[b], x[b] * cos[i] + x[a] * sin[i], 1e-6);
      }
    }
  }
}

TEST(ElementwiseTest, Bf16RoundsToNearestEven) {
  const std::vector<float> x = {1.0f, 1.00390625f, 1.01171875f, -3.14159f, 0.0f};
  std::vector<uint16_t> got(x.size());
  FloatToBf16(x, got);
  EXPECT_EQ(got, (std::vector<uint16_t>{0x3F80, 0x3F80, 0x3F82, 0xC049, 0}));
}

}  // namespace
}  // namespace sg
