#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "core/model/embedder.h"
#include "index/build/indexer.h"
#include "index/search/old_versions.h"
#include "index/search/searcher.h"
#include "index/search/text_pattern.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModel = "models/sg-static-v1";

struct SourceFile {
  const char* path;
  const char* text;
};

// A small program with a definition, its uses, a test, an old copy and a text in Japanese.
constexpr SourceFile kTree[] = {
    {"src/net/session.py",
     "\"\"\"Sessions send requests and retry them.\"\"\"\n\n\n"
     "class SessionManager:\n"
     "    \"\"\"Keeps connections open between requests.\"\"\"\n\n"
     "    def send_request(self, request):\n"
     "        connection = self.pool.acquire()\n"
     "        return connection.send(request)\n\n"
     "    def retry_failed(self, request, attempts=3):\n"
     "        for attempt in range(attempts):\n"
     "            try:\n"
     "                return self.send_request(request)\n"
     "            except OSError as error:\n"
     "                last = error\n"
     "        raise RuntimeError('connection reset by peer') from last\n"},
    {"src/net/pool.py",
     "class ConnectionPool:\n"
     "    def acquire(self):\n"
     "        \"\"\"Takes an idle connection or opens a new one.\"\"\"\n"
     "        if self.idle:\n"
     "            return self.idle.pop()\n"
     "        return self.open_connection()\n"},
    {"src/parse/config.js",
     "// Reads settings from a file in TOML.\n"
     "export function parseConfig(text) {\n"
     "  const lines = text.split('\\n');\n"
     "  return lines.map(parseLine);\n"
     "}\n"},
    {"src/app.js",
     "import { parseConfig } from './parse/config.js';\n"
     "export function main() {\n"
     "  const config = parseConfig(readAll());\n"
     "  return new SessionManager(config);\n"
     "}\n"},
    {"tests/test_session.py",
     "from src.net.session import SessionManager\n\n\n"
     "def test_retry():\n"
     "    assert SessionManager().retry_failed(request=None) is None\n"},
    {"docs/report.md",
     "# \u534A\u5C0E\u4F53\u4E8B\u696D\n\n\u8ECA\u8F09\u7528\u306ESoC\u3092\u958B\u767A\u3059"
     "\u308B\u3002\n\n"
     "# \u8A3C\u5238\u4E8B\u696D\n\n\u91D1\u878D\u6301\u682A\u4F1A\u793E\u306E\u6295\u8CC7"
     "\u4FE1\u8A17\u3002\n"},
    {"lib/other/pool.py",
     "class WorkerPool:\n    def submit(self, job):\n        self.jobs.put(job)\n"},
};

class SearchTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = fs::temp_directory_path() / ("sg_search_test_" + std::to_string(::getpid()));
    for (const SourceFile& file : kTree) {
      fs::create_directories((root_ / file.path).parent_path());
      std::ofstream(root_ / file.path) << file.text;
    }
    auto embedder = OpenEmbedder(kModel, {});
    ASSERT_TRUE(embedder.ok()) << embedder.status().message();
    embedder_ = std::move(*embedder);
    IndexOptions options;
    options.root = root_.string();
    options.db_path = (root_ / ".sg" / "index.db").string();
    auto summary = UpdateIndex(options, *embedder_);
    ASSERT_TRUE(summary.ok()) << summary.status().message();
    ASSERT_EQ(summary->files_total, std::size(kTree));
    auto snapshot = Snapshot::Open(options.db_path);
    ASSERT_TRUE(snapshot.ok()) << snapshot.status().message();
    auto searcher = Searcher::Open(std::move(*snapshot), *embedder_, *embedder_->static_model());
    ASSERT_TRUE(searcher.ok()) << searcher.status().message();
    searcher_ = std::move(*searcher);
  }
  static void TearDownTestSuite() {
    searcher_.reset();
    embedder_.reset();
    fs::remove_all(root_);
  }

  static SearchResponse Search(const std::string& query, const SearchOptions& options = {}) {
    auto response = searcher_->Search(query, options);
    EXPECT_TRUE(response.ok()) << response.status().message();
    return response.ok() ? std::move(*response) : SearchResponse{};
  }
  static std::vector<std::string> Paths(const SearchResponse& response) {
    std::vector<std::string> paths;
    for (const SearchResult& result : response.results) paths.push_back(result.path);
    return paths;
  }
  static std::string First(const std::string& query, const SearchOptions& options = {}) {
    const SearchResponse response = Search(query, options);
    return response.results.empty() ? "" : response.results[0].path;
  }

  static fs::path root_;
  static std::unique_ptr<Embedder> embedder_;
  static std::unique_ptr<Searcher> searcher_;
};
fs::path SearchTest::root_;
std::unique_ptr<Embedder> SearchTest::embedder_;
std::unique_ptr<Searcher> SearchTest::searcher_;

TEST_F(SearchTest, AnswersByKind) {
  struct Row {
    const char* query;
    const char* kind;
    const char* path;
  };
  const Row rows[] = {
      {"SessionManager", "symbol", "src/net/session.py"},
      {"parse_config", "symbol", "src/parse/config.js"},  // another spelling of parseConfig
      {"how are failed requests retried", "prose", "src/net/session.py"},
      {"where is a connection taken from the pool", "prose", "src/net/pool.py"},
      {"\"connection reset by peer\"", "phrase", "src/net/session.py"},
      {"src/net/pool.py", "path", "src/net/pool.py"},
      {"other/pool.py", "path", "lib/other/pool.py"},
      {"File \"/home/me/x/src/net/session.py\", line 16, in f", "trace", "src/net/session.py"},
      {"app.js:3:17", "trace", "src/app.js"},
      {"\u8A3C\u5238 \u91D1\u878D\u6301\u682A\u4F1A\u793E", "cjk", "docs/report.md"},
  };
  for (const Row& row : rows) {
    const SearchResponse response = Search(row.query);
    ASSERT_FALSE(response.results.empty()) << row.query;
    EXPECT_EQ(response.query_kind, row.kind) << row.query;
    EXPECT_EQ(response.results[0].path, row.path) << row.query;
  }
}

TEST_F(SearchTest, TraceShowsTheLine) {
  const SearchResponse response = Search("session.py:17");
  ASSERT_FALSE(response.results.empty());
  const SearchHit& hit = response.results[0].best;
  EXPECT_LE(hit.line_begin, 17u);
  EXPECT_GE(hit.line_end, 17u);
  ASSERT_FALSE(hit.matches.empty());
  EXPECT_EQ(hit.matches[0].line, 17u);
}

TEST_F(SearchTest, HitsCarryTextSymbolAndSpans) {
  const SearchResponse response = Search("ConnectionPool");
  ASSERT_FALSE(response.results.empty());
  const SearchHit& hit = response.results[0].best;
  EXPECT_EQ(response.results[0].language, "python");
  EXPECT_EQ(hit.symbol, "ConnectionPool");
  EXPECT_EQ(hit.kind, "class");
  ASSERT_FALSE(hit.matches.empty());
  EXPECT_EQ(hit.matches[0].line, 1u);
  ASSERT_FALSE(hit.matches[0].spans.empty());
  EXPECT_EQ(hit.text.substr(hit.matches[0].spans[0].first, 14), "ConnectionPool");
}

TEST_F(SearchTest, Filters) {
  struct Row {
    const char* name;
    SearchOptions options;
    std::vector<std::string> paths;  // all that may come back, sorted
  };
  const Row rows[] = {
      {"path", {.paths = {"src/net/"}}, {"src/net/pool.py", "src/net/session.py"}},
      {"file", {.paths = {"./src/app.js"}}, {"src/app.js"}},
      {"glob", {.include_globs = {"*.js"}}, {"src/app.js", "src/parse/config.js"}},
      {"exclude",
       {.include_globs = {"*.py"}, .exclude_globs = {"tests/", "lib/**"}},
       {"src/net/pool.py", "src/net/session.py"}},
      {"type", {.languages = {"js"}}, {"src/app.js", "src/parse/config.js"}},
      {"regex", {.regex = "class \\w+Pool"}, {"lib/other/pool.py", "src/net/pool.py"}},
      {"alternatives", {.regex = "submit|TOML"}, {"lib/other/pool.py", "src/parse/config.js"}},
      {"short regex", {.regex = "^c.{3,7} W"}, {"lib/other/pool.py"}},
      {"literal", {.regex = "text.split('", .regex_is_literal = true}, {"src/parse/config.js"}},
      {"case", {.regex = "toml"}, {}},
      {"ignore case", {.regex = "toml", .ignore_case = true}, {"src/parse/config.js"}},
      {"words", {.regex = "pool", .whole_words = true}, {"src/net/session.py"}},
      {"cjk literal",
       {.regex = "\u8ECA\u8F09\u7528", .regex_is_literal = true},
       {"docs/report.md"}},
      {"both", {.paths = {"src"}, .regex = "SessionManager"}, {"src/app.js", "src/net/session.py"}},
  };
  for (const Row& row : rows) {
    std::vector<std::string> paths = Paths(Search("session pool config", row.options));
    std::sort(paths.begin(), paths.end());
    EXPECT_EQ(paths, row.paths) << row.name;
  }
}

TEST_F(SearchTest, BadFiltersSayWhy) {
  struct Row {
    SearchOptions options;
    const char* message;
  };
  const Row rows[] = {
      {{.languages = {"klingon"}}, "klingon"},
      {{.paths = {"nowhere/"}}, "nowhere/"},
      {{.regex = "a(b"}, "a(b"},
      {{.regex = "x**"}, "position"},
      {{.ranking = "magic"}, "magic"},
      {{.like = std::pair<std::string, uint32_t>("none.c", 1)}, "none.c"},
      {{.like = std::pair<std::string, uint32_t>("src/app.js", 999)}, "999"},
  };
  for (const Row& row : rows) {
    const auto response = searcher_->Search("x", row.options);
    ASSERT_FALSE(response.ok()) << row.message;
    EXPECT_EQ(response.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(response.status().message().find(row.message), std::string::npos)
        << response.status().message();
  }
}

TEST_F(SearchTest, LikeFindsKinAndNotItself) {
  const SearchResponse response =
      Search("", {.like = std::pair<std::string, uint32_t>("src/net/pool.py", 2)});
  EXPECT_EQ(response.query_kind, "like");
  ASSERT_FALSE(response.results.empty());
  for (const SearchResult& result : response.results) EXPECT_NE(result.path, "src/net/pool.py");
  const std::vector<std::string> paths = Paths(response);
  const auto position = [&](const char* path) {
    return std::find(paths.begin(), paths.end(), path) - paths.begin();
  };
  EXPECT_LT(position("src/net/session.py"), position("src/parse/config.js"));
  EXPECT_LT(position("lib/other/pool.py"), position("src/parse/config.js"));
}

TEST_F(SearchTest, EveryModeAndRankingAnswers) {
  for (SearchMode mode : {SearchMode::kHybrid, SearchMode::kSemantic, SearchMode::kKeyword}) {
    EXPECT_EQ(First("parseConfig function", {.mode = mode}), "src/parse/config.js");
  }
  for (const char* ranking : {"default", "bm25", "static", "fused"}) {
    EXPECT_EQ(First("parse config text", {.ranking = ranking}), "src/parse/config.js") << ranking;
  }
}

TEST_F(SearchTest, DeterministicAndOrdered) {
  for (const char* query : {"session", "pool of connections", "config"}) {
    const SearchResponse a = Search(query), b = Search(query);
    EXPECT_EQ(Paths(a), Paths(b));
    for (size_t i = 1; i < a.results.size(); ++i) {
      EXPECT_GE(a.results[i - 1].score, a.results[i].score);
    }
  }
}

TEST_F(SearchTest, AbsurdInputBehaves) {
  EXPECT_TRUE(Search("").results.empty());
  EXPECT_TRUE(Search("  \t ").results.empty());
  EXPECT_TRUE(Search("!!! ???").results.empty());
  EXPECT_TRUE(Search(std::string("\xff\xc0\x00", 3)).results.empty());
  EXPECT_TRUE(Search("session", {.max_results = 0}).results.empty());
  EXPECT_LE(Search("session", {.max_results = SIZE_MAX}).results.size(), std::size(kTree));
  EXPECT_EQ(Search("session", {.max_results = 1}).results.size(), 1u);
  std::string long_query;
  while (long_query.size() < 10'000) long_query += "connection retry_failed \xff 証券 ";
  EXPECT_FALSE(Search(long_query).results.empty());
  EXPECT_TRUE(Search("\"no such phrase anywhere\"").results.empty());
  // A pattern alone is a search.
  EXPECT_EQ(First("", {.regex = "jobs\\.put"}), "lib/other/pool.py");
  EXPECT_TRUE(Search("", {.regex = "nowhere to be found"}).results.empty());
}

TEST_F(SearchTest, NestsFurtherChunksAndKeepsOneFileARow) {
  const SearchResponse response = Search("session retry", {.max_results = 50});
  std::vector<std::string> paths = Paths(response);
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
  for (const SearchResult& result : response.results) {
    EXPECT_LE(result.more.size(), 2u);
    for (const SearchHit& hit : result.more) {
      EXPECT_LE(hit.score, result.best.score);
      EXPECT_NE(hit.chunk, result.best.chunk);
    }
  }
}

TEST_F(SearchTest, ExplanationAddsUpToTheScore) {
  for (const char* query : {"SessionManager", "how are requests retried", "pool.py"}) {
    for (const SearchResult& result : Search(query, {.explain = true}).results) {
      double sum = 0;
      // The last part tells of the chunk within its file.
      for (size_t i = 0; i + 1 < result.explanation.parts.size(); ++i) {
        sum += result.explanation.parts[i].value;
      }
      EXPECT_NEAR(sum, result.score, 1e-6) << query << " " << result.path;
    }
  }
}

TEST_F(SearchTest, OffTopicFindsNothingButANearMiss) {
  for (const char* query : {"roast lamb with ginger and basil", "penguin breeding colonies"}) {
    auto response = searcher_->Search(query, {});
    ASSERT_TRUE(response.ok());
    EXPECT_TRUE(response->results.empty()) << query;
    ASSERT_TRUE(response->near_miss.has_value()) << query;
    EXPECT_LT(response->near_miss->confidence.value_or(1), 0.4);
    response = searcher_->Search(query, {.min_score = -100});
    ASSERT_TRUE(response.ok());
    EXPECT_FALSE(response->results.empty()) << query;
  }
}

TEST_F(SearchTest, ConfidenceIsAShareOfOne) {
  const auto response = searcher_->Search("retry failed requests", {});
  ASSERT_TRUE(response.ok());
  EXPECT_FALSE(response->near_miss.has_value());
  double sum = 0, last = 1;
  for (const SearchResult& result : response->results) {
    ASSERT_TRUE(result.confidence.has_value());
    EXPECT_LE(*result.confidence, last);
    last = *result.confidence;
    sum += last;
  }
  EXPECT_LE(sum, 1 + 1e-9);
  const auto one_arm = searcher_->Search("retry failed requests", {.mode = SearchMode::kKeyword});
  ASSERT_TRUE(one_arm.ok());
  ASSERT_FALSE(one_arm->results.empty());
  EXPECT_FALSE(one_arm->results.front().confidence.has_value());
}

TEST_F(SearchTest, MinScoreCuts) {
  const SearchResponse all = Search("session", {.max_results = 50});
  ASSERT_GE(all.results.size(), 2u);
  const SearchResponse some = Search("session", {.min_score = all.results[1].score});
  EXPECT_EQ(some.results.size(), 2u);
}

// Sixty files hold the literals of the phrase, twenty the phrase, and one holds another phrase that
// nothing else about it speaks for.
TEST(PatternFiles, ManyAreMatchedInTheOrderOfTheirKeywords) {
  const fs::path root =
      fs::temp_directory_path() / ("sg_pattern_files_" + std::to_string(::getpid()));
  fs::create_directories(root);
  for (int i = 0; i < 60; ++i) {
    std::string text = "def handler_" + std::to_string(i) + "():\n    # the parser is not here\n" +
                       std::string(70000 / 20 * (i % 2), '\n') +
                       "    implemented = " + std::to_string(i) + "\n";
    if (i % 3 == 0) text += "    raise Error('not implemented')\n";
    if (i == 59) text += "    x = 'parser   implemented'\n";
    std::ofstream(root / ("file_" + std::to_string(i) + ".py")) << text;
  }
  auto embedder = OpenEmbedder(kModel, {});
  ASSERT_TRUE(embedder.ok());
  IndexOptions index{.root = root.string(), .db_path = (root / ".sg/index.db").string()};
  ASSERT_TRUE(UpdateIndex(index, **embedder).ok());
  auto searcher =
      Searcher::Open(*Snapshot::Open(index.db_path), **embedder, *(*embedder)->static_model());
  ASSERT_TRUE(searcher.ok());
  const auto search = [&](const std::string& query, size_t pattern_files) {
    auto response = (*searcher)->Search(query, {.max_results = 2, .pattern_files = pattern_files});
    EXPECT_TRUE(response.ok()) << response.status().message();
    return std::move(response).value();
  };
  EXPECT_EQ(search("\"not implemented\"", 1000).files_searched, 20u);
  const SearchResponse few = search("\"not implemented\"", 10);
  EXPECT_EQ(few.files_searched, 4u);  // twice max_results
  ASSERT_EQ(few.results.size(), 2u);
  for (const SearchResult& result : few.results) {
    EXPECT_NE(result.best.text.find("not implemented"), std::string::npos) << result.path;
  }
  // However far behind its words put it, the only file that matches is found.
  const SearchResponse rare = search("handler \"parser implemented\"", 10);
  ASSERT_EQ(rare.results.size(), 1u);
  EXPECT_EQ(rare.results[0].path, "file_59.py");
  fs::remove_all(root);
}

TEST(OldVersions, OnlyBesideABiggerCounterpart) {
  const std::vector<std::string_view> pydantic = {"p/v1/a.py", "p/v1/b.py", "p/main.py",
                                                  "p/types.py", "p/fields.py"};
  EXPECT_TRUE(IsOldVersion("p/v1/a.py", pydantic));
  EXPECT_FALSE(IsOldVersion("p/main.py", pydantic));
  const std::vector<std::string_view> api = {"api/v1/a.go", "api/v2/a.go", "api/v2/b.go"};
  EXPECT_TRUE(IsOldVersion("api/v1/a.go", api));
  EXPECT_FALSE(IsOldVersion("api/v2/a.go", api));
  // The only version there is, and one with few files around it.
  EXPECT_FALSE(IsOldVersion("v1/a.go", {"v1/a.go", "v1/b.go", "README.md"}));
}

TEST(TextPattern, AtomsDecideWhereAMatchIsPossible) {
  auto pattern = TextPattern::Compile("(foobar|bazqux)\\d+", {});
  ASSERT_TRUE(pattern.ok());
  ASSERT_EQ(pattern->atoms().size(), 2u);
  EXPECT_FALSE(pattern->MayMatch({}));
  EXPECT_TRUE(pattern->MayMatch({0}));
  EXPECT_TRUE(pattern->Matches("x bazqux7"));
  EXPECT_FALSE(pattern->Matches("bazqux"));
  EXPECT_EQ(pattern->FindAll("foobar1 bazqux22", 9).size(), 2u);
  EXPECT_EQ(pattern->FindAll("foobar1 bazqux22", 1).size(), 1u);
  // Empty matches are no matches, and do not hang.
  auto empty = TextPattern::Compile("x*", {});
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty->FindAll("axxb", 9).size(), 1u);
  // A stray parenthesis does not escape from the group of -w.
  EXPECT_FALSE(TextPattern::Compile("a)|(b", {.whole_words = true}).ok());
}

TEST(TextPattern, PhrasesFoldSpacesAndSmartCase) {
  auto phrase = TextPattern::CompilePhrase("end of file");
  ASSERT_TRUE(phrase.ok());
  EXPECT_TRUE(phrase->Matches("the End\n  of FILE."));
  auto cased = TextPattern::CompilePhrase("End (x*)");
  ASSERT_TRUE(cased.ok());
  EXPECT_TRUE(cased->Matches("End  (x*)"));
  EXPECT_FALSE(cased->Matches("end (x*)"));
}

}  // namespace
}  // namespace sg
