#include "core/text/ascii.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/base/file.h"
#include "core/base/format.h"

namespace sg {
namespace {

std::vector<std::string> LinesOf(std::string_view text,
                                 std::string_view (*take)(std::string_view*)) {
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(take(&text));
  return lines;
}

TEST(Ascii, LinesEndAtNewlines) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(LinesOf("", TakeLine), Lines{});
  EXPECT_EQ(LinesOf("a", TakeLine), Lines{"a"});
  EXPECT_EQ(LinesOf("a\r\n\nb\n", TakeLine), (Lines{"a\r", "", "b"}));
  EXPECT_EQ(LinesOf("a\r\n\nb\r", TakeTextLine), (Lines{"a", "", "b"}));
}

TEST(Ascii, OtherBytesStayAsTheyAre) {
  EXPECT_EQ(Trim(" \t\v a b\r\n"), "a b");
  EXPECT_EQ(Trim("\xC2\xA0x"), "\xC2\xA0x");  // a no-break space
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_TRUE(IsBlank("") && IsBlank(" \t\r\n\f\v"));
  EXPECT_FALSE(IsBlank(" x ") || IsBlank("\xC2\xA0"));
  EXPECT_EQ(AsciiLower("HTTP-\xC3\x84z"), "http-\xC3\x84z");
  EXPECT_EQ(Padded("ab", 4), "ab  ");
  EXPECT_EQ(Padded("abcde", 4), "abcde");
}

TEST(Ascii, NamesOfPaths) {
  EXPECT_EQ(BaseName("a/b.cc"), "b.cc");
  EXPECT_EQ(BaseName("b.cc"), "b.cc");
  EXPECT_EQ(BaseName("a/"), "");
  EXPECT_EQ(LastComponent("models/mini//"), "mini");
  EXPECT_EQ(LastComponent("/"), "");
}

TEST(Format, TakesTextOfAnyLength) {
  EXPECT_EQ(Format("%.2f and %d", 1.5, 7), "1.50 and 7");
  EXPECT_EQ(Format("%s!", std::string(5000, 'x').c_str()), std::string(5000, 'x') + "!");
  EXPECT_EQ(Format("%s", ""), "");
}

}  // namespace
}  // namespace sg
