#include "index/store/token_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "core/kernels/dot.h"
#include "index/store/byte_codec.h"

namespace sg {
namespace {

constexpr uint8_t kCodecVersion = 1;
constexpr size_t kMeansRounds = 5;
constexpr size_t kLloydRounds = 30;
constexpr size_t kLevelSample = 1 << 20;  // values that levels are fitted to
constexpr size_t kMaxDim = 1 << 12;

float Dot(std::span<const float> a, std::span<const float> b) { return DotFloat(a, b); }

// Makes `row` a unit vector; leaves a zero vector.
void MakeUnit(std::span<float> row) {
  const float norm = std::sqrt(Dot(row, row));
  if (norm <= 0) return;
  for (float& x : row) x /= norm;
}

float RootMeanSquare(std::span<const float> row) {
  return std::sqrt(Dot(row, row) / static_cast<float>(row.size()));
}

// Distinct rows of the sample, in a random but fixed order.
std::vector<float> FirstCentroids(std::span<const float> sample, size_t dim, size_t count) {
  std::vector<uint32_t> order(sample.size() / dim);
  std::iota(order.begin(), order.end(), 0u);
  std::mt19937 random(20221);
  for (size_t i = 0; i < count; ++i) std::swap(order[i], order[i + random() % (order.size() - i)]);
  std::vector<float> centroids(count * dim);
  for (size_t i = 0; i < count; ++i) {
    std::copy_n(&sample[order[i] * dim], dim, &centroids[i * dim]);
  }
  return centroids;
}

// Replaces each centroid by the direction of the mean of its rows; one without rows stays.
void MoveCentroids(std::span<const float> sample, std::span<const uint32_t> nearest, size_t dim,
                   std::vector<float>* centroids) {
  std::vector<float> sums(centroids->size());
  for (size_t i = 0; i < nearest.size(); ++i) {
    float* sum = &sums[nearest[i] * dim];
    for (size_t d = 0; d < dim; ++d) sum[d] += sample[i * dim + d];
  }
  for (size_t at = 0; at < sums.size(); at += dim) {
    const std::span<float> sum(&sums[at], dim);
    if (Dot(sum, sum) <= 0) continue;
    MakeUnit(sum);
    std::copy(sum.begin(), sum.end(), centroids->begin() + static_cast<std::ptrdiff_t>(at));
  }
}

size_t NearestLevel(std::span<const float> cuts, float value) {
  return static_cast<size_t>(std::upper_bound(cuts.begin(), cuts.end(), value) - cuts.begin());
}

std::vector<float> Midpoints(std::span<const float> levels) {
  std::vector<float> cuts;
  for (size_t i = 1; i < levels.size(); ++i) cuts.push_back((levels[i - 1] + levels[i]) / 2);
  return cuts;
}

// The `count` levels that code `values` with the least square error, started from their quantiles
// as in ColBERTv2.
std::vector<float> LloydLevels(std::vector<float> values, size_t count) {
  std::sort(values.begin(), values.end());
  std::vector<double> sums(values.size() + 1);
  for (size_t i = 0; i < values.size(); ++i) sums[i + 1] = sums[i] + double{values[i]};
  std::vector<float> levels(count);
  for (size_t i = 0; i < count; ++i) levels[i] = values[values.size() * (2 * i + 1) / (2 * count)];
  for (size_t round = 0; round < kLloydRounds; ++round) {
    const std::vector<float> cuts = Midpoints(levels);
    size_t begin = 0;
    for (size_t i = 0; i < count; ++i) {
      const size_t end =
          i + 1 == count
              ? values.size()
              : static_cast<size_t>(std::upper_bound(values.begin(), values.end(), cuts[i]) -
                                    values.begin());
      if (end > begin) {
        levels[i] =
            static_cast<float>((sums[end] - sums[begin]) / static_cast<double>(end - begin));
      }
      begin = std::max(begin, end);
    }
    std::sort(levels.begin(), levels.end());
  }
  return levels;
}

// The gains a, b with which a * centroid + b * residual comes nearest to `row`, scaled to unit
// length.
struct Gains {
  float centroid = 0, residual = 0;
};
Gains FitGains(std::span<const float> row, std::span<const float> centroid,
               std::span<const float> residual) {
  const double cc = Dot(centroid, centroid), rr = Dot(residual, residual);
  const double cr = Dot(centroid, residual), cd = Dot(centroid, row), rd = Dot(residual, row);
  const double determinant = cc * rr - cr * cr;
  double a = cc > 0 ? cd / cc : 0, b = 0;
  if (determinant > 1e-9 * cc * rr) {
    a = (cd * rr - rd * cr) / determinant;
    b = (rd * cc - cd * cr) / determinant;
  }
  const double norm = std::sqrt(a * a * cc + 2 * a * b * cr + b * b * rr);
  if (!(norm > 0)) return {};
  return {static_cast<float>(a / norm), static_cast<float>(b / norm)};
}

uint8_t GainCode(float gain, float step) {
  return static_cast<uint8_t>(std::clamp(std::nearbyint(gain / step), 0.0f, 255.0f));
}

// The nearest (largest dot product) centroid of each of `rows`.
std::vector<uint32_t> NearestCentroids(std::span<const float> rows, const MaxSimQuery& centroids) {
  constexpr size_t kRows = 16;
  const size_t dim = centroids.dim, total = rows.size() / dim;
  std::vector<float> dots(kRows * centroids.padded);
  std::vector<uint32_t> nearest(total);
  for (size_t begin = 0; begin < total; begin += kRows) {
    const size_t some = std::min(kRows, total - begin);
    MaxSimDots(centroids, rows.subspan(begin * dim, some * dim), dots);
    for (size_t i = 0; i < some; ++i) {
      const float* row = &dots[i * centroids.padded];
      nearest[begin + i] =
          static_cast<uint32_t>(std::max_element(row, row + centroids.tokens) - row);
    }
  }
  return nearest;
}

std::vector<uint32_t> NearestCentroids(std::span<const float> rows,
                                       std::span<const float> centroids, size_t dim) {
  return NearestCentroids(rows, PackMaxSimQuery(centroids, centroids.size() / dim, dim));
}

}  // namespace

TokenCodec TokenCodec::Train(std::span<const float> sample, size_t dim, uint64_t expected_tokens,
                             size_t bits) {
  TokenCodec codec;
  codec.code_ = {.dim = dim, .bits = bits};
  const size_t rows = sample.size() / dim;
  const auto wanted = static_cast<size_t>(16 * std::sqrt(static_cast<double>(expected_tokens)));
  const size_t most = std::max<size_t>(1, rows / 4);
  const size_t bound = std::bit_floor(std::min(most, kMaxCentroids));
  const size_t count = std::min(std::bit_ceil(std::max<size_t>(wanted, 1)), bound);
  std::vector<float> centroids = FirstCentroids(sample, dim, count);
  for (size_t round = 0; round < kMeansRounds; ++round) {
    MoveCentroids(sample, NearestCentroids(sample, centroids, dim), dim, &centroids);
  }
  codec.SetCentroids(centroids);
  codec.FitLevels(sample, NearestCentroids(sample, codec.centroids_, dim));
  return codec;
}

void TokenCodec::SetCentroids(std::span<const float> rows) {
  const size_t dim = code_.dim;
  scales_.resize(rows.size() / dim);
  centroid_codes_.resize(rows.size());
  for (size_t c = 0; c < scales_.size(); ++c) {
    scales_[c] =
        QuantizeRow(rows.subspan(c * dim, dim), std::span(centroid_codes_).subspan(c * dim, dim));
  }
  UnpackCentroids();
}

void TokenCodec::UnpackCentroids() {
  centroids_.resize(centroid_codes_.size());
  for (size_t i = 0; i < centroids_.size(); ++i) {
    centroids_[i] = scales_[i / code_.dim] * static_cast<float>(centroid_codes_[i]);
  }
}

void TokenCodec::FitLevels(std::span<const float> sample, std::span<const uint32_t> nearest) {
  const size_t dim = code_.dim;
  const size_t step = std::max<size_t>(1, nearest.size() * dim / kLevelSample);
  std::vector<float> values, residual(dim);
  float largest_gain = 0;
  for (size_t i = 0; i < nearest.size(); i += step) {
    for (size_t d = 0; d < dim; ++d) {
      residual[d] = sample[i * dim + d] - centroids_[nearest[i] * dim + d];
    }
    const float gain = RootMeanSquare(residual);
    largest_gain = std::max(largest_gain, gain);
    if (gain <= 0) continue;
    for (float x : residual) values.push_back(x / gain);
  }
  // Any levels do where the centroids say it all.
  if (values.empty()) values = {-1, 1};
  const std::vector<float> levels = LloydLevels(std::move(values), size_t{1} << code_.bits);
  const float largest = std::max(std::fabs(levels.front()), std::fabs(levels.back()));
  code_.level_step = std::max(largest, 1e-3f) / 127;
  for (size_t i = 0; i < levels.size(); ++i) {
    code_.levels[i] = static_cast<int8_t>(std::nearbyint(levels[i] / code_.level_step));
  }
  // Tokens to come may be further from the centroids than those of the sample.
  code_.residual_gain_step = std::max(1.5f * largest_gain, 1e-3f) / 255;
}

size_t TokenCodec::centroid_bits() const { return std::bit_width(scales_.size() - 1); }

TokenEncoder::TokenEncoder(const TokenCodec& codec)
    : codec_(codec),
      centroids_(PackMaxSimQuery(codec.centroids(), codec.centroid_count(), codec.dim())) {
  for (size_t i = 0; i < size_t{1} << codec.code().bits; ++i) {
    levels_.push_back(codec.code().level_step * static_cast<float>(codec.code().levels[i]));
  }
  cuts_ = Midpoints(levels_);
}

void TokenEncoder::EncodeRow(std::span<const float> row, uint32_t centroid, uint8_t* gains,
                             uint8_t* codes) const {
  constexpr size_t kRounds = 2;
  const ResidualCode& code = codec_.code();
  const size_t dim = code.dim, bytes = code.token_bytes();
  const std::span<const float> base = codec_.centroids().subspan(centroid * dim, dim);
  std::vector<float> residual(dim);
  std::vector<uint8_t> chosen(dim);
  Gains fitted{.centroid = 1};
  for (size_t d = 0; d < dim; ++d) residual[d] = row[d] - base[d];
  float size = RootMeanSquare(residual);
  // Codes for the gains, then gains for the codes.
  for (size_t round = 0; round < kRounds && size > 0; ++round) {
    for (size_t d = 0; d < dim; ++d) {
      const float value = (row[d] - fitted.centroid * base[d]) / size;
      chosen[d] = static_cast<uint8_t>(NearestLevel(cuts_, value));
      residual[d] = levels_[chosen[d]];
    }
    fitted = FitGains(row, base, residual);
    size = fitted.residual;
  }
  if (size <= 0) fitted = FitGains(row, base, std::vector<float>(dim));
  gains[0] = GainCode(fitted.centroid, code.centroid_gain_step);
  gains[1] = GainCode(fitted.residual, code.residual_gain_step);
  std::memset(codes, 0, bytes);
  for (size_t d = 0; d < dim; ++d) {
    codes[d % bytes] |= static_cast<uint8_t>(chosen[d] << (d / bytes * code.bits));
  }
}

EncodedTokens TokenEncoder::Encode(std::span<const float> rows) const {
  const size_t dim = codec_.dim(), bytes = codec_.code().token_bytes();
  EncodedTokens out{.centroids = NearestCentroids(rows, centroids_)};
  const size_t count = out.centroids.size();
  out.gains.resize(2 * count);
  out.codes.resize(count * bytes);
  for (size_t t = 0; t < count; ++t) {
    EncodeRow(rows.subspan(t * dim, dim), out.centroids[t], &out.gains[2 * t],
              &out.codes[t * bytes]);
  }
  return out;
}

std::vector<float> TokenCodec::Decode(const PackedTokens& tokens) const {
  const size_t dim = code_.dim;
  std::vector<float> rows(tokens.centroids.size() * dim);
  for (size_t t = 0; t < tokens.centroids.size(); ++t) {
    const std::span<float> row = std::span(rows).subspan(t * dim, dim);
    UnpackToken(code_, centroids().subspan(tokens.centroids[t] * dim, dim), tokens, t, row);
    MakeUnit(row);
  }
  return rows;
}

std::string TokenCodec::Serialize() const {
  std::string blob;
  AppendFixed(kCodecVersion, &blob);
  AppendFixed(static_cast<uint8_t>(code_.bits), &blob);
  AppendVarint(code_.dim, &blob);
  AppendVarint(scales_.size(), &blob);
  for (const float step : {code_.level_step, code_.centroid_gain_step, code_.residual_gain_step}) {
    AppendFixed(step, &blob);
  }
  for (size_t i = 0; i < size_t{1} << code_.bits; ++i) AppendFixed(code_.levels[i], &blob);
  for (const float scale : scales_) AppendFixed(scale, &blob);
  blob.append(reinterpret_cast<const char*>(centroid_codes_.data()), centroid_codes_.size());
  return blob;
}

Result<TokenCodec> TokenCodec::Parse(std::string_view blob) {
  const Status damaged = CorruptError("damaged centroids of a space");
  ByteReader reader(blob);
  if (const uint8_t version = reader.Fixed<uint8_t>(); version != kCodecVersion) {
    return reader.ok() ? UnsupportedError("centroids of an unknown version") : damaged;
  }
  TokenCodec codec;
  codec.code_.bits = reader.Fixed<uint8_t>();
  codec.code_.dim = reader.VarintUpTo(kMaxDim);
  const size_t count = reader.VarintUpTo(kMaxCentroids);
  for (float* step : {&codec.code_.level_step, &codec.code_.centroid_gain_step,
                      &codec.code_.residual_gain_step}) {
    *step = reader.Fixed<float>();
    if (!std::isfinite(*step) || *step <= 0) return damaged;
  }
  const bool known_bits = codec.code_.bits == 2 || codec.code_.bits == 4;
  if (!reader.ok() || !known_bits || codec.code_.dim == 0 || count == 0) return damaged;
  for (size_t i = 0; i < size_t{1} << codec.code_.bits; ++i) {
    codec.code_.levels[i] = reader.Fixed<int8_t>();
  }
  const std::string_view scales = reader.Bytes(count * sizeof(float));
  const std::string_view codes = reader.Bytes(count * codec.code_.dim);
  if (!reader.ok() || !reader.at_end()) return damaged;
  codec.scales_.resize(count);
  std::memcpy(codec.scales_.data(), scales.data(), scales.size());
  for (const float scale : codec.scales_) {
    if (!std::isfinite(scale)) return damaged;
  }
  codec.centroid_codes_.resize(codes.size());
  std::memcpy(codec.centroid_codes_.data(), codes.data(), codes.size());
  codec.UnpackCentroids();
  return codec;
}

PooledTokens PoolTokens(std::span<const float> rows, size_t dim) {
  const size_t count = rows.size() / dim;
  struct Pair {
    float similarity;
    uint32_t a, b;
  };
  std::vector<Pair> pairs;
  std::vector<float> dots(count);
  for (uint32_t a = 0; a < count; ++a) {
    DotFloatRows(rows.subspan(a * dim, dim), rows, count, dots);
    for (uint32_t b = a + 1; b < count; ++b) pairs.push_back({dots[b], a, b});
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) {
    if (x.similarity != y.similarity) return x.similarity > y.similarity;
    return x.a != y.a ? x.a < y.a : x.b < y.b;
  });
  std::vector<uint32_t> partner(count);
  std::iota(partner.begin(), partner.end(), 0u);
  for (const Pair& pair : pairs) {
    if (partner[pair.a] != pair.a || partner[pair.b] != pair.b) continue;
    partner[pair.a] = pair.b;
    partner[pair.b] = pair.a;
  }
  PooledTokens pooled;
  for (uint32_t a = 0; a < count; ++a) {
    const uint32_t b = partner[a];
    if (b < a) continue;
    pooled.first_token.push_back(a);
    const size_t at = pooled.rows.size();
    for (size_t d = 0; d < dim; ++d) {
      pooled.rows.push_back(rows[a * dim + d] + (b == a ? 0.0f : rows[b * dim + d]));
    }
    MakeUnit(std::span(pooled.rows).subspan(at, dim));
  }
  return pooled;
}

}  // namespace sg
