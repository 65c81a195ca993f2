#include "index/store/token_codec.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "core/kernels/dot.h"
#include "core/kernels/nearest_row.h"
#include "core/kernels/principal_axes.h"
#include "core/kernels/product_code.h"
#include "index/store/byte_codec.h"

namespace sg {
namespace {

constexpr uint8_t kCodecVersion = 2;
constexpr size_t kMeansRounds = 5;
constexpr size_t kLloydRounds = 30;
constexpr size_t kLevelSample = 1 << 17;  // values that first levels are fitted to
constexpr size_t kBookSample = 1 << 14;   // tokens that books are fitted to
constexpr size_t kBookRounds = 10;
constexpr size_t kEntries = ResidualCode::kEntries;
constexpr size_t kMostBits = 6;  // of the 8 of a book, for one dimension
constexpr float kAxisSteps = 32767;
constexpr size_t kMaxDim = 1 << 11;

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

// Which axis, largest variance first, each stored dimension shows: groups of dimensions get
// variances of about equal product, so that the same number of bits suits them all (Ge et al.
// 2013).
std::vector<uint32_t> BalancedGroups(std::span<const float> variances, size_t group) {
  const size_t dim = variances.size(), groups = (dim + group - 1) / group;
  struct Group {
    std::vector<uint32_t> axes;
    double log_product = 0;
  };
  std::vector<Group> made(groups);
  // The last group may be short.
  const auto room = [&](size_t g) { return std::min(group, dim - g * group); };
  // All logarithms are taken positive, so that a fuller group counts for more.
  const double floor = std::log(std::max(double{variances.back()}, 1e-12)) - 1;
  for (uint32_t axis = 0; axis < dim; ++axis) {
    size_t best = groups;
    for (size_t g = 0; g < groups; ++g) {
      if (made[g].axes.size() == room(g)) continue;
      if (best == groups || made[g].log_product < made[best].log_product) best = g;
    }
    made[best].axes.push_back(axis);
    made[best].log_product += std::log(std::max(double{variances[axis]}, 1e-12)) - floor;
  }
  std::vector<uint32_t> order;
  for (const Group& g : made) order.insert(order.end(), g.axes.begin(), g.axes.end());
  return order;
}

// First entries of a book [group, 256]: a grid over its dimensions, finer where they vary more.
// `deviations` [group], `levels[b]` the 2^b levels of a value of deviation 1.
std::vector<float> GridBook(std::span<const float> deviations,
                            std::span<const std::vector<float>> levels) {
  constexpr size_t kBits = 8;
  const size_t group = deviations.size();
  std::vector<size_t> bits(group);
  for (size_t given = 0; given < kBits; ++given) {
    const auto error = [&](size_t k) {
      const bool full = bits[k] + 1 == levels.size();
      return full ? -1.0f : deviations[k] / static_cast<float>(size_t{1} << bits[k]);
    };
    size_t worst = 0;
    for (size_t k = 1; k < group; ++k) worst = error(k) > error(worst) ? k : worst;
    ++bits[worst];
  }
  std::vector<float> book(group * kEntries);
  size_t shift = 0;
  for (size_t k = 0; k < group; ++k) {
    for (size_t e = 0; e < kEntries; ++e) {
      const size_t level = (e >> shift) & ((size_t{1} << bits[k]) - 1);
      book[k * kEntries + e] = deviations[k] * levels[bits[k]][level];
    }
    shift += bits[k];
  }
  return book;
}

// k-means from `book` [group, 256] on `rows` [R, group]. An entry is pulled to where it began as by
// one row more: few rows teach little.
void RefineBook(std::span<const float> rows, size_t group, std::vector<float>* book) {
  const std::vector<float> first = *book;
  for (size_t round = 0; round < kBookRounds; ++round) {
    std::vector<float> sums = first, counts(kEntries, 1.0f);
    for (size_t at = 0; at < rows.size(); at += group) {
      uint8_t nearest = 0;
      NearestEntries(*book, group, rows.subspan(at, group), {&nearest, 1});
      counts[nearest] += 1;
      for (size_t k = 0; k < group; ++k) sums[k * kEntries + nearest] += rows[at + k];
    }
    for (size_t i = 0; i < sums.size(); ++i) (*book)[i] = sums[i] / counts[i % kEntries];
  }
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

}  // namespace

EncodedTokens EncodedTokens::Slice(size_t begin, size_t count, size_t bytes) const {
  const auto part = [](const auto& all, size_t from, size_t size) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
    return std::vector(first, first + static_cast<std::ptrdiff_t>(size));
  };
  return {.centroids = part(centroids, begin, count),
          .gains = part(gains, 2 * begin, 2 * count),
          .codes = part(codes, begin * bytes, count * bytes)};
}

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
    MoveCentroids(sample, NearestRow(centroids, dim).Find(sample), dim, &centroids);
  }
  const std::vector<uint32_t> nearest = NearestRow(centroids, dim).Find(sample);
  std::vector<float> residuals(sample.begin(), sample.end());
  for (size_t i = 0; i < residuals.size(); ++i) {
    residuals[i] -= centroids[nearest[i / dim] * dim + i % dim];
  }
  for (size_t i = 0; i < rows; ++i) MakeUnit(std::span(residuals).subspan(i * dim, dim));
  const PrincipalAxes principal = FindPrincipalAxes(residuals, dim);
  std::vector<float> axes;
  for (const uint32_t axis : BalancedGroups(principal.variances, codec.code_.group())) {
    const auto from = principal.axes.begin() + static_cast<std::ptrdiff_t>(axis * dim);
    axes.insert(axes.end(), from, from + static_cast<std::ptrdiff_t>(dim));
  }
  codec.SetAxes(axes);
  codec.SetCentroids(codec.Turn(centroids));
  codec.FitBooks(codec.Turn(sample), nearest);
  return codec;
}

void TokenCodec::SetAxes(std::span<const float> axes) {
  axis_codes_.resize(axes.size());
  for (size_t i = 0; i < axes.size(); ++i) {
    axis_codes_[i] = static_cast<int16_t>(std::nearbyint(axes[i] * kAxisSteps));
  }
  UnpackAxes();
}

void TokenCodec::UnpackAxes() {
  std::vector<float> rows(axis_codes_.begin(), axis_codes_.end());
  for (float& x : rows) x /= kAxisSteps;
  axes_ = PackMaxSimQuery(rows, code_.dim, code_.dim);
}

std::vector<float> TokenCodec::Turn(std::span<const float> rows) const {
  const size_t dim = code_.dim, count = rows.size() / dim;
  std::vector<float> turned(count * axes_.padded);
  MaxSimDots(axes_, rows, turned);
  if (axes_.padded == dim) return turned;
  for (size_t r = 0; r < count; ++r) {
    std::copy_n(&turned[r * axes_.padded], dim, &turned[r * dim]);
  }
  turned.resize(count * dim);
  return turned;
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

void TokenCodec::FitBooks(std::span<const float> sample, std::span<const uint32_t> nearest) {
  const size_t dim = code_.dim, group = code_.group(), books = code_.token_bytes();
  // Residuals relative to their size, some of them, [n, dim].
  std::vector<float> values;
  const size_t step = std::max<size_t>(1, nearest.size() / kBookSample);
  for (size_t i = 0; i < nearest.size(); i += step) {
    std::vector<float> residual(dim);
    for (size_t d = 0; d < dim; ++d) {
      residual[d] = sample[i * dim + d] - centroids_[nearest[i] * dim + d];
    }
    const float gain = RootMeanSquare(residual);
    if (gain <= 0) continue;
    for (const float x : residual) values.push_back(x / gain);
  }
  const size_t count = values.size() / dim;
  std::vector<float> deviations(dim);
  // A direction in which few tokens vary: others may. As if there were dim tokens of variance 1.
  for (size_t d = 0; d < dim; ++d) {
    double squares = static_cast<double>(dim);
    for (size_t i = 0; i < count; ++i) {
      squares += double{values[i * dim + d]} * double{values[i * dim + d]};
    }
    deviations[d] = static_cast<float>(std::sqrt(squares / static_cast<double>(count + dim)));
  }
  std::vector<float> even;
  const size_t value_step = std::max<size_t>(1, values.size() / kLevelSample) | 1;
  for (size_t i = 0; i < values.size(); i += value_step) {
    even.push_back(values[i] / deviations[i % dim]);
  }
  // Any levels do where the centroids say it all.
  if (even.empty()) even = {-1, 1};
  std::vector<std::vector<float>> levels;
  for (size_t bits = 0; bits <= kMostBits; ++bits) {
    levels.push_back(LloydLevels(even, size_t{1} << bits));
  }
  std::vector<float> all;  // [books, group, 256]
  for (size_t j = 0; j < books; ++j) {
    const size_t some = std::min(group, dim - j * group);
    std::vector<float> book = GridBook(std::span(deviations).subspan(j * group, some), levels);
    std::vector<float> rows(count * some);
    for (size_t i = 0; i < rows.size(); ++i)
      rows[i] = values[i / some * dim + j * group + i % some];
    RefineBook(rows, some, &book);
    book.resize(group * kEntries);
    all.insert(all.end(), book.begin(), book.end());
  }
  float largest = 1e-3f;
  for (const float x : all) largest = std::max(largest, std::fabs(x));
  code_.level_step = largest / 127;
  code_.books.resize(all.size());
  for (size_t j = 0; j < books; ++j) {
    for (size_t i = 0; i < group * kEntries; ++i) {
      const size_t k = i / kEntries, e = i % kEntries;
      code_.books[(j * kEntries + e) * group + k] =
          static_cast<int8_t>(std::nearbyint(all[j * group * kEntries + i] / code_.level_step));
    }
  }
  // Room for residuals as long as 1.5: those of tokens unlike the sample.
  code_.residual_gain_step = 1.5f / (255 * std::sqrt(static_cast<float>(dim)));
}

size_t TokenCodec::centroid_bits() const { return std::bit_width(scales_.size() - 1); }

TokenEncoder::TokenEncoder(const TokenCodec& codec)
    : codec_(codec), centroids_(codec.centroids(), codec.dim()) {
  const ResidualCode& code = codec.code();
  const size_t group = code.group();
  books_.resize(code.books.size());
  for (size_t i = 0; i < books_.size(); ++i) {
    const size_t j = i / (group * kEntries), k = i / kEntries % group, e = i % kEntries;
    books_[i] = code.level_step * code.entry(j, static_cast<uint8_t>(e))[k];
  }
}

void TokenEncoder::EncodeRow(std::span<const float> row, uint32_t centroid, uint8_t* gains,
                             uint8_t* codes) const {
  constexpr size_t kRounds = 2;
  const ResidualCode& code = codec_.code();
  const size_t dim = code.dim, group = code.group(), bytes = code.token_bytes();
  const std::span<const float> base = codec_.centroids().subspan(centroid * dim, dim);
  std::vector<float> residual(dim), wanted(bytes * group);
  Gains fitted{.centroid = 1};
  for (size_t d = 0; d < dim; ++d) residual[d] = row[d] - base[d];
  float size = RootMeanSquare(residual);
  // Codes for the gains, then gains for the codes.
  for (size_t round = 0; round < kRounds && size > 0; ++round) {
    for (size_t d = 0; d < dim; ++d) wanted[d] = (row[d] - fitted.centroid * base[d]) / size;
    NearestEntries(books_, group, wanted, {codes, bytes});
    for (size_t d = 0; d < dim; ++d) {
      const size_t j = d / group, k = d % group;
      residual[d] = books_[(j * group + k) * kEntries + codes[j]];
    }
    fitted = FitGains(row, base, residual);
    size = fitted.residual;
  }
  if (size <= 0) fitted = FitGains(row, base, std::vector<float>(dim));
  gains[0] = GainCode(fitted.centroid, code.centroid_gain_step);
  gains[1] = GainCode(fitted.residual, code.residual_gain_step);
}

EncodedTokens TokenEncoder::Encode(std::span<const float> rows) const {
  const size_t dim = codec_.dim(), bytes = codec_.code().token_bytes();
  const std::vector<float> turned = codec_.Turn(rows);
  const std::vector<uint32_t> nearest = centroids_.Find(turned);
  EncodedTokens out{.centroids = {nearest.begin(), nearest.end()}};
  const size_t count = out.centroids.size();
  out.gains.resize(2 * count);
  out.codes.resize(count * bytes);
  for (size_t t = 0; t < count; ++t) {
    EncodeRow(std::span(turned).subspan(t * dim, dim), out.centroids[t], &out.gains[2 * t],
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
  for (const int16_t axis : axis_codes_) AppendFixed(axis, &blob);
  blob.append(reinterpret_cast<const char*>(code_.books.data()), code_.books.size());
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
  const std::string_view axes = reader.Bytes(codec.code_.dim * codec.code_.dim * sizeof(int16_t));
  const std::string_view books =
      reader.Bytes(codec.code_.token_bytes() * kEntries * codec.code_.group());
  const std::string_view scales = reader.Bytes(count * sizeof(float));
  const std::string_view codes = reader.Bytes(count * codec.code_.dim);
  if (!reader.ok() || !reader.at_end()) return damaged;
  codec.axis_codes_.resize(axes.size() / sizeof(int16_t));
  std::memcpy(codec.axis_codes_.data(), axes.data(), axes.size());
  codec.UnpackAxes();
  codec.code_.books.resize(books.size());
  std::memcpy(codec.code_.books.data(), books.data(), books.size());
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
