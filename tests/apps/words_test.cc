// Sizes, spelling help, progress line, paths and terminal rules.
#include <gtest/gtest.h>

#include "apps/sg/eval_session.h"
#include "apps/sg/nearest.h"
#include "apps/sg/paths.h"
#include "apps/sg/progress.h"
#include "apps/sg/sizes.h"
#include "apps/sg/terminal.h"

namespace sg {
namespace {

TEST(Sizes, Parse) {
  EXPECT_EQ(ParseSize("512").value(), 512u);
  EXPECT_EQ(ParseSize("64K").value(), 65536u);
  EXPECT_EQ(ParseSize("64kb").value(), 65536u);
  EXPECT_EQ(ParseSize("1.5G").value(), 1610612736u);
  EXPECT_EQ(ParseSize("2MiB").value(), 2u << 20);
  for (const char* bad : {"", "K", "-1", "1T", "0x10", "1e999", "nan", "inf", "5 apples", "1M1"}) {
    EXPECT_FALSE(ParseSize(bad).ok()) << bad;
  }
}

TEST(Sizes, Format) {
  EXPECT_EQ(FormatSize(0), "0 B");
  EXPECT_EQ(FormatSize(999), "999 B");
  EXPECT_EQ(FormatSize(1024), "1.0 KB");
  EXPECT_EQ(FormatSize(10240), "10 KB");
  EXPECT_EQ(FormatSize(5 << 20), "5.0 MB");
  EXPECT_EQ(FormatCount(1), "1");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(123456), "123,456");
  EXPECT_EQ(FormatDuration(0.123), "0.12 s");
  EXPECT_EQ(FormatDuration(12.3), "12 s");
  EXPECT_EQ(FormatDuration(185), "3 min 05 s");
  EXPECT_EQ(FormatDuration(7800), "2 h 10 min");
  EXPECT_EQ(Counted(1, "file"), "1 file");
  EXPECT_EQ(Counted(0, "file"), "0 files");
}

TEST(Nearest, EditDistance) {
  EXPECT_EQ(EditDistance("index", "index"), 0u);
  EXPECT_EQ(EditDistance("idnex", "index"), 1u);  // a swap
  EXPECT_EQ(EditDistance("inde", "index"), 1u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
}

TEST(Nearest, OnlyCloseWords) {
  constexpr std::string_view kKnown[] = {"index", "search", "status"};
  EXPECT_EQ(NearestWord("serach", kKnown), "search");
  EXPECT_EQ(NearestWord("statsu", kKnown), "status");
  EXPECT_EQ(NearestWord("parser", kKnown), std::nullopt);
  EXPECT_EQ(NearestWord(std::string(10000, 'a'), kKnown), std::nullopt);
}

TEST(Progress, FitsTheWidth) {
  const IndexProgress progress{.phase = IndexProgress::Phase::kIndex,
                               .files_done = 500,
                               .files_total = 2000,
                               .bytes_done = 10 << 20,
                               .bytes_total = 40 << 20};
  EXPECT_EQ(FormatProgress(progress, 2, 100),
            "[======>                 ]  25%  500/2,000 files  5.0 MB/s  6 s left");
  EXPECT_EQ(FormatProgress(progress, 2, 40), " 25%  500/2,000 files  5.0 MB/s");
  for (size_t columns = 20; columns < 100; ++columns) {
    EXPECT_LT(FormatProgress(progress, 2, columns).size(), columns);
  }
  EXPECT_EQ(FormatProgress({.phase = IndexProgress::Phase::kIndex}, 0, 80).find("  0%"), 27u);
}

TEST(Progress, EvaluationAndMaking) {
  EXPECT_EQ(EvalProgressText({.corpus = "mine", .system = "hybrid", .done = 5, .total = 10}),
            "[==========          ] 5/10  mine: hybrid");
  EXPECT_EQ(EvalProgressText({.corpus = "mine"}), "[                    ] 0/0  mine: indexing");
  EXPECT_EQ(MakeProgressText(20, 20), "[====================] 20/20  looking for questions");
}

TEST(Terminal, ColorRules) {
  EXPECT_TRUE(UseColor(ColorChoice::kAuto, true, nullptr, "xterm"));
  EXPECT_TRUE(UseColor(ColorChoice::kAuto, true, "", "xterm"));
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, true, "1", "xterm"));
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, true, nullptr, "dumb"));
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, true, nullptr, nullptr));
  EXPECT_FALSE(UseColor(ColorChoice::kAuto, false, nullptr, "xterm"));
  EXPECT_TRUE(UseColor(ColorChoice::kAlways, false, "1", nullptr));
  EXPECT_FALSE(UseColor(ColorChoice::kNever, true, nullptr, "xterm"));
  EXPECT_FALSE(ParseColorChoice("sometimes").ok());
}

TEST(Paths, Within) {
  EXPECT_EQ(PathWithin("/a/b", "/a/b"), "");
  EXPECT_EQ(PathWithin("/a/b/c", "/a/b"), "c");
  EXPECT_EQ(PathWithin("/a/bc", "/a/b"), std::nullopt);
  EXPECT_EQ(PathWithin("/a", "/a/b"), std::nullopt);
  EXPECT_EQ(PathWithin("/a", "/"), "a");
}

TEST(Paths, AsSeenFromAFolder) {
  EXPECT_EQ(PathFrom("/r", "/r", "a/b.c"), "a/b.c");
  EXPECT_EQ(PathFrom("/r/a", "/r", "a/b.c"), "b.c");
  EXPECT_EQ(PathFrom("/r/a/x", "/r", "a/b.c"), "../b.c");
  EXPECT_EQ(PathFrom("/r/z", "/r", "a/b.c"), "../a/b.c");
  EXPECT_EQ(PathFrom("/elsewhere", "/r", "a/b.c"), "/r/a/b.c");
  EXPECT_EQ(PathFrom("/r/a", "/r", "a"), ".");
}

TEST(Paths, LexicallyAbsolute) {
  EXPECT_EQ(LexicallyAbsolute("/a//b/../c/./d/"), "/a/c/d");
  EXPECT_EQ(LexicallyAbsolute("/../.."), "/");
}

}  // namespace
}  // namespace sg
