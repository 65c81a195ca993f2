#include "eval/spec.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

Result<Spec> Parse(std::string_view json) { return ParseSpec(json, "sets/mine.json"); }

std::string ErrorOf(std::string_view json) {
  const Result<Spec> spec = Parse(json);
  return spec.ok() ? "" : spec.status().message();
}

// A spec with one query, given as the members of its object.
std::string WithQuery(std::string_view members) {
  return R"({"version": 1, "corpus": "c", "queries": [{"query": "ok", "relevant": ["a"]}, {)" +
         std::string(members) + "}]}";
}

TEST(Spec, ReadsTheShortForm) {
  const Result<Spec> spec = Parse(
      R"({"version": 1, "corpus": "../src", "queries": [{"query": "q", "relevant": ["a.c"]}]})");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->name, "mine");
  ASSERT_EQ(spec->corpora.size(), 1U);
  EXPECT_EQ(spec->corpora[0].name, "mine");
  EXPECT_EQ(spec->corpora[0].directory, "src");
  ASSERT_EQ(spec->corpora[0].queries.size(), 1U);
  EXPECT_EQ(spec->corpora[0].queries[0].number, 1U);
  EXPECT_EQ(spec->corpora[0].queries[0].targets[0].target.path, "a.c");
  EXPECT_TRUE(spec->corpora[0].queries[0].targets[0].target.lines.whole_file());
}

TEST(Spec, ReadsEveryKeyOfAQuery) {
  const Result<Spec> spec = Parse(WithQuery(
      R"("query": "q", "category": "symbol", "split": "tune",
         "relevant": [{"path": "a", "start_line": 3, "end_line": 5, "grade": 2}],
         "secondary": [{"path": "b", "symbol": "C.m"}],
         "hide": [{"path": "a", "start_line": 1, "end_line": 2}, {"path": "t"}])"));
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const SpecQuery& query = spec->corpora[0].queries[1];
  EXPECT_EQ(query.number, 2U);
  EXPECT_EQ(query.category, "symbol");
  EXPECT_EQ(query.split, Split::kTune);
  ASSERT_EQ(query.targets.size(), 2U);
  EXPECT_EQ(query.targets[0].target.lines.end, 5U);
  EXPECT_EQ(query.targets[0].target.grade, 2);
  EXPECT_EQ(query.targets[1].symbol, "C.m");
  ASSERT_EQ(query.hidden.size(), 2U);
  EXPECT_TRUE(query.hidden[1].lines.whole_file());
}

TEST(Spec, ErrorsNameTheQueryAndTheKey) {
  const struct {
    const char* members;
    const char* message;
  } kCases[] = {
      {R"("relevant": ["a"])", "query 2: \"query\" is missing"},
      {R"("query": "", "relevant": ["a"])", "query 2: \"query\" must not be empty"},
      {R"("query": 7, "relevant": ["a"])", "query 2: \"query\" must be a string"},
      {R"("query": "q")", "query 2: \"relevant\" is missing"},
      {R"("query": "q", "relevant": "a")", "query 2: \"relevant\" must be a list"},
      {R"("query": "q", "relevant": [7])", "query 2: \"relevant\": not an object"},
      {R"("query": "q", "relevant": ["../a"])",
       "query 2: \"relevant\": \"path\" must be relative to the corpus: ../a"},
      {R"("query": "q", "relevant": ["/a"])",
       "query 2: \"relevant\": \"path\" must be relative to the corpus: /a"},
      {R"("query": "q", "relevant": [{"path": "a", "start_line": 3}])",
       "query 2: \"relevant\": \"end_line\" is missing"},
      {R"("query": "q", "relevant": [{"path": "a", "start_line": 3, "end_line": 2}])",
       "query 2: \"relevant\": \"end_line\" is before \"start_line\""},
      {R"("query": "q", "relevant": [{"path": "a", "start_line": 0, "end_line": 2}])",
       "query 2: \"relevant\": \"start_line\" must be a line number, 1 or more"},
      {R"("query": "q", "relevant": [{"path": "a", "grade": 0}])",
       "query 2: \"relevant\": \"grade\" must be a number from 0.001 to 1000"},
      {R"("query": "q", "relevant": [{"path": "a", "grade": 1e308}])",
       "query 2: \"relevant\": \"grade\" must be a number from 0.001 to 1000"},
      {R"("query": "q", "relevant": [{"path": "a", "grade": "2"}])",
       "query 2: \"relevant\": \"grade\" must be a number from 0.001 to 1000"},
      {R"("query": " \n", "relevant": ["a"])", "query 2: \"query\" must not be empty"},
      {R"("query": "q", "relevant": ["a\u0000b"])",
       "query 2: \"relevant\": \"path\" must not hold a zero byte"},
      {R"("query": "q", "relevant": ["a", "b"], "secondary": [{"path": "a", "grade": 0.5}])",
       "query 2: \"relevant\" names a twice"},
      {R"("query": "q", "relevent": [])", "query 2: \"relevent\" is no known key"},
      {R"("query": "q", "relevant": [], "split": "dev")",
       "query 2: \"split\" must be tune, test or all"},
  };
  for (const auto& [members, message] : kCases) {
    EXPECT_EQ(ErrorOf(WithQuery(members)), std::string("sets/mine.json: ") + message);
  }
}

TEST(Spec, ErrorsOfTheWholeFile) {
  EXPECT_EQ(ErrorOf("{\n").substr(0, 58),
            "sets/mine.json: not JSON: parse error at line 2, column 1:");
  EXPECT_EQ(ErrorOf("[]"), "sets/mine.json: not an object");
  EXPECT_EQ(ErrorOf("{}"), "sets/mine.json: \"version\" is missing");
  EXPECT_EQ(ErrorOf(R"({"version": 2})"),
            "sets/mine.json: \"version\" is 2; this program reads version 1");
  EXPECT_EQ(ErrorOf(R"({"version": 1})"), "sets/mine.json: \"corpus\" is missing");
  EXPECT_EQ(ErrorOf(R"({"version": 1, "corpus": "c", "queries": []})"),
            "sets/mine.json: \"queries\" must not be empty");
  EXPECT_EQ(ErrorOf(R"({"version": 1, "corpora": [{"name": "x", "corpus": "c",
                        "queries": [{"query": "q"}]}]})"),
            "sets/mine.json: corpus x: query 1: \"relevant\" is missing");
}

TEST(Spec, WhatIsRenderedIsReadAgain) {
  Result<Spec> spec = Parse(WithQuery(
      R"("query": "\u00e9 q", "category": "doc", "split": "test",
         "relevant": [{"path": "a", "start_line": 3, "end_line": 5}, {"path": "b", "symbol": "x"}],
         "hide": [{"path": "a", "start_line": 1, "end_line": 2}])"));
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const std::string text = RenderSpec(*spec);
  spec->corpora[0].directory = "c";
  const Result<Spec> again = ParseSpec(text, "mine.json");
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(RenderSpec(*again), text);
  EXPECT_EQ(again->corpora[0].queries[1].hidden.size(), 1U);
}

}  // namespace
}  // namespace sg
