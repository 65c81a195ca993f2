// Further spaces: built, kept up to date, searched; an index with content of three kinds and three
// tiny models of published shapes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "core/kernels/maxsim.h"
#include "extract/passage.h"
#include "index/build/space_builder.h"
#include "index/query/parser.h"
#include "index/query/route.h"
#include "index/retrieve/space_set.h"
#include "index/search/searcher.h"
#include "index/search/space_lines.h"
#include "index/store/space_store.h"
#include "tests/index/index_fixture.h"

namespace sg {
namespace {

std::unique_ptr<Embedder> MustOpenModel(const std::string& name) {
  auto opened = OpenEmbedder("tests/data/pipelines/" + name, {});
  EXPECT_TRUE(opened.ok()) << opened.status().message();
  return opened.ok() ? std::move(opened).value() : nullptr;
}

SearchScope AllOf(const Snapshot& snapshot) {
  SearchScope scope;
  scope.chunk_files = *snapshot.ChunkFiles();
  scope.chunk_count = snapshot.counts().chunks;
  return scope;
}

// Words of a small language in random order: many passages that differ.
std::string RandomProse(std::mt19937* random, size_t words) {
  static constexpr const char* kWords[] = {"the",   "cache", "holds",  "rows",  "until", "a",
                                           "query", "asks",  "server", "waits", "for",   "disk",
                                           "error", "path",  "index",  "model", "token", "line"};
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    text += kWords[(*random)() % std::size(kWords)];
    text += (*random)() % 8 == 0 ? ".\n" : " ";
  }
  return text + "\n";
}

// A tree of code, English and Japanese, its index, and one model for each.
class SpacesTest : public testing::Test {
 protected:
  SpacesTest()
      : code_(MustOpenModel("mean")),
        text_(MustOpenModel("colbert")),
        cjk_(MustOpenModel("prompt")) {
    tree_.Write("net/pool.py",
                "def open_pool(size):\n    return [connect() for _ in range(size)]\n");
    tree_.Write("net/retry.go", "package net\n\nfunc Retry(n int) error {\n\treturn nil\n}\n");
    tree_.Write("docs/deploy.md", "# Deploy\n\nHow the service is put on a machine.\n");
    tree_.Write("docs/ja.md", "# 接続\n\n接続プールの大きさを設定する方法を説明します。\n");
  }

  SpacesOptions Options() {
    return {.db_path = DefaultIndexPath(tree_.path()),
            .targets = {{.embedder = code_.get(), .routes = RouteBit(Route::kCode)},
                        {.embedder = text_.get(), .routes = RouteBit(Route::kText), .bits = 2},
                        {.embedder = cjk_.get(), .routes = RouteBit(Route::kCjk)}}};
  }
  SpacesSummary MustBuild(const SpacesOptions& options) {
    const auto summary = UpdateSpaces(options);
    EXPECT_TRUE(summary.ok()) << summary.status().message();
    return summary.ok() ? *summary : SpacesSummary{};
  }
  // Adds documents that differ, and puts all content into one space of tokens.
  void BuildProse(unsigned seed, int documents) {
    std::mt19937 random(seed);
    for (int i = 0; i < documents; ++i) {
      tree_.Write("docs/page" + std::to_string(i) + ".md", RandomProse(&random, 40));
    }
    MustUpdate(OptionsFor(tree_));
    SpacesOptions options = Options();
    options.targets = {{.embedder = text_.get(), .routes = kAllRouteBits, .bits = 4}};
    MustBuild(options);
  }
  std::unique_ptr<SpaceSet> MustOpenSpaces(const Snapshot& snapshot) {
    auto set = SpaceSet::Open(DefaultIndexPath(tree_.path()), snapshot);
    EXPECT_TRUE(set.ok()) << set.status().message();
    for (const SpaceInfo* info : (*set)->spaces()) {
      for (const Embedder* e : {code_.get(), text_.get(), cjk_.get()}) (*set)->Attach(*info, *e);
    }
    return std::move(set).value();
  }

  TempTree tree_;
  std::unique_ptr<Embedder> code_, text_, cjk_;
};

TEST_F(SpacesTest, ContentDecidesTheSpaceOfAChunk) {
  MustUpdate(OptionsFor(tree_));
  const SpacesSummary summary = MustBuild(Options());
  EXPECT_EQ(summary.spaces, 3u);
  EXPECT_EQ(summary.passages_embedded, 4u);
  const auto snapshot = MustOpen(DefaultIndexPath(tree_.path()));
  const auto set = MustOpenSpaces(*snapshot);
  ASSERT_EQ(set->spaces().size(), 3u);
  EXPECT_TRUE(set->stale_spaces().empty());
  const auto reader = SpaceReader::Open(DefaultIndexPath(tree_.path()));
  ASSERT_TRUE(reader.ok());
  for (const SpaceInfo& space : (*reader)->spaces()) {
    const auto keys = (*reader)->ChunkKeys(space);
    ASSERT_TRUE(keys.ok());
    for (ChunkId chunk = 1; chunk < keys->size(); ++chunk) {
      const std::string path = snapshot->File(*snapshot->FileOfChunk(chunk))->entry.path;
      const Route route = path == "docs/ja.md"       ? Route::kCjk
                          : path == "docs/deploy.md" ? Route::kText
                                                     : Route::kCode;
      EXPECT_EQ((*keys)[chunk] != 0, space.routes == RouteBit(route)) << path;
    }
  }
}

TEST_F(SpacesTest, OnlyNewPassagesAreEmbedded) {
  MustUpdate(OptionsFor(tree_));
  MustBuild(Options());
  EXPECT_EQ(MustBuild(Options()).passages_embedded, 0u);
  tree_.Write("net/retry.go", "package net\n\nfunc RetryTwice(n int) error {\n\treturn nil\n}\n");
  MustUpdate(OptionsFor(tree_));
  {
    const auto snapshot = MustOpen(DefaultIndexPath(tree_.path()));
    const auto set = MustOpenSpaces(*snapshot);
    EXPECT_EQ(set->stale_spaces().size(), 3u);
    EXPECT_TRUE(set->empty());
  }
  EXPECT_EQ(MustBuild(Options()).passages_embedded, 1u);
  // A restored file is known still or embedded again; either way the spaces are whole.
  tree_.Remove("docs/deploy.md");
  MustUpdate(OptionsFor(tree_));
  EXPECT_EQ(MustBuild(Options()).passages_embedded, 0u);
  const auto snapshot = MustOpen(DefaultIndexPath(tree_.path()));
  EXPECT_EQ(MustOpenSpaces(*snapshot)->spaces().size(), 3u);
}

// More blocks than one view of the index is kept for, coded by several threads.
TEST_F(SpacesTest, ManyBlocksSlow) {
  constexpr size_t kFiles = 4500;
  for (size_t i = 0; i < kFiles; ++i) {
    tree_.Write(
        "docs/" + std::to_string(i) + ".md",
        "# Page " + std::to_string(i) + "\n\nThe cache of page " + std::to_string(i * 7) + ".\n");
  }
  MustUpdate(OptionsFor(tree_));
  SpacesOptions options = Options();
  for (SpaceTarget& target : options.targets) target.threads = 3;
  EXPECT_GE(MustBuild(options).passages_embedded, kFiles);
  const auto reader = SpaceReader::Open(options.db_path);
  ASSERT_TRUE(reader.ok());
  for (const SpaceInfo& info : (*reader)->spaces()) {
    if (!info.space.multi_vector) continue;
    const auto codec = (*reader)->Codec(info);
    ASSERT_TRUE(codec.ok());
    size_t passages = 0;
    const Status scanned = (*reader)->ScanBlocks(info, &*codec, [&](SpaceBlock&& block) {
      for (size_t i = 0; i < block.keys.size(); ++i) {
        const auto passage = (*reader)->ReadPassage(info, &*codec, block, i);
        if (!passage.ok()) return passage.status();
        const std::vector<uint32_t>& lines = passage->line_tokens;
        EXPECT_EQ(std::accumulate(lines.begin(), lines.end(), size_t{0}),
                  passage->tokens.centroids.size());
        ++passages;
      }
      return Status::Ok();
    });
    EXPECT_TRUE(scanned.ok()) << scanned.message();
    EXPECT_GE(passages, kFiles);
  }
}

TEST_F(SpacesTest, OtherSettingsMakeOtherSpaces) {
  MustUpdate(OptionsFor(tree_));
  MustBuild(Options());
  SpacesOptions options = Options();
  options.targets[1].pooled = true;
  EXPECT_EQ(MustBuild(options).passages_embedded, 1u);
  EXPECT_EQ(MustBuild(options).passages_embedded, 0u);
  options.rebuild = true;
  EXPECT_EQ(MustBuild(options).passages_embedded, 4u);
  options.targets.clear();
  MustBuild(options);
  const auto reader = SpaceReader::Open(DefaultIndexPath(tree_.path()));
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE((*reader)->spaces().empty());
}

TEST_F(SpacesTest, AWriterAtWorkIsRespected) {
  MustUpdate(OptionsFor(tree_));
  const auto writer = SpaceWriter::Open(DefaultIndexPath(tree_.path()));
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(UpdateSpaces(Options()).status().code(), StatusCode::kBusy);
}

TEST_F(SpacesTest, ScoresAreThoseOfExactMaxSim) {
  BuildProse(/*seed=*/3, /*documents=*/120);
  const auto snapshot = MustOpen(DefaultIndexPath(tree_.path()));
  const auto set = MustOpenSpaces(*snapshot);
  double found = 0;
  const char* const kQueries[] = {"the cache waits for the disk", "error path of the index",
                                  "a query asks the model", "token line rows"};
  for (const char* words : kQueries) {
    const auto scores = set->Score(ParseQuery(words), AllOf(*snapshot));
    ASSERT_TRUE(scores.ok()) << scores.status().message();
    const std::string_view view = words;
    const auto query = text_->EmbedTokens({&view, 1}, TextRole::kQuery);
    ASSERT_TRUE(query.ok());
    const Matrix& rows = (*query)[0].vectors;
    const MaxSimQuery packed = PackMaxSimQuery(rows.data, rows.rows, rows.cols);
    std::vector<std::pair<double, ChunkId>> exact;
    for (ChunkId chunk = 1; chunk < snapshot->ChunkFiles()->size(); ++chunk) {
      const FileRecord file = *snapshot->File(*snapshot->FileOfChunk(chunk));
      const SourceText source = MakeSourceText(*snapshot->FileText(file.id), nullptr);
      const std::string passage =
          MakePassage(file.entry.path, source, file.chunks[chunk - file.first_chunk]);
      const std::string_view text = passage;
      const auto tokens = text_->EmbedTokens({&text, 1}, TextRole::kPassage);
      ASSERT_TRUE(tokens.ok());
      std::vector<float> best(packed.tokens);
      MaxSimFloat(packed, (*tokens)[0].vectors.data, best);
      const double mean =
          std::accumulate(best.begin(), best.end(), 0.0) / static_cast<double>(best.size());
      exact.emplace_back(mean, chunk);
      if (const SpaceScore* score = scores->Find(chunk)) {
        EXPECT_NEAR(score->raw, mean, 0.02);
        EXPECT_GE(score->calibrated, 0);
        EXPECT_LE(score->calibrated, 1);
      }
    }
    std::sort(exact.begin(), exact.end(), std::greater<>());
    ASSERT_GE(scores->best_chunks().size(), 10u);
    const std::set<ChunkId> got(scores->best_chunks().begin(), scores->best_chunks().begin() + 10);
    for (size_t i = 0; i < 10; ++i) {
      // Equal scores in exchange are no loss.
      found += got.contains(exact[i].second) || exact[i].first - exact[9].first < 1e-4;
    }
    // Each query token is answered on a line of the passage.
    const auto alignments = set->Align(scores->best_chunks()[0]);
    ASSERT_TRUE(alignments.ok());
    EXPECT_EQ(alignments->size(), packed.tokens);
    for (const TokenAlignment& a : *alignments) {
      EXPECT_LE(a.query_end, view.size());
      EXPECT_LE(a.line, 12u);
    }
  }
  EXPECT_GE(found / (10 * std::size(kQueries)), 0.9);
}

TEST_F(SpacesTest, PruningFindsTheSameBestPassages) {
  BuildProse(/*seed=*/4, /*documents=*/150);
  const auto snapshot = MustOpen(DefaultIndexPath(tree_.path()));
  const auto whole = MustOpenSpaces(*snapshot);
  auto pruned =
      SpaceSet::Open(DefaultIndexPath(tree_.path()), *snapshot,
                     {.coded = 60, .exact = 20, .prune_above = 10, .kept_centroids = 0.5});
  ASSERT_TRUE(pruned.ok());
  for (const SpaceInfo* info : (*pruned)->spaces()) (*pruned)->Attach(*info, *text_);
  const Query query = ParseQuery("the server waits for the disk");
  const auto a = whole->Score(query, AllOf(*snapshot));
  const auto b = (*pruned)->Score(query, AllOf(*snapshot));
  ASSERT_TRUE(a.ok() && b.ok());
  ASSERT_GE(a->best_chunks().size(), 10u);
  ASSERT_GE(b->best_chunks().size(), 10u);
  const std::set<ChunkId> best(a->best_chunks().begin(), a->best_chunks().begin() + 10);
  size_t found = 0;
  for (size_t i = 0; i < 10; ++i) found += best.contains(b->best_chunks()[i]);
  EXPECT_GE(found, 8u);
}

const Explanation* FindPart(const Explanation& tree, const std::string& label_begin) {
  for (const Explanation& part : tree.parts) {
    if (part.label.rfind(label_begin, 0) == 0) return &part;
    if (const Explanation* found = FindPart(part, label_begin)) return found;
  }
  return nullptr;
}

// Content of three kinds, a model for each, and queries of three kinds.
TEST_F(SpacesTest, SearchAsksEverySpaceAndSaysSo) {
  MustUpdate(OptionsFor(tree_));
  MustBuild(Options());
  const std::string db_path = DefaultIndexPath(tree_.path());
  const auto spaces = MustOpenSpaces(*MustOpen(db_path));
  auto searcher = Searcher::Open(MustOpen(db_path), BundledEmbedder(),
                                 *BundledEmbedder().static_model(), spaces.get());
  ASSERT_TRUE(searcher.ok()) << searcher.status().message();
  struct Case {
    const char *query, *route, *path, *space;
  };
  for (const Case& c :
       {Case{"service on a machine", "text", "docs/deploy.md", "space colbert (text)"},
        Case{"open_pool()", "code", "net/pool.py", "space mean (code)"},
        Case{"接続プールの大きさ", "cjk", "docs/ja.md", "space prompt (cjk)"}}) {
    const auto response = (*searcher)->Search(c.query, {.explain = true});
    ASSERT_TRUE(response.ok()) << response.status().message();
    bool seen = false;
    for (const SearchResult& result : response->results) {
      // Each result is explained by the space that its content belongs to, or by none.
      const Explanation* part = FindPart(result.explanation, "space ");
      if (part == nullptr || result.path != c.path) continue;
      seen = true;
      EXPECT_EQ(part->label, std::string(c.space) + ", query " + c.route);
      EXPECT_GT(part->value, 0);
    }
    EXPECT_TRUE(seen) << c.query;
  }
}

TEST_F(SpacesTest, TokensAreAlignedWithLines) {
  BuildProse(/*seed=*/5, /*documents=*/40);
  const std::string db_path = DefaultIndexPath(tree_.path());
  const auto spaces = MustOpenSpaces(*MustOpen(db_path));
  auto searcher = Searcher::Open(MustOpen(db_path), BundledEmbedder(),
                                 *BundledEmbedder().static_model(), spaces.get());
  ASSERT_TRUE(searcher.ok());
  const auto response =
      (*searcher)->Search("the cache waits for the disk", {.max_results = 3, .explain = true});
  ASSERT_TRUE(response.ok());
  ASSERT_FALSE(response->results.empty());
  const SearchResult& first = response->results[0];
  const Explanation* space = FindPart(first.explanation, "space colbert");
  ASSERT_NE(space, nullptr);
  const Explanation* token = FindPart(*space, "\"");
  ASSERT_NE(token, nullptr);
  EXPECT_NE(token->label.find(" -> "), std::string::npos) << token->label;
  double sum = 0;
  for (const Explanation& part : space->parts) sum += part.value;
  // The shares of the tokens are the MaxSim score.
  EXPECT_NE(space->detail.find("MaxSim " + std::to_string(sum).substr(0, 4)), std::string::npos)
      << space->detail << " " << sum;
  ASSERT_FALSE(first.best.matches.empty());
  for (const SearchHit::LineMatch& match : first.best.matches) {
    EXPECT_GE(match.line, first.best.line_begin);
    EXPECT_LE(match.line, first.best.line_end);
  }
}

// Of 100,000 passages many lie 5 deviations above the mean: the best of them must stay the best.
TEST(CalibratedScore, GrowsWithTheScore) {
  EXPECT_EQ(CalibratedScore(-1), 0);
  EXPECT_DOUBLE_EQ(CalibratedScore(2.5), 0.5);
  EXPECT_NEAR(CalibratedScore(4.0001), 0.80002, 1e-8);  // where it bends it stays smooth
  double last = 0;
  for (double z = 0.1; z < 30; z += 0.1) {
    EXPECT_GT(CalibratedScore(z), last) << z;
    last = CalibratedScore(z);
  }
  EXPECT_LE(last, 1);
}

TEST(SpaceLines, AreThoseThatCarryTheScore) {
  const std::vector<TokenAlignment> alignments = {
      {.query_begin = 0, .query_end = 3, .line = 2, .score = 0.9f},
      {.query_begin = 4, .query_end = 8, .line = 4, .score = 0.5f},
      {.query_begin = 4, .query_end = 8, .line = 4, .score = 0.5f},
      {.query_begin = 0, .query_end = 0, .line = 0, .score = 0.8f},
      {.line = 3, .score = 0.99f}};  // a blank line
  const std::string text = "a\nb\n\nd\n";
  const auto lines = LinesOfAlignments(alignments, /*line_begin=*/10, text,
                                       {{.line = 11, .spans = {{0, 1}}}}, /*limit=*/8);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].line, 13u);
  EXPECT_EQ(lines[1].line, 11u);
  EXPECT_EQ(lines[1].spans.size(), 1u);
  const auto parts = ExplainAlignments(alignments, 10, "the disk");
  ASSERT_EQ(parts.size(), 4u);
  EXPECT_EQ(parts[0].label, "\"the\" -> line 11");
  EXPECT_EQ(parts[3].label, "tokens without text");
}

TEST(SpaceBlockBlob, SurvivesAndRefusesDamage) {
  std::vector<SpacePassage> passages(3);
  for (size_t i = 0; i < passages.size(); ++i) {
    passages[i].key = 100 + i;
    for (uint32_t t = 0; t < 5 * i; ++t) passages[i].tokens.centroids.push_back(t * 7 % 30);
    passages[i].tokens.gains.assign(2 * 5 * i, 9);
    passages[i].tokens.codes.assign(5 * i * 32, 1);
    passages[i].line_tokens = {1, static_cast<uint32_t>(i)};
  }
  std::string directory, centroids, codes;
  EncodeSpaceBlock(passages, /*centroid_bits=*/5, &directory, &centroids, &codes);
  EXPECT_EQ(codes.size(), 15u * 34);
  EXPECT_EQ(centroids.size(), (15u * 5 + 7) / 8);
  const auto block = DecodeSpaceBlock(directory, centroids, /*centroid_count=*/30);
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(block->keys, (std::vector<uint64_t>{100, 101, 102}));
  EXPECT_EQ(block->token_begin, (std::vector<uint32_t>{0, 0, 5, 15}));
  EXPECT_EQ(block->centroids[14], 9u * 7 % 30);
  EXPECT_EQ(block->line_begin[2], 4u);
  EXPECT_EQ(block->line_tokens[block->line_begin[2]], 1u);
  EXPECT_EQ(block->line_tokens[block->line_begin[2] + 1], 2u);
  for (size_t cut = 0; cut < directory.size(); ++cut) {
    EXPECT_FALSE(DecodeSpaceBlock(directory.substr(0, cut), centroids, 30).ok()) << cut;
  }
  EXPECT_FALSE(DecodeSpaceBlock(directory, centroids + "x", 30).ok());
  // 28 is no centroid of 20.
  EXPECT_FALSE(DecodeSpaceBlock(directory, centroids, 20).ok());
}

TEST(Route, OfQueriesAndChunks) {
  const auto query = [](const char* text) { return RouteOfQuery(ParseQuery(text)); };
  EXPECT_EQ(query("how are sessions stored"), Route::kText);
  EXPECT_EQ(query("openPool"), Route::kCode);
  EXPECT_EQ(query("x == nullptr"), Route::kCode);
  EXPECT_EQ(query("parse_args main_loop"), Route::kCode);
  EXPECT_EQ(query("what does the function parse_args return to its caller"), Route::kText);
  EXPECT_EQ(query("接続プールの大きさ"), Route::kCjk);
  EXPECT_EQ(RouteOfChunk(LanguageFamily::kCode, "int main() {}"), Route::kCode);
  EXPECT_EQ(RouteOfChunk(LanguageFamily::kProse, "It's a manual."), Route::kText);
  EXPECT_EQ(RouteOfChunk(LanguageFamily::kProse, "設定の説明 (config)"), Route::kCjk);
  // One comment does not make a source file Japanese.
  EXPECT_EQ(RouteOfChunk(LanguageFamily::kCode, std::string(400, 'x') + " // 接続"), Route::kCode);
  for (const Route a : kAllRoutes) {
    for (const Route b : kAllRoutes) {
      EXPECT_GT(RouteWeight(a, b), 0);
      EXPECT_LE(RouteWeight(a, b), 1);
    }
  }
}

}  // namespace
}  // namespace sg
