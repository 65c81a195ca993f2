#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "index/query/parser.h"
#include "index/retrieve/bm25.h"
#include "index/retrieve/query_vector.h"
#include "index/retrieve/retriever.h"
#include "index/retrieve/vectors.h"
#include "tests/index/index_fixture.h"

namespace sg {
namespace {

// bm25() of SQLite's FTS5 is the definition that ours must equal.
TEST(Bm25, EqualsFts5WithColumnWeights) {
  std::mt19937 random(7);
  const std::vector<std::string> words = {"alpha", "beta", "gamma", "delta", "epsilon", "zeta"};
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(":memory:", &db), SQLITE_OK);
  const auto run = [&](const std::string& sql) {
    ASSERT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
  };
  run("CREATE VIRTUAL TABLE t USING fts5(body, stem)");
  constexpr int kRows = 40;
  std::vector<std::map<std::string, double>> weighted(kRows);
  std::vector<uint32_t> row_terms(kRows, 0);
  std::map<std::string, uint64_t> rows_with;
  for (int row = 0; row < kRows; ++row) {
    std::string body, stem;
    const size_t count = 1 + random() % 30;
    for (size_t i = 0; i < count; ++i) {
      // Skewed: alpha is in more than half of the rows, zeta is rare.
      const std::string& word = words[std::min(random() % 12, random() % 6)];
      body += word + " ";
      weighted[row][word] += 1;
      ++row_terms[row];
    }
    stem = words[random() % 6];
    weighted[row][stem] += 5;
    ++row_terms[row];
    for (const auto& [word, tf] : weighted[row]) ++rows_with[word];
    run("INSERT INTO t(rowid, body, stem) VALUES(" + std::to_string(row) + ",'" + body + "','" +
        stem + "')");
  }
  double mean = 0;
  for (uint32_t n : row_terms) mean += double{static_cast<double>(n)} / kRows;
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(db,
                               "SELECT rowid, bm25(t, 1, 5) FROM t WHERE t MATCH "
                               "'alpha OR gamma OR zeta'",
                               -1, &statement, nullptr),
            SQLITE_OK);
  int found = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    const int row = sqlite3_column_int(statement, 0);
    double score = 0;
    for (const char* term : {"alpha", "gamma", "zeta"}) {
      const auto tf = weighted[row].find(term);
      if (tf == weighted[row].end()) continue;
      score += Bm25Idf(kRows, rows_with[term]) * Bm25Weight(tf->second, row_terms[row], mean);
    }
    EXPECT_NEAR(score, -sqlite3_column_double(statement, 1), 1e-6) << row;
    ++found;
  }
  EXPECT_GT(found, 10);
  sqlite3_finalize(statement);
  sqlite3_close(db);
}

TEST(ValueRange, ScalesToTheUnitInterval) {
  ValueRange range;
  EXPECT_EQ(range.Scale(3), 0);
  range.Add(2);
  EXPECT_EQ(range.Scale(2), 0);
  range.Add(4);
  EXPECT_EQ(range.Scale(3), 0.5f);
  EXPECT_EQ(range.Scale(kNoSimilarity), 0);
}

// The way of large indexes, forced on our own sources: what it finds is nearly what comparing all
// finds, and equal where both look.
TEST(Retrieve, SignScanAgreesWithComparingAll) {
  const TempTree folder;
  IndexOptions index{.root = "index", .db_path = folder / "index.db"};
  ASSERT_TRUE(UpdateIndex(index, BundledEmbedder()).ok());
  auto snapshot = Snapshot::Open(index.db_path);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().message();
  SearchScope scope;
  scope.chunk_files = *(*snapshot)->ChunkFiles();
  for (FileId file : scope.chunk_files) scope.file_limit = std::max(scope.file_limit, file + 1);
  scope.chunk_count = (*snapshot)->counts().chunks;
  ASSERT_GT(scope.chunk_count, 200u);
  const auto run = [&](const char* text, const VectorScanOptions& vectors) {
    FileCache files(**snapshot);
    const Query query = ParseQuery(text);
    auto retrieval = Retrieve(**snapshot, BundledEmbedder(), query, scope,
                              {.candidates_per_list = 10, .vectors = vectors}, &files);
    EXPECT_TRUE(retrieval.ok()) << retrieval.status().message();
    return std::move(retrieval).value();
  };
  size_t found = 0, all = 0;
  for (const char* text : {"how are stack traces parsed", "compress text with a dictionary",
                           "weights of the features", "BlockStore", "which files changed"}) {
    const Retrieval exact = run(text, {});
    const Retrieval near = run(text, {.exact_limit = 0, .nearest = 100, .sample = 40});
    ASSERT_FALSE(exact.best_chunks().empty());
    EXPECT_EQ(near.best_chunks()[0].chunk, exact.best_chunks()[0].chunk) << text;
    EXPECT_NEAR(near.best_chunks()[0].semantic, exact.best_chunks()[0].semantic, 0.05) << text;
    for (const ChunkScore& wanted : exact.best_chunks()) {
      ++all;
      found += std::any_of(near.best_chunks().begin(), near.best_chunks().end(),
                           [&](const ChunkScore& c) { return c.chunk == wanted.chunk; });
    }
  }
  EXPECT_GE(static_cast<double>(found), 0.85 * static_cast<double>(all));
}

}  // namespace
}  // namespace sg
