#include "apps/sg/settings_edit.h"

#include <gtest/gtest.h>

#include "apps/sg/settings.h"
#include "apps/sg/tuned_weights.h"

namespace sg {
namespace {

std::string Edited(std::string_view text, const std::optional<std::string>& value) {
  const Result<std::string> edited = EditSetting(text, "ranking", value);
  return edited.ok() ? *edited : "error: " + edited.status().message();
}

TEST(EditSetting, AddsReplacesAndRemoves) {
  struct Case {
    const char *before, *with, *without;
  };
  const Case cases[] = {
      {"", "{\n  \"ranking\": 7\n}\n", "{\n}\n"},
      {"{}", "{\n  \"ranking\": 7\n}", "{}"},
      {"{\"a\": 1}", "{\"a\": 1,\n  \"ranking\": 7\n}", "{\"a\": 1}"},
      {"{\n  \"a\": 1 // x, y\n}\n", "{\n  \"a\": 1, // x, y\n  \"ranking\": 7\n}\n",
       "{\n  \"a\": 1 // x, y\n}\n"},
      {"{\"ranking\": {\"x\": \"}\\\"\"}, \"b\": [1, 2]}", "{\"ranking\": 7, \"b\": [1, 2]}",
       "{ \"b\": [1, 2]}"},
      {"{\n  \"a\": 1,\n  \"ranking\": 1, // gone\n  \"b\": 2\n}\n",
       "{\n  \"a\": 1,\n  \"ranking\": 7, // gone\n  \"b\": 2\n}\n",
       "{\n  \"a\": 1,\n   // gone\n  \"b\": 2\n}\n"},
      {"{\n  \"a\": 1,\n  \"ranking\": {\n    \"x\": 1\n  }\n}\n",
       "{\n  \"a\": 1,\n  \"ranking\": 7\n}\n", "{\n  \"a\": 1\n}\n"},
      {"/* \"ranking\": 1 */ {\"a\": /* , */ \"ranking\" /* , */ , \"ranking\": 1}",
       "/* \"ranking\": 1 */ {\"a\": /* , */ \"ranking\" /* , */ , \"ranking\": 7}",
       "/* \"ranking\": 1 */ {\"a\": /* , */ \"ranking\" /* , */  }"},
      {"{ \"a\": 3// x, y\n }", "{ \"a\": 3,// x, y\n  \"ranking\": 7\n}", "{ \"a\": 3// x, y\n }"},
      {"{\"ranking\": 1, \"ranking\": 2}", "{\"ranking\": 1, \"ranking\": 7}", "{ }"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Edited(c.before, "7"), c.with) << c.before;
    EXPECT_EQ(Edited(c.before, std::nullopt), c.without) << c.before;
  }
}

TEST(EditSetting, HostileTextsAreErrorsAtMost) {
  for (const char* text :
       {"[", "{", "{\"a\"", "{\"a\":", "{\"a\": }", "{\"a\": \"", "{\"\\", "{\"a\": [}", "// only",
        "/*", "{\"a\": 1 1}", "{a: 1}", "{\"a\": ]]]]}"}) {
    const Result<std::string> edited = EditSetting(text, "ranking", "7");
    EXPECT_FALSE(edited.ok()) << text << " gave " << *edited;
  }
  const std::string deep(60'000, '[');
  EXPECT_FALSE(EditSetting("{\"a\": " + deep, "ranking", std::nullopt).ok());
}

TEST(IsEmptySettings, OnlyWhatNobodyMisses) {
  for (const char* text : {"", " \n", "{}", "{\n}\n"}) EXPECT_TRUE(IsEmptySettings(text)) << text;
  for (const char* text : {"{} // mine", "{\"a\": 1}"}) EXPECT_FALSE(IsEmptySettings(text)) << text;
}

TEST(TunedWeights, WhatIsWrittenIsReadAgain) {
  RankingWeights weights = CompiledWeights();
  weights.prose[0] = 1.25;
  weights.prose_origin = "tuned on 99 queries";
  const std::string json =
      "{\"ranking\": " + RenderTunedWeights(weights, {.queries = 99, .ndcg_before = .5}) + "}";
  const auto settings = ParseSettings(json, "f", SettingsSource::kProject);
  ASSERT_TRUE(settings.ok()) << settings.status().message();
  const RankingChoice choice = ChooseRanking(*settings);
  ASSERT_TRUE(choice.weights.has_value()) << choice.warning;
  EXPECT_EQ(choice.weights->prose, weights.prose);
  EXPECT_EQ(choice.weights->symbol, CompiledWeights().symbol);
  EXPECT_EQ(choice.weights->prose_origin, weights.prose_origin);
  EXPECT_EQ(choice.weights->symbol_origin, "");
}

TEST(TunedWeights, StrangeOnesAreLeftOutWithAWarning) {
  for (const char* ranking :
       {R"({})", R"({"version": 2})", R"({"version": 1, "prose": {"x": 1}})",
        R"({"version": 1, "prose": [1, [2, {"a": {}}]]})", R"({"version": 1, "prose": {"x": "1"}})",
        R"({"version": 1, "prose": {"x": {"y": {"z": 1}}}})", R"({"version": -1})",
        R"({"version": 1, "evil": true})", R"({"version": 1, "queries": 1e300})"}) {
    const auto settings = ParseSettings("{\"ranking\": " + std::string(ranking) + ", \"top_k\": 4}",
                                        "f", SettingsSource::kProject);
    ASSERT_TRUE(settings.ok()) << ranking << settings.status().message();
    EXPECT_EQ(settings->top_k, 4U) << ranking;
    const RankingChoice choice = ChooseRanking(*settings);
    EXPECT_FALSE(choice.weights.has_value()) << ranking;
    EXPECT_NE(choice.warning, "") << ranking;
  }
  for (const char* no_object : {"7", "[]", "\"x\"", "null", "1e999"}) {
    EXPECT_FALSE(
        ParseSettings("{\"ranking\": " + std::string(no_object) + "}", "f", SettingsSource::kUser)
            .ok())
        << no_object;
  }
}

}  // namespace
}  // namespace sg
