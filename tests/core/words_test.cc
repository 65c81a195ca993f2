#include "core/text/words.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace sg {
namespace {

using Strings = std::vector<std::string>;

std::string Joined(const Strings& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : " ") + part;
  return out;
}

TEST(WordsTest, SplitsAsciiLikeTheRegularExpression) {
  const struct {
    std::string_view text, words;
  } kCases[] = {
      {"", ""},
      {"HTTPServer", "http server"},
      {"getUserID", "get user id"},
      {"get_user_id2", "get user id 2"},
      {"sha256sum", "sha 256 sum"},
      {"ABc", "a bc"},
      {"aB", "a b"},
      {"A", "a"},
      {"Ab", "ab"},
      {"ABC", "abc"},
      {"ABC9de", "abc 9 de"},
      {"1234567", "1234 567"},
      {"x1y22Z333", "x 1 y 22 z 333"},
      {"  how does_it Work?", "how does it work"},
      {"__init__.py", "init py"},
      {std::string_view("\0a\0b", 4), "a b"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Joined(SplitWords(c.text)), c.words) << c.text;
}

TEST(WordsTest, SplitsLettersBeyondAscii) {
  const struct {
    std::string_view text, words;
  } kCases[] = {
      {"größeDerDatei", "größe der datei"},
      {"GRÖSSE", "grösse"},
      {"naïve_test", "naïve test"},
      {"nai\u0308ve", "naïve"},  // decomposed
      {"fooПриветМир", "foo привет мир"},
      {"ΑΒΓδ", "αβ γδ"},
      {"検索エンジン", "検索 索エ エン ンジ ジン"},
      {"字", "字"},
      {"getユーザーName", "get ユー ーザ ザー name"},
      {"한국어 x", "한국 국어 x"},
      {"日本、中国", "日本 中国"},
      {"a\xff\xfe"
       "b",
       "a b"},
      {"\xe6\xa4", ""},  // cut in the middle of a character
      {"😀 smile", "smile"},
      {"हिन्दी", "हिन्दी"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Joined(SplitWords(c.text)), c.words) << c.text;
}

TEST(WordsTest, JoinsSpellingsOfOneName) {
  EXPECT_EQ(JoinedWords("get_user_id"), "getuserid");
  EXPECT_EQ(JoinedWords("getUserID"), "getuserid");
  EXPECT_EQ(JoinedWords("GetUserId"), "getuserid");
  EXPECT_EQ(JoinedWords("HTTP2_Server-x"), "http2serverx");
  EXPECT_EQ(JoinedWords("größeДатей検索語"), "größeдатей検索語");
}

TEST(WordsTest, StemsLikePorter) {
  // From the vocabulary that Porter publishes with the algorithm, and words of code.
  const char* const kPairs[][2] = {
      {"caresses", "caress"},
      {"ponies", "poni"},
      {"cats", "cat"},
      {"agreed", "agre"},
      {"hopping", "hop"},
      {"relational", "relat"},
      {"happy", "happi"},
      {"sky", "sky"},
      {"controlling", "control"},
      {"generalizations", "gener"},
      {"oscillators", "oscil"},
      {"tokenizer", "token"},
      {"parsing", "pars"},
      {"parser", "parser"},
      {"indexes", "index"},
      {"as", "as"},
      {"is", "is"},
      {"s", "s"},
      {"", ""},
      {"256", "256"},
      {"größen", "größen"},
      {"Cats", "Cats"},
  };
  for (const auto& pair : kPairs) EXPECT_EQ(Stem(pair[0]), pair[1]);
}

TEST(WordsTest, KnowsStopWords) {
  for (const char* word : {"a", "how", "does", "the", "use", "get", "via", "your", "yet"}) {
    EXPECT_TRUE(IsStopWord(word)) << word;
  }
  for (const char* word : {"", "parse", "set", "The", "your s", "zebra"}) {
    EXPECT_FALSE(IsStopWord(word)) << word;
  }
}

TEST(WordsTest, FindsIdentifiers) {
  const auto ids = [](std::string_view text) {
    Strings out;
    for (std::string_view id : SplitIdentifiers(text)) out.emplace_back(id);
    return Joined(out);
  };
  EXPECT_EQ(ids("int x_1 = 0xFF + foo(bar2);"), "int x_1 xFF foo bar2");
  EXPECT_EQ(ids("123abc_ _ __a"), "abc_ _ __a");
  EXPECT_EQ(ids("größe=naïve1"), "größe naïve1");
  EXPECT_EQ(ids("get検索name、語"), "get 検索 name 語");
  EXPECT_EQ(ids("a\xff"
                "b\xc3"),
            "a b");
}

TEST(WordsTest, GivesTermsOfIdentifiers) {
  const struct {
    std::string_view identifier, terms;
  } kCases[] = {
      {"parse", "pars =parse"},
      {"ConnectionPool", "connect pool =connectionpool"},
      {"get_user_id", "get user id =getuserid =getuser =userid"},
      {"sha256sum", "sha 256 sum =sha256sum =sha256 =256sum"},
      {"_", ""},
      {"x1", "x 1 =x1"},
      {"検索語", "検索 索語"},
      {"größen", "größen =größen"},
  };
  for (const auto& c : kCases) {
    Strings terms;
    AppendIdentifierTerms(c.identifier, &terms);
    EXPECT_EQ(Joined(terms), c.terms) << c.identifier;
  }
}

TEST(WordsTest, AllFormsOfTermsAgree) {
  const std::string text =
      "class HTTPServer { void serveForever(int n_1); } // größe 検索語 serveForever\n";
  const Strings terms = TextTerms(text);
  std::string packed = "x ";
  EXPECT_EQ(AppendTermText(text, &packed), terms.size());
  EXPECT_EQ(packed, "x " + Joined(terms) + " ");
  Strings by_identifier;
  for (std::string_view id : SplitIdentifiers(text)) AppendIdentifierTerms(id, &by_identifier);
  EXPECT_EQ(by_identifier, terms);
  EXPECT_EQ(terms.front(), "class");
}

TEST(WordsTest, TermsDoNotDependOnTheMemo) {
  // More distinct identifiers than the memo holds, then the first ones again, in another thread
  // too.
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "fooBar" + std::to_string(i) + " ";
  std::string once, again, elsewhere;
  AppendTermText(text, &once);
  AppendTermText(text, &again);
  std::thread([&] { AppendTermText(text, &elsewhere); }).join();
  EXPECT_EQ(once, again);
  EXPECT_EQ(once, elsewhere);
  EXPECT_EQ(once.substr(0, 40), "foo bar 0 =foobar0 =foobar =bar0 foo bar");
}

TEST(WordsTest, NoiseStaysBounded) {
  const std::string noise(5'000'000, 'a');
  EXPECT_TRUE(TextTerms(noise).empty());
  std::string mixed;
  for (int i = 0; i < 1'000'000; ++i) mixed += "aB9";
  for (const std::string& term : TextTerms(mixed)) ASSERT_LE(term.size(), kMaxTermBytes);
  std::string bytes;
  for (uint32_t i = 0; i < 1'000'000; ++i) bytes.push_back(static_cast<char>((i * 7919) >> 3));
  for (const std::string& term : TextTerms(bytes)) {
    ASSERT_LE(term.size(), kMaxTermBytes);
    ASSERT_EQ(term.find(' '), std::string::npos);
  }
}

TEST(WordsTest, SeesCjk) {
  for (const char* text : {"検", "x ひ", "カ", "한", "ㄅ", "ｶ", "𠀀"})
    EXPECT_TRUE(HasCjk(text)) << text;
  for (const char* text : {"", "abc", "größe", "привет", "😀", "、。「」", "\xff\xe6"}) {
    EXPECT_FALSE(HasCjk(text)) << text;
  }
}

}  // namespace
}  // namespace sg
