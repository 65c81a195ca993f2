#include "index/store/token_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>
#include <set>

namespace sg {
namespace {

constexpr size_t kDim = 128;

// Passages as late-interaction models give them: a token is a mix of its word (words are drawn by
// Zipf's law), the topic of its passage, and of what stands around it.
struct Collection {
  std::vector<float> rows;  // [tokens, kDim]
  std::vector<size_t> begin;
  std::span<const float> Passage(size_t i) const {
    return std::span(rows).subspan(begin[i] * kDim, (begin[i + 1] - begin[i]) * kDim);
  }
  size_t size() const { return begin.size() - 1; }
};

class Generator {
 public:
  Generator() : random_(7), words_(Vectors(2000)), topics_(Vectors(60)) {}

  Collection Make(size_t passages, size_t tokens) {
    Collection made{.begin = {0}};
    for (size_t p = 0; p < passages; ++p) {
      Append(random_() % 60, tokens / 2 + random_() % tokens, &made);
    }
    return made;
  }
  void Append(size_t topic, size_t tokens, Collection* to) {
    const std::vector<float> place = Vectors(1);
    for (size_t t = 0; t < tokens; ++t) {
      const double u = std::uniform_real_distribution<>(0, 1)(random_);
      const auto word = static_cast<size_t>(std::pow(2000.0, u)) - 1;
      std::vector<float> row(kDim), noise = Vectors(1);
      for (size_t d = 0; d < kDim; ++d) {
        row[d] = words_[word * kDim + d] + 0.6f * topics_[topic * kDim + d] + 0.5f * place[d] +
                 0.45f * noise[d];
      }
      const float norm = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0f));
      for (float x : row) to->rows.push_back(x / norm);
    }
    to->begin.push_back(to->rows.size() / kDim);
  }

 private:
  std::vector<float> Vectors(size_t count) {
    std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(kDim)));
    std::vector<float> values(count * kDim);
    for (float& v : values) v = normal(random_);
    return values;
  }
  std::mt19937 random_;
  std::vector<float> words_, topics_;
};

double Score(const MaxSimQuery& query, std::span<const float> rows) {
  std::vector<float> best(query.tokens);
  MaxSimFloat(query, rows, best);
  return std::accumulate(best.begin(), best.end(), 0.0);
}

std::set<size_t> TopTen(const std::vector<double>& scores) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  return {order.begin(), order.begin() + 10};
}

// Mean share of the ten best passages by exact MaxSim that decoded codes find too.
double Recall(const Collection& passages, const Collection& queries, size_t bits,
              double* bytes_per_token) {
  const TokenCodec codec =
      TokenCodec::Train(passages.rows, kDim, passages.rows.size() / kDim, bits);
  const TokenEncoder encoder(codec);
  std::vector<std::vector<float>> decoded;
  for (size_t i = 0; i < passages.size(); ++i) {
    decoded.push_back(codec.Decode(encoder.Encode(passages.Passage(i)).view()));
  }
  double found = 0;
  for (size_t q = 0; q < queries.size(); ++q) {
    const std::span<const float> rows = queries.Passage(q);
    const MaxSimQuery query = PackMaxSimQuery(rows, rows.size() / kDim, kDim);
    const MaxSimQuery turned = PackMaxSimQuery(codec.Turn(rows), rows.size() / kDim, kDim);
    std::vector<double> exact, coded;
    for (size_t i = 0; i < passages.size(); ++i) {
      exact.push_back(Score(query, passages.Passage(i)));
      coded.push_back(Score(turned, decoded[i]));
    }
    const std::set<size_t> right = TopTen(exact), got = TopTen(coded);
    for (const size_t i : got) found += right.contains(i) ? 0.1 : 0;
  }
  *bytes_per_token = static_cast<double>(codec.code().token_bytes()) + 2 +
                     static_cast<double>(codec.centroid_bits()) / 8;
  return found / static_cast<double>(queries.size());
}

TEST(TokenCodec, FindsWhatExactMaxSimFinds) {
  Generator generator;
  const Collection passages = generator.Make(/*passages=*/400, /*tokens=*/40);
  const Collection queries = generator.Make(/*passages=*/200, /*tokens=*/16);
  double bytes = 0;
  const double two = Recall(passages, queries, 2, &bytes);
  EXPECT_LE(bytes, 36);
  const double four = Recall(passages, queries, 4, &bytes);
  EXPECT_LE(bytes, 68);
  std::printf("recall@10 against exact MaxSim: 2 bits %.3f, 4 bits %.3f\n", two, four);
  EXPECT_GE(four, 0.98);
  EXPECT_GE(two, 0.93);
}

// Vectors of a real model, from a file of float32 written by an experiment: [u64 passages, u64
// queries, lengths u64..., rows].
TEST(TokenCodec, RealVectorsSlow) {
  const char* path = std::getenv("SG_TOKEN_VECTORS");
  if (path == nullptr) GTEST_SKIP() << "SG_TOKEN_VECTORS names no file of token vectors";
  std::ifstream file(path, std::ios::binary);
  uint64_t counts[2];
  file.read(reinterpret_cast<char*>(counts), sizeof(counts));
  Collection sets[2];
  for (int s = 0; s < 2; ++s) {
    sets[s].begin = {0};
    for (uint64_t i = 0; i < counts[s]; ++i) {
      uint64_t length;
      file.read(reinterpret_cast<char*>(&length), sizeof(length));
      sets[s].begin.push_back(sets[s].begin.back() + length);
    }
  }
  for (Collection& set : sets) {
    set.rows.resize(set.begin.back() * kDim);
    file.read(reinterpret_cast<char*>(set.rows.data()),
              static_cast<std::streamsize>(set.rows.size() * sizeof(float)));
  }
  ASSERT_TRUE(file.good());
  for (const size_t bits : {size_t{2}, size_t{4}}) {
    double bytes = 0;
    const double recall = Recall(sets[0], sets[1], bits, &bytes);
    std::printf("%zu bits: %.1f bytes a token, recall@10 %.3f\n", bits, bytes, recall);
    EXPECT_GE(recall, bits == 2 ? 0.94 : 0.975);
  }
}

TEST(TokenCodec, SurvivesItsBlob) {
  Generator generator;
  const Collection passages = generator.Make(20, 20);
  for (const size_t bits : {size_t{2}, size_t{4}}) {
    const TokenCodec codec = TokenCodec::Train(passages.rows, kDim, 400, bits);
    const std::string blob = codec.Serialize();
    const auto parsed = TokenCodec::Parse(blob);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(parsed->Serialize(), blob);
    const EncodedTokens a = TokenEncoder(codec).Encode(passages.Passage(3));
    const EncodedTokens b = TokenEncoder(*parsed).Encode(passages.Passage(3));
    EXPECT_EQ(a.codes, b.codes);
    EXPECT_EQ(a.gains, b.gains);
    EXPECT_EQ(a.centroids, b.centroids);
    for (size_t cut = 0; cut < blob.size(); cut += 1 + cut / 16) {
      EXPECT_FALSE(TokenCodec::Parse(blob.substr(0, cut)).ok()) << cut;
    }
    EXPECT_FALSE(TokenCodec::Parse(blob + "x").ok());
  }
}

TEST(TokenCodec, TurningKeepsDotProducts) {
  Generator generator;
  const Collection passages = generator.Make(20, 20);
  const TokenCodec codec = TokenCodec::Train(passages.rows, kDim, 400, 2);
  const std::span<const float> rows = passages.Passage(2);
  const std::vector<float> turned = codec.Turn(rows);
  const auto dot = [](const float* a, const float* b) {
    return std::inner_product(a, a + kDim, b, 0.0);
  };
  for (size_t t = 0; t < rows.size(); t += kDim) {
    EXPECT_NEAR(dot(&rows[0], &rows[t]), dot(&turned[0], &turned[t]), 1e-4);
  }
}

// Tokens that were not in the sample, of a sample too small to know their directions.
TEST(TokenCodec, StrangersToASmallSample) {
  Generator generator;
  const Collection few = generator.Make(2, 10), others = generator.Make(20, 20);
  const TokenCodec codec = TokenCodec::Train(few.rows, kDim, few.rows.size() / kDim, 4);
  const EncodedTokens tokens = TokenEncoder(codec).Encode(others.rows);
  const std::vector<float> decoded = codec.Decode(tokens.view()), turned = codec.Turn(others.rows);
  const double kept = std::inner_product(decoded.begin(), decoded.end(), turned.begin(), 0.0) /
                      static_cast<double>(others.rows.size() / kDim);
  EXPECT_GE(kept, 0.95);  // mean cosine
}

TEST(TokenCodec, OddSamples) {
  // One token, equal tokens, a zero token: no division by nothing.
  for (const size_t count : {size_t{1}, size_t{40}}) {
    std::vector<float> rows(count * kDim);
    for (size_t t = 0; t < count; ++t) rows[t * kDim + 5] = 1;
    const TokenCodec codec = TokenCodec::Train(rows, kDim, count, 2);
    rows.resize(rows.size() + kDim);  // a zero token
    const EncodedTokens tokens = TokenEncoder(codec).Encode(rows);
    const std::vector<float> decoded = codec.Decode(tokens.view());
    const std::vector<float> turned = codec.Turn(rows);
    for (size_t d = 0; d < kDim; ++d) EXPECT_NEAR(decoded[d], turned[d], 2e-3) << d;
    for (float x : decoded) EXPECT_TRUE(std::isfinite(x));
    for (size_t d = 0; d < kDim; ++d) EXPECT_EQ(decoded[count * kDim + d], 0);
  }
}

TEST(TokenPooling, MergesTheMostSimilarPairs) {
  // Tokens 0 and 2 point the same way, 1 and 3 nearly so, 4 is alone.
  const std::vector<float> rows = {1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0.9f, 0.43589f, 0, 0, -1};
  const PooledTokens pooled = PoolTokens(rows, 3);
  EXPECT_EQ(pooled.first_token, (std::vector<uint32_t>{0, 1, 4}));
  ASSERT_EQ(pooled.rows.size(), 9u);
  EXPECT_FLOAT_EQ(pooled.rows[0], 1);
  EXPECT_NEAR(pooled.rows[3 + 1], 0.9746f, 1e-3);
  EXPECT_FLOAT_EQ(pooled.rows[6 + 2], -1);
}

}  // namespace
}  // namespace sg
