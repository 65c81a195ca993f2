#include "eval/evaluate.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "core/base/file.h"
#include "eval/ablation.h"
#include "eval/compare.h"
#include "eval/plot.h"
#include "eval/report.h"
#include "eval/shadow_corpus.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

constexpr char kPassword[] =
    "# Turns a secret into a salted digest for storage.\n"
    "def protect_password(secret, salt):\n"
    "    digest = sha256(salt + secret)\n"
    "    return digest.hexdigest()\n";
constexpr char kCache[] =
    "class LruCache:\n"
    "    def get(self, key):\n"
    "        return self.items.pop(key)\n";
constexpr char kQueue[] =
    "class JobQueue:\n"
    "    def push(self, job):\n"
    "        self.jobs.append(job)\n";

class EvaluateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.Write("corpus/auth.py", kPassword);
    tree_.Write("corpus/cache.py", kCache);
    tree_.Write("corpus/queue.py", kQueue);
    Result<std::unique_ptr<Embedder>> embedder = OpenEmbedder("models/sg-static-v1", {});
    ASSERT_TRUE(embedder.ok()) << embedder.status().message();
    embedder_ = std::move(*embedder);
  }

  Spec SpecOf(const std::string& queries) {
    Result<Spec> spec = ParseSpec(
        R"({"version": 1, "name": "tiny", "corpus": "corpus", "queries": )" + queries + "}",
        tree_ / "spec.json");
    EXPECT_TRUE(spec.ok()) << spec.status().message();
    return std::move(*spec);
  }

  Result<std::vector<EvalRun>> Run(const Spec& spec, const std::vector<System>& systems,
                                   Split split = Split::kAll) {
    return Evaluate(spec, systems, *embedder_, *embedder_->static_model(),
                    {.cache_dir = tree_ / "cache", .split = split, .threads = 1});
  }

  TempTree tree_;
  std::unique_ptr<Embedder> embedder_;
};

TEST_F(EvaluateTest, FindsResolvesAndScores) {
  const Spec spec = SpecOf(R"([
      {"query": "salted password digest", "category": "a", "relevant": ["auth.py"]},
      {"query": "LruCache.get", "category": "b",
       "relevant": [{"path": "cache.py", "symbol": "LruCache.get"}]},
      {"query": "push a job", "category": "b", "relevant": ["absent.py"]}])");
  const auto runs = Run(spec, {{.name = "hybrid"}});
  ASSERT_TRUE(runs.ok()) << runs.status().message();
  const CorpusOutcome& corpus = runs->at(0).corpora.at(0);
  EXPECT_EQ(corpus.files, 3U);
  ASSERT_EQ(corpus.queries.size(), 3U);
  EXPECT_EQ(corpus.queries[0].chunk.p_at_1, 1);
  EXPECT_EQ(corpus.queries[1].targets[0].lines.begin, 2U);
  EXPECT_EQ(corpus.queries[1].chunk.p_at_1, 1);
  EXPECT_EQ(corpus.queries[1].lines.lines_held, 1U);
  EXPECT_EQ(corpus.queries[2].chunk.ndcg, 0);
  ASSERT_EQ(corpus.warnings.size(), 1U);
  EXPECT_EQ(corpus.warnings[0], "query 3: \"relevant\" file absent.py is not in the index");
}

TEST_F(EvaluateTest, TheCorpusStaysAsItIsAndItsIndexIsUsedAgain) {
  const Spec spec = SpecOf(R"([{"query": "job queue", "relevant": ["queue.py"]}])");
  const auto first = Run(spec, {{.name = "hybrid"}});
  const auto second = Run(spec, {{.name = "hybrid"}});
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_FALSE(first->at(0).corpora[0].index_reused);
  EXPECT_TRUE(second->at(0).corpora[0].index_reused);
  EXPECT_FALSE(std::filesystem::exists(tree_ / "corpus/.sg"));
}

// A spec in its own corpus would be the best answer to each of its queries.
TEST_F(EvaluateTest, TheSpecIsNoPartOfItsCorpus) {
  const std::string json =
      R"({"version": 1, "corpus": ".", "queries": [{"query": "a salted password digest", "relevant": ["auth.py"]}]})";
  tree_.Write("corpus/my [set]*.json", json);
  const Result<Spec> spec = LoadSpec(tree_ / "corpus/my [set]*.json");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const auto runs = Run(*spec, {{.name = "hybrid"}});
  ASSERT_TRUE(runs.ok()) << runs.status().message();
  EXPECT_EQ(runs->at(0).corpora[0].files, 3U);
}

TEST_F(EvaluateTest, ADamagedIndexIsMadeAnew) {
  const Spec spec = SpecOf(R"([{"query": "job queue", "relevant": ["queue.py"]}])");
  ASSERT_TRUE(Run(spec, {{.name = "hybrid"}}).ok());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_ / "cache")) {
    if (entry.path().filename() != "index.db") continue;
    ASSERT_TRUE(WriteFileAtomic(entry.path().string(), "no database").ok());
  }
  const auto again = Run(spec, {{.name = "hybrid"}});
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_FALSE(again->at(0).corpora[0].index_reused);
}

TEST_F(EvaluateTest, HiddenLinesAreNotInTheIndex) {
  const std::string query = R"({"query": "turns a secret into a salted digest for storage",
      "relevant": ["auth.py"], "split": "tune")";
  const auto keyword = *SystemOfMode("keyword");
  const auto found = [&](const std::string& more, Split split) {
    const auto runs = Run(SpecOf("[" + query + more + "}]"), {keyword}, split);
    EXPECT_TRUE(runs.ok()) << runs.status().message();
    return runs->at(0).corpora[0].queries.size();
  };
  const std::string hide = R"(, "hide": [{"path": "auth.py", "start_line": 1, "end_line": 1}])";
  EXPECT_EQ(found(hide, Split::kTune), 1U);
  bool blanked = false;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_ / "cache")) {
    if (entry.path().filename() != "auth.py") continue;
    const auto text = ReadFile(entry.path().string());
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(*text, "\n" + std::string(kPassword).substr(std::string(kPassword).find('\n') + 1));
    blanked = true;
  }
  EXPECT_TRUE(blanked);
}

TEST_F(EvaluateTest, ErrorsNameWhatIsWrong) {
  Spec spec = SpecOf(R"([{"query": "q", "relevant": [{"path": "auth.py", "symbol": "Nothing"}]}])");
  const auto unknown = Run(spec, {{.name = "hybrid"}});
  EXPECT_EQ(unknown.status().message(),
            "query 1: \"symbol\": symbol 'Nothing' is not defined in auth.py");
  spec.corpora[0].directory = tree_ / "gone";
  spec.how_to_get = "run fetch";
  const auto missing = Run(spec, {{.name = "hybrid"}});
  EXPECT_EQ(missing.status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(missing.status().message().ends_with("gone; run fetch"))
      << missing.status().message();
  EXPECT_FALSE(SystemOfMode("fuzzy").ok());
}

TEST_F(EvaluateTest, WarnsOfWhatCannotBeFoundOrHidden) {
  const auto runs = Run(SpecOf(R"([{"query": "salted digest",
      "relevant": [{"path": "auth.py", "start_line": 3, "end_line": 9},
                   {"path": "auth.py", "start_line": 40, "end_line": 50}, "gone.py"],
      "hide": [{"path": "atuh.py", "start_line": 1, "end_line": 1}]}])"),
                        {{.name = "hybrid"}});
  ASSERT_TRUE(runs.ok()) << runs.status().message();
  EXPECT_EQ(runs->at(0).corpora[0].warnings,
            (std::vector<std::string>{
                "\"hide\" file atuh.py is not in the corpus",
                "query 1: \"relevant\" lines 40-50 of auth.py are beyond its end, line 4",
                "query 1: \"relevant\" file gone.py is not in the index"}));
}

TEST_F(EvaluateTest, AnEmptyHalfIsAnError) {
  const Spec spec = SpecOf(R"([{"query": "q", "relevant": ["auth.py"], "split": "tune"}])");
  EXPECT_EQ(Run(spec, {{.name = "hybrid"}}, Split::kTest).status().message(),
            "no query of 'tiny' is in the half 'test'");
}

// Specs that choose other files have indexes of their own: none undoes the other's work.
TEST_F(EvaluateTest, ASpecThatIgnoresOtherFilesHasItsOwnIndex) {
  tree_.Write("corpus/.gitignore", "queue.py\n");
  Spec spec = SpecOf(R"([{"query": "job queue", "relevant": ["cache.py"]}])");
  const auto files = [&](bool use_ignore_files) {
    spec.use_ignore_files = use_ignore_files;
    const auto runs = Run(spec, {{.name = "hybrid"}});
    EXPECT_TRUE(runs.ok()) << runs.status().message();
    const CorpusOutcome& corpus = runs->at(0).corpora[0];
    return std::to_string(corpus.files) + (corpus.index_reused ? " again" : "");
  };
  EXPECT_EQ(files(true), "2");
  EXPECT_EQ(files(false), "3");
  EXPECT_EQ(files(true), "2 again");
}

TEST_F(EvaluateTest, SideBySideEachWaitsForTheOther) {
  for (int i = 0; i < 200; ++i) tree_.Write("corpus/f" + std::to_string(i) + ".py", kQueue);
  const Spec spec = SpecOf(R"([{"query": "salted digest", "relevant": ["auth.py"],
      "hide": [{"path": "auth.py", "start_line": 1, "end_line": 1}]}])");
  std::vector<Status> ends(4);
  std::vector<std::thread> threads;
  for (Status& end : ends) {
    threads.emplace_back([&] { end = Run(spec, {{.name = "hybrid"}}).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Status& end : ends) EXPECT_TRUE(end.ok()) << end.message();
}

TEST_F(EvaluateTest, OldFoldersOfTheCacheAreRemoved) {
  namespace fs = std::filesystem;
  const std::string old = "cache/" + std::string(32, 'a'), young = "cache/" + std::string(32, 'b');
  for (const std::string& folder : {old, young, std::string("cache/mine")}) {
    tree_.Write(folder + "/index.db", "x");
  }
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(24 * kCacheDays + 1);
  fs::last_write_time(tree_ / old, long_ago);
  fs::last_write_time(tree_ / "cache/mine", long_ago);
  ASSERT_TRUE(Run(SpecOf(R"([{"query": "q", "relevant": ["auth.py"]}])"), {{.name = "x"}}).ok());
  EXPECT_FALSE(fs::exists(tree_ / old));
  EXPECT_TRUE(fs::exists(tree_ / young));
  EXPECT_TRUE(fs::exists(tree_ / "cache/mine"));
}

// The bundled model knows no such letters: keywords must decide, undisturbed.
TEST_F(EvaluateTest, ChineseJapaneseAndKoreanReportsAreFound) {
  const Result<Spec> spec = LoadSpec("eval/japanese_queries.json");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const auto runs = Run(*spec, {{.name = "hybrid"}});
  ASSERT_TRUE(runs.ok()) << runs.status().message();
  ASSERT_EQ(runs->at(0).corpora[0].queries.size(), 18U);
  for (const QueryOutcome& query : runs->at(0).corpora[0].queries) {
    EXPECT_EQ(query.chunk.p_at_1, 1) << query.text;
  }
}

TEST_F(EvaluateTest, TheSetsAreWellFormed) {
  for (const char* name : {"code", "prose", "public"}) {
    const Result<Spec> spec = LoadSpec("eval/" + std::string(name) + "_queries.json");
    EXPECT_TRUE(spec.ok()) << spec.status().message();
  }
}

TEST_F(EvaluateTest, EveryAblationRuns) {
  const Spec spec = SpecOf(R"([{"query": "salted digest", "relevant": ["auth.py"]}])");
  const std::vector<System> systems = AblationSystems();
  EXPECT_GT(systems.size(), 10U);
  const auto runs = Run(spec, systems);
  ASSERT_TRUE(runs.ok()) << runs.status().message();
  ASSERT_EQ(runs->size(), systems.size());
  for (const EvalRun& run : *runs)
    EXPECT_EQ(run.corpora[0].queries[0].chunk.recall, 1) << run.system;
  const std::string table = RenderAblation(*runs, /*markdown=*/false);
  EXPECT_NE(table.find("tiny, sg-static-v1, 1 query;"), std::string::npos) << table;
  for (const FeatureWeight& row : kFeatureWeights) {
    EXPECT_NE(table.find("without " + std::string(row.meaning)), std::string::npos) << row.name;
  }
}

TEST(Shadow, BlankLinesKeepTheirNumbers) {
  EXPECT_EQ(BlankLines("a\nb\nc", {{.begin = 2, .end = 2}}), "a\n\nc");
  EXPECT_EQ(BlankLines("a\nb\nc", {{.begin = 3, .end = 9}}), "a\nb\n");
  EXPECT_EQ(BlankLines("a\nb\n", {{}}), "\n\n");
  EXPECT_EQ(BlankLines("", {{.begin = 1, .end = 1}}), "");
}

TEST(Shadow, FollowsTheCorpus) {
  const TempTree tree;
  tree.Write("corpus/a.txt", "one\ntwo\n");
  tree.Write("corpus/deep/b.txt", "three\n");
  const auto update = [&] {
    return UpdateShadow(tree / "corpus", tree / "copy", {}, {{"a.txt", {{.begin = 1, .end = 1}}}})
        .ok();
  };
  ASSERT_TRUE(update());
  EXPECT_EQ(*ReadFile(tree / "copy/a.txt"), "\ntwo\n");
  EXPECT_EQ(*ReadFile(tree / "copy/deep/b.txt"), "three\n");
  const auto written = std::filesystem::last_write_time(tree / "copy/a.txt");
  std::filesystem::remove(tree / "corpus/deep/b.txt");
  ASSERT_TRUE(update());
  EXPECT_FALSE(std::filesystem::exists(tree / "copy/deep/b.txt"));
  EXPECT_EQ(std::filesystem::last_write_time(tree / "copy/a.txt"), written);
}

TEST(Shadow, FoldersAndFilesMayChangePlaces) {
  const TempTree tree;
  const auto update = [&] { return UpdateShadow(tree / "corpus", tree / "copy", {}, {}).status(); };
  tree.Write("corpus/a", "file\n");
  tree.Write("corpus/b/deep/c", "file\n");
  ASSERT_TRUE(update().ok());
  std::filesystem::remove(tree / "corpus/a");
  std::filesystem::remove_all(tree / "corpus/b");
  tree.Write("corpus/a/deep/c", "folder\n");
  tree.Write("corpus/b", "file now\n");
  ASSERT_TRUE(update().ok()) << update().message();
  EXPECT_EQ(*ReadFile(tree / "copy/a/deep/c"), "folder\n");
  EXPECT_EQ(*ReadFile(tree / "copy/b"), "file now\n");
}

// Version control that locks files (and package managers) leave them read-only.
TEST(Shadow, ReadOnlyFilesAreCopiedAnewAndUnreadableOnesLeftOut) {
  using std::filesystem::perms;
  const TempTree tree;
  tree.Write("corpus/a.txt", "one\n");
  tree.Write("corpus/b.txt", "two\n");
  const auto update = [&] {
    return UpdateShadow(tree / "corpus", tree / "copy", {}, {{"gone.txt", {{}}}});
  };
  std::filesystem::permissions(tree / "corpus/a.txt", perms::owner_read);
  ASSERT_TRUE(update().ok());
  std::filesystem::permissions(tree / "corpus/a.txt", perms::owner_read | perms::owner_write);
  tree.Write("corpus/a.txt", "changed\n");
  std::filesystem::permissions(tree / "corpus/b.txt", perms::none);
  const auto absent = update();
  ASSERT_TRUE(absent.ok()) << absent.status().message();
  EXPECT_EQ(*absent, std::vector<std::string>{"gone.txt"});
  EXPECT_EQ(*ReadFile(tree / "copy/a.txt"), "changed\n");
  const bool is_root = ::geteuid() == 0;  // who may read everything
  EXPECT_EQ(std::filesystem::exists(tree / "copy/b.txt"), is_root);
}

TEST(Shadow, ManyHiddenSpansTakeNoTime) {
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += "x\n";
  std::vector<LineSpan> spans(200'000, {.begin = 300'000, .end = 300'000});
  spans.push_back({.begin = 2, .end = 200'000});
  EXPECT_EQ(BlankLines(bytes, spans).substr(0, 5), "x\n\n\n\n");
}

// Runs made by hand: query i of `ndcgs` has that NDCG.
EvalRun MadeRun(const std::string& system, const std::vector<double>& ndcgs) {
  EvalRun run{.model = "m", .system = system, .spec = "s<1>"};
  CorpusOutcome& corpus = run.corpora.emplace_back();
  corpus.name = "s";
  for (const double ndcg : ndcgs) {
    QueryOutcome query{.number = corpus.queries.size() + 1,
                       .text = "query " + std::to_string(corpus.queries.size() + 1),
                       .category = corpus.queries.size() % 2 == 0 ? "even" : "odd",
                       .targets = {{.path = "a.c", .lines = {.begin = 3, .end = 9}}},
                       .found = {{.path = "b.c", .lines = {.begin = 1, .end = 2}}},
                       .ranks = {ndcg == 1 ? size_t{1} : size_t{0}}};
    query.chunk = {.p_at_1 = ndcg, .mrr = ndcg, .recall = ndcg, .ndcg = ndcg};
    query.file = {.p_at_1 = 1, .mrr = 1, .recall = 1, .ndcg = 1};
    query.latency_ms = 2;
    corpus.queries.push_back(query);
  }
  return run;
}

TEST(Report, TextHoldsTheTable) {
  const std::string text = RenderEvalText({MadeRun("hybrid", {1, 0, 1, 1})}, {});
  EXPECT_NE(text.find("0.750 ["), std::string::npos) << text;
  EXPECT_NE(text.find("  even              2  1.000 [1.000, 1.000]"), std::string::npos) << text;
  EXPECT_NE(text.find("  odd               2  0.500 [0.000, 1.000]"), std::string::npos) << text;
  EXPECT_NE(text.find("  file level        4  1.000 [1.000, 1.000]"), std::string::npos) << text;
  const std::string markdown = RenderEvalMarkdown({MadeRun("hybrid", {1, 0})}, {});
  EXPECT_TRUE(markdown.starts_with("| model | mode | corpus |")) << markdown;
}

TEST(Report, WideNamesStandInColumnsAndControlsBreakNoLine) {
  EvalRun run = MadeRun("hybrid", {1, 0});
  run.spec = "a\nb\tc";
  run.corpora[0].queries[0].category = "日本";
  run.corpora[0].queries[1].text = "two\nlines";
  const std::string text = RenderEvalText({run}, {});
  EXPECT_NE(text.find("  a b c  "), std::string::npos) << text;
  EXPECT_NE(text.find("  日本              1  1.000"), std::string::npos) << text;
  EXPECT_NE(text.find("  odd               1  0.000"), std::string::npos) << text;
  EXPECT_NE(RenderEvalQueries({run}).find("   -  two lines\n"), std::string::npos);
}

TEST(Report, VerboseNamesTheWinnerAndTheWanted) {
  EXPECT_EQ(RenderEvalQueries({MadeRun("hybrid", {1, 0})}),
            "s, m, hybrid (rank, query):\n"
            "   1  query 1\n"
            "   -  query 2\n"
            "        first:  b.c:1-2\n"
            "        wanted: a.c:3-9\n\n");
}

// Queries that nothing answers are in no mean.
TEST(Report, UnanswerableQueriesAreCountedApart) {
  EvalRun run = MadeRun("hybrid", {1, 1, 0});
  run.corpora[0].queries[2].targets.clear();
  const RunSummary summary = Summarize(run);
  EXPECT_EQ(summary.chunk.ndcg.value, 1);
  EXPECT_EQ(summary.chunk.queries, 2U);
  EXPECT_EQ(summary.unanswerable, 1U);
  EXPECT_EQ(summary.rejected, 0U);
}

TEST(Ablation, WarningsAreSaid) {
  EvalRun run = MadeRun(kWholeRanking, {1});
  run.corpora[0].warnings = {"something is missing"};
  EXPECT_NE(RenderAblation({run}, false).find("\nWarning: s: something is missing\n"),
            std::string::npos);
}

TEST(Ablation, WhatIsWorthMostComesFirst) {
  const auto& a = kFeatureWeights[0];
  const auto& b = kFeatureWeights[1];
  const std::string table =
      RenderAblation({MadeRun("keyword: BM25 alone", {0, 0}), MadeRun(kWholeRanking, {1, 1}),
                      MadeRun("without " + std::string(a.name), {1, 1}),
                      MadeRun("without " + std::string(b.name), {1, 0})},
                     /*markdown=*/true);
  EXPECT_NE(table.find("| keyword: BM25 alone | 0.000 | -1.000 [-1.000, -1.000] | 0 | 2 |\n"
                       "| hybrid: whole ranking | 1.000 | | | |\n"
                       "| without " +
                       std::string(b.meaning) + " (" + std::string(b.name) + ") | 0.500 | -0.500"),
            std::string::npos)
      << table;
  EXPECT_NE(table.find("without " + std::string(a.meaning)), std::string::npos);
}

TEST(Compare, ReadsWhatJsonReports) {
  const std::string a = RenderEvalJson({MadeRun("hybrid", {0, 0, 0, 1})});
  const std::string b = RenderEvalJson({MadeRun("keyword", {1, 1, 1, .5})});
  const auto comparisons = CompareRuns(a, "a.json", b, "b.json");
  ASSERT_TRUE(comparisons.ok()) << comparisons.status().message();
  ASSERT_EQ(comparisons->size(), 1U);
  const Comparison& comparison = comparisons->front();
  EXPECT_EQ(comparison.queries, 4U);
  EXPECT_EQ(comparison.metrics.back().first, "NDCG@k");
  EXPECT_DOUBLE_EQ(comparison.metrics.back().second.difference.value, .625);
  ASSERT_EQ(comparison.moved.size(), 4U);
  EXPECT_EQ(comparison.moved.back().query, "query 4");
  EXPECT_NE(RenderComparison(*comparisons, 1).find("and 3 more"), std::string::npos);
}

TEST(Compare, SameTextTwiceCountsTwiceAndTheRestIsSaid) {
  EvalRun a = MadeRun("hybrid", {0, 1, 1}), b = MadeRun("hybrid", {1, 1});
  for (EvalRun* run : {&a, &b}) run->corpora[0].queries[1].text = "query 1";
  const auto both = CompareRuns(RenderEvalJson({a}), "a.json", RenderEvalJson({b}), "b.json");
  ASSERT_TRUE(both.ok()) << both.status().message();
  EXPECT_EQ(both->front().queries, 2U);
  EXPECT_DOUBLE_EQ(both->front().metrics.back().second.difference.value, .5);
  EXPECT_TRUE(RenderComparison(*both, 1).starts_with("s<1>: 2 queries, 1 more in A left out\n"))
      << RenderComparison(*both, 1);
}

TEST(Compare, WhatCannotBeComparedIsSaid) {
  EvalRun five = MadeRun("hybrid", {1});
  five.k = 5;
  const std::string ten = RenderEvalJson({MadeRun("hybrid", {1})});
  EXPECT_EQ(CompareRuns(ten, "a.json", RenderEvalJson({five}), "b.json").status().message(),
            "s<1>: a.json counts 10 results, b.json 5: measure both with the same -k");
  const std::string two = RenderEvalJson({MadeRun("keyword", {1}), MadeRun("semantic", {1})});
  EXPECT_EQ(CompareRuns(ten, "a.json", two, "b.json").status().message(),
            "b.json has no result, or several, for the model and mode of a.json "
            "(s<1>, m, hybrid)");
}

TEST(Compare, HostileInput) {
  const std::string good = RenderEvalJson({MadeRun("hybrid", {1})});
  for (const char* bad : {"", "[]", "{", R"({"results": 1})", R"({"results": [1]})",
                          R"({"results": [{"model": 1}]})", R"({"results": []})"}) {
    EXPECT_FALSE(CompareRuns(bad, "bad.json", good, "good.json").ok()) << bad;
    EXPECT_FALSE(CompareRuns(good, "good.json", bad, "bad.json").ok()) << bad;
  }
}

TEST(Plot, DrawsOneBarPerRunAndMetric) {
  const std::string svg =
      RenderEvalPlot({Summarize(MadeRun("hybrid", {1, 0})), Summarize(MadeRun("keyword", {0, 0}))});
  EXPECT_TRUE(svg.starts_with("<svg ")) << svg;
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find("s&lt;1&gt;"), std::string::npos);
  EXPECT_EQ(svg.find("s<1>"), std::string::npos);
  size_t bars = 0;
  for (size_t at = 0; (at = svg.find("width=\"26\"", at)) != std::string::npos; ++at) ++bars;
  EXPECT_EQ(bars, 4U);
  EXPECT_TRUE(RenderEvalPlot({}).ends_with("</svg>\n"));
  // A bar stands above the middle of a long name: 56 + (20 * 7 + 36) / 2.
  EvalRun run = MadeRun("hybrid", {1});
  run.spec = std::string(20, 'n');
  const std::string one = RenderEvalPlot({Summarize(run)});
  EXPECT_NE(one.find("<rect x=\"131.0\""), std::string::npos) << one;
  EXPECT_NE(one.find("<text x=\"144.0\""), std::string::npos) << one;
  run.spec = "a\x1b\xEF\xBF\xBE\xEF\xBF\xBD";  // what XML cannot hold, and U+FFFD, which it can
  EXPECT_NE(RenderEvalPlot({Summarize(run)}).find("a  \xEF\xBF\xBD</text>"), std::string::npos);
}

}  // namespace
}  // namespace sg
