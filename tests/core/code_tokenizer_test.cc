#include "core/text/code_tokenizer.h"

#include <gtest/gtest.h>

#include <string>

namespace sg {
namespace {

// Pieces as text, separated by spaces.
std::string Pieces(const CodeTokenizer& tokenizer, std::string_view text) {
  std::string out;
  for (uint32_t id : tokenizer.Tokenize(text)) {
    out += (out.empty() ? "" : " ") + std::string(tokenizer.piece(id));
  }
  return out;
}

TEST(CodeTokenizerTest, CutsWordsAndSegmentsTheRest) {
  const std::string vocab =
      "a\t-1\nb\t-1\nc\t-1\nab\t-2\nbc\t-2\nhttp\t-3\nserver\t-3\n12\t-1\n1\t-1\n2\t-1\n";
  const auto tokenizer = CodeTokenizer::Parse(vocab);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  const struct {
    std::string_view text, pieces;
  } kCases[] = {
      {"", ""},
      {"HTTPServer httpServer HTTP_SERVER", "http server http server http server"},
      {"httpserver", "http server"},
      // a+b+c, ab+c and a+bc all sum to -3: the longer last piece wins.
      {"abc", "a bc"},
      {"ABc", "a bc"},
      {"aBC", "a bc"},
      {"x", ""},                    // no segmentation
      {"abx", ""},                  // not even partly
      {"12 121 21212", "12 12 1"},  // five digits are dropped
      {"a\xc3\xa9"
       "b",
       "a b"},
  };
  for (const auto& c : kCases) EXPECT_EQ(Pieces(*tokenizer, c.text), c.pieces) << c.text;
  EXPECT_EQ(Pieces(*tokenizer, std::string(40, 'a')).size(), 79u);
  EXPECT_EQ(Pieces(*tokenizer, std::string(41, 'a')), "");
}

TEST(CodeTokenizerTest, EmptyVocabularyKnowsNothing) {
  const auto tokenizer = CodeTokenizer::Parse("");
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_TRUE(tokenizer->Tokenize("some words 12").empty());
  EXPECT_TRUE(CodeTokenizer().Tokenize("some words 12").empty());
}

TEST(CodeTokenizerTest, RefusesDamagedVocabularies) {
  const struct {
    std::string_view vocab, message;
  } kCases[] = {
      {"a", "line 1: no tab"},
      {"a\t-1\nb -1\n", "line 2: no tab"},
      {"a\tx\n", "line 1: the score is not a number"},
      {"a\t-1\r\n", "line 1: the score is not a number"},
      {"a\t-\n", "line 1: the score is not a number"},
      {"a\t1.\n", "line 1: the score is not a number"},
      {"a\t.5\n", "line 1: the score is not a number"},
      {"a\t1.2.3\n", "line 1: the score is not a number"},
      {"a\t1e5\n", "line 1: the score is not a number"},
      {"a\t1234567\n", "line 1: the score is not a number"},
      {"a\t1.0123456789\n", "line 1: the score is not a number"},
      {"a\tnan\n", "line 1: the score is not a number"},
      {"a\t\n", "line 1: the score is not a number"},
      {"A\t-1\n", "line 1: a piece is"},
      {"\t-1\n", "line 1: a piece is"},
      {"a\t-1\nb\t-1\na\t-2\n", "\"a\" stands in the vocabulary twice"},
  };
  for (const auto& c : kCases) {
    const auto tokenizer = CodeTokenizer::Parse(c.vocab);
    ASSERT_FALSE(tokenizer.ok()) << c.vocab;
    EXPECT_EQ(tokenizer.status().code(), StatusCode::kCorrupt);
    EXPECT_NE(tokenizer.status().message().find(c.message), std::string::npos)
        << tokenizer.status().message();
  }
}

}  // namespace
}  // namespace sg
