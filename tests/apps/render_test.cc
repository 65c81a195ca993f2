#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/sg/render/budget.h"
#include "apps/sg/render/json.h"
#include "apps/sg/render/lines.h"
#include "apps/sg/render/safe_text.h"
#include "apps/sg/render/summary.h"
#include "apps/sg/render/text.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

using nlohmann::json;

SearchResult ExampleResult() {
  SearchHit best{.line_begin = 10,
                 .line_end = 13,
                 .symbol = "Session.refresh",
                 .kind = "function",
                 .score = 1.5,
                 .text = "def refresh(self):\n    token = renew(self.token)\n\n    return token\n"};
  best.matches.push_back({.line = 11, .spans = {{12, 17}}});
  SearchHit other{.line_begin = 40,
                  .line_end = 44,
                  .symbol = "Session.close",
                  .kind = "function",
                  .score = 0.5,
                  .text = "def close(self):\n    pass\n"};
  return {.path = "auth/session.py",
          .language = "python",
          .score = 12.3456789,
          .best = best,
          .more = {other}};
}

TEST(SafeText, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(SafeName("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(SafeName("two\nlines\ttab\x7f"), "two\\x0alines\\x09tab\\x7f");
  EXPECT_EQ(SafeName("\xc2\x9b"), "\\x9b");  // C1: CSI in one code point
  EXPECT_EQ(SafeName("user\u202etxt.exe"), "user\\u202etxt.exe");
  EXPECT_EQ(SafeName("bad\xff\xc3"), "bad\\xff\\xc3");
  EXPECT_EQ(SafeName("größe 日本 🦀"), "größe 日本 🦀");
}

TEST(SafeText, RejectsWhatIsNoUtf8) {
  for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80",
                          "\xe0\x80\xaf", "\xf0\x80\x80\x80"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << SafeName(bad);
  }
  EXPECT_TRUE(IsValidUtf8("a\u00e9\u65e5\U0001F980"));
  EXPECT_TRUE(IsValidUtf8(""));
}

TEST(SafeText, CutsToCells) {
  const Style plain;
  EXPECT_EQ(RenderLine("abcdef", {}, plain, 6), "abcdef");
  EXPECT_EQ(RenderLine("abcdef", {}, plain, 5), "abcd…");
  EXPECT_EQ(RenderLine("日本語", {}, plain, 6), "日本語");
  EXPECT_EQ(RenderLine("日本語", {}, plain, 5), "日本…");
  EXPECT_EQ(RenderLine("日本語", {}, plain, 4), "日…");
  EXPECT_EQ(RenderLine("abcdef", {}, plain, 0), "abcdef");
}

TEST(SafeText, ExpandsTabsAndEscapesOnATerminalOnly) {
  const Style terminal{.make_safe = true};
  EXPECT_EQ(RenderLine("\ta\tb\x1b", {}, terminal, 80), "    a   b\\x1b");
  EXPECT_EQ(RenderLine("\ta\x1b", {}, Style{}, 80), "\ta\x1b");
}

TEST(SafeText, HighlightsSpansAndClosesThem) {
  const Style color{.color = true};
  const std::vector<std::pair<uint32_t, uint32_t>> spans = {{2, 4}, {9, 99}};
  EXPECT_EQ(RenderLine("abcdef", spans, color, 80), "ab\x1b[1;31mcd\x1b[0mef");
  EXPECT_EQ(RenderLine("0123456789", spans, color, 80),
            "01\x1b[1;31m23\x1b[0m45678\x1b[1;31m9\x1b[0m");
  EXPECT_EQ(RenderLine("abcdef", spans, color, 4), "ab\x1b[1;31mc\x1b[0m…");
}

TEST(TextRenderer, ShowsPathLinesSymbolBestLineAndWhatFollowsIt) {
  EXPECT_EQ(RenderTextResult(ExampleResult(), ResultForm::kFull, {}),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "  11      token = renew(self.token)\n"
            "  13      return token\n"
            "  also 40-44  Session.close  def close(self):\n");
}

TEST(TextRenderer, FormsShrink) {
  EXPECT_EQ(RenderTextResult(ExampleResult(), ResultForm::kHeader, {}),
            "auth/session.py:10-13  Session.refresh (function)\n");
  EXPECT_EQ(RenderTextResult(ExampleResult(), ResultForm::kShort, {}),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "  11      token = renew(self.token)\n");
}

TEST(TextRenderer, WithoutMatchesTheFirstLinesThatSaySomething) {
  SearchResult result = ExampleResult();
  result.best.matches.clear();
  result.more.clear();
  EXPECT_EQ(RenderTextResult(result, ResultForm::kFull, {}),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "  10  def refresh(self):\n"
            "  11      token = renew(self.token)\n"
            "  13      return token\n");
}

TEST(TextRenderer, ContextReachesBeyondTheChunk) {
  SearchResult result = ExampleResult();
  result.more.clear();
  result.best.matches = {{.line = 10, .spans = {}}, {.line = 13, .spans = {}}};
  TextOptions options{.context_given = true, .lines_before = 1};
  options.file_text = [](const std::string&) {
    std::string text;
    for (int line = 1; line <= 20; ++line) text += "line " + std::to_string(line) + "\n";
    return text;
  };
  EXPECT_EQ(RenderTextResult(result, ResultForm::kFull, options),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "   9  line 9\n"
            "  10  line 10\n"
            "  --\n"
            "  12  line 12\n"
            "  13  line 13\n");
}

TEST(TextRenderer, WholeChunks) {
  SearchResult result = ExampleResult();
  result.more.clear();
  EXPECT_EQ(RenderTextResult(result, ResultForm::kFull, {.whole_chunks = true}),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "  10  def refresh(self):\n"
            "  11      token = renew(self.token)\n"
            "  12  \n"
            "  13      return token\n");
}

TEST(TextRenderer, NarrowTerminalCutsLinesNotPaths) {
  SearchResult result = ExampleResult();
  result.more.clear();
  const TextOptions options{.style = {.make_safe = true, .columns = 24}};
  EXPECT_EQ(RenderTextResult(result, ResultForm::kFull, options),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "  11      token = renew…\n"
            "  13      return token\n");
}

TEST(TextRenderer, MatchOutsideTheChunkIsIgnored) {
  SearchResult result = ExampleResult();
  result.more.clear();
  result.best.matches = {{.line = 9999, .spans = {{0, 1}}}, {.line = 1, .spans = {}}};
  EXPECT_EQ(RenderTextResult(result, ResultForm::kShort, {}),
            "auth/session.py:10-13  Session.refresh (function)\n"
            "  10  def refresh(self):\n");
}

TEST(TextRenderer, ExplanationIsATree) {
  SearchResult result = ExampleResult();
  result.more.clear();
  result.explanation = {
      .label = "score",
      .value = 2.5,
      .detail = "",
      .parts = {{.label = "b6 (keywords)",
                 .value = 1.5,
                 .detail = "0.75 x 2",
                 .parts = {{.label = "idf", .value = 3, .detail = "", .parts = {}}}},
                {.label = "iX", .value = 1, .detail = "", .parts = {}}}};
  EXPECT_EQ(RenderTextResult(result, ResultForm::kFull, {.scores = true}),
            "auth/session.py:10-13  Session.refresh (function)  12.346\n"
            "  11      token = renew(self.token)\n"
            "  13      return token\n"
            "  2.500  score\n"
            "  ├─   +1.500  b6 (keywords)  = 0.75 x 2\n"
            "  │  └─   +3.000  idf\n"
            "  └─   +1.000  iX\n");
}

TEST(LineRenderers, VimgrepHasOneLineAChunk) {
  EXPECT_EQ(RenderVimgrep(ExampleResult(), "auth/session.py", false),
            "auth/session.py:11:13:    token = renew(self.token)\n"
            "auth/session.py:40:1:def close(self):\n");
}

TEST(LineRenderers, FileNamesKeepTheLineStructure) {
  EXPECT_EQ(RenderFileName("a b", false, false), "a b\n");
  EXPECT_EQ(RenderFileName("a\nb", false, false), "a\\x0ab\n");
  EXPECT_EQ(RenderFileName("a\nb", true, true), std::string("a\nb\0", 4));
}

TEST(Budget, GivesTheFullestFormThatFits) {
  const std::vector<SearchResult> results(3, ExampleResult());
  const RenderResult render = [](const SearchResult& r, ResultForm form) {
    return RenderTextResult(r, form, {});
  };
  const size_t full = render(results[0], ResultForm::kFull).size();
  const size_t header = render(results[0], ResultForm::kHeader).size();
  const auto all = RenderWithinBudget(results, 0, render);
  EXPECT_EQ(all.rendered.size(), 3u);
  EXPECT_EQ(all.omitted, 0u);
  const auto some = RenderWithinBudget(results, (full + header + 4) / 4, render);
  ASSERT_EQ(some.rendered.size(), 2u);
  EXPECT_EQ(some.rendered[0].size(), full);
  EXPECT_EQ(some.rendered[1].size(), header);
  EXPECT_EQ(some.omitted, 1u);
  EXPECT_EQ(RenderWithinBudget(results, 1, render).omitted, 3u);
}

TEST(Json, ResultHasTheDocumentedKeys) {
  const json result = json::parse(RenderJsonResult(ExampleResult(), ResultForm::kFull, false));
  EXPECT_EQ(result["path"], "auth/session.py");
  EXPECT_EQ(result["start_line"], 10);
  EXPECT_EQ(result["end_line"], 13);
  EXPECT_EQ(result["symbol"], "Session.refresh");
  EXPECT_EQ(result["kind"], "function");
  EXPECT_EQ(result["language"], "python");
  EXPECT_DOUBLE_EQ(result["score"].get<double>(), 12.345679);
  EXPECT_EQ(result["matches"], json::parse(R"([{"line":11,"spans":[[12,17]]}])"));
  EXPECT_EQ(result["more"][0]["start_line"], 40);
  EXPECT_FALSE(result.contains("path_bytes"));
  EXPECT_FALSE(result.contains("explanation"));
}

TEST(Json, PathsThatAreNoUtf8KeepTheirBytes) {
  SearchResult result = ExampleResult();
  result.path = "caf\xe9.py";
  result.best.text = "bad \xff byte";
  const json parsed = json::parse(RenderJsonResult(result, ResultForm::kFull, false));
  EXPECT_EQ(parsed["path"], "caf\\xe9.py");
  EXPECT_EQ(parsed["path_bytes"], "Y2Fm6S5weQ==");
  EXPECT_EQ(parsed["text"], "bad \uFFFD byte");
}

TEST(Json, Base64) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("\xff\xfe\xfd\xfc"), "//79/A==");
}

TEST(Json, DocumentAndSummaryParse) {
  SearchEnvelope envelope{.query = "a \"b\"\n", .query_kind = "phrase", .root = "/r", .model = "m"};
  BudgetedResults results{.rendered = {R"({"path":"a"})", R"({"path":"b"})"}, .omitted = 4};
  for (bool pretty : {false, true}) {
    const json document = json::parse(RenderJsonDocument(envelope, results, pretty));
    EXPECT_EQ(document["version"], 1);
    EXPECT_EQ(document["query"], "a \"b\"\n");
    EXPECT_EQ(document["stale"], nullptr);
    EXPECT_EQ(document["omitted"], 4);
    EXPECT_EQ(document["results"][1]["path"], "b");
  }
  envelope.stale = true;
  const json summary = json::parse(RenderJsonlSummary(envelope, results));
  EXPECT_EQ(summary["type"], "summary");
  EXPECT_EQ(summary["stale"], true);
  EXPECT_EQ(summary["results"], 2);
}

TEST(Summary, OneLineWithReasons) {
  IndexSummary summary{.files_total = 1234,
                       .chunks_total = 9999,
                       .files_added = 1230,
                       .files_removed = 1,
                       .bytes_indexed = 8 << 20,
                       .index_bytes = 3 << 20,
                       .seconds = 2};
  summary.skipped.assign(static_cast<size_t>(SkipReason::kCount), 0);
  summary.skipped[static_cast<size_t>(SkipReason::kBinary)] = 2;
  summary.skipped[static_cast<size_t>(SkipReason::kTooLarge)] = 5;
  EXPECT_EQ(RenderIndexSummary(summary),
            "indexed 1,234 files, 9,999 chunks (1,230 added, 1 removed) in 2 s, 4.0 MB/s; "
            "index 3.0 MB; skipped 5 too large, 2 binary\n");
}

}  // namespace
}  // namespace sg
