#include "index/build/walk_settings.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

TEST(WalkSettings, RoundTrip) {
  WalkOptions walk{.use_ignore_files = false,
                   .include_hidden = true,
                   .follow_symlinks = true,
                   .include = {"src/**", "\"quoted\""},
                   .exclude = {"*.min.js", "日本/"},
                   .force = true};
  const SourceLimits limits{.max_code_bytes = 5, .max_text_bytes = uint64_t{1} << 40};
  const auto parsed = ParseWalkSettings(WalkSettingsText(walk, limits));
  ASSERT_TRUE(parsed.ok()) << parsed.status().message();
  EXPECT_FALSE(parsed->walk.use_ignore_files);
  EXPECT_TRUE(parsed->walk.include_hidden);
  EXPECT_TRUE(parsed->walk.follow_symlinks);
  EXPECT_EQ(parsed->walk.include, walk.include);
  EXPECT_EQ(parsed->walk.exclude, walk.exclude);
  EXPECT_FALSE(parsed->walk.force);
  EXPECT_EQ(parsed->limits.max_code_bytes, 5u);
  EXPECT_EQ(parsed->limits.max_text_bytes, uint64_t{1} << 40);
}

TEST(WalkSettings, EqualSettingsEqualText) {
  EXPECT_EQ(WalkSettingsText({}, {}), WalkSettingsText({}, {}));
  EXPECT_NE(WalkSettingsText({.include_hidden = true}, {}), WalkSettingsText({}, {}));
  EXPECT_NE(WalkSettingsText({.exclude = {"a"}}, {}), WalkSettingsText({.include = {"a"}}, {}));
}

TEST(WalkSettings, TokensOfAChunkAreRecorded) {
  EXPECT_EQ(ParseWalkSettings(WalkSettingsText({}, {}))->max_tokens_per_chunk, 512u);
  const std::string text = WalkSettingsText({}, {}, 2048);
  EXPECT_NE(text, WalkSettingsText({}, {}));
  EXPECT_EQ(ParseWalkSettings(text)->max_tokens_per_chunk, 2048u);
}

TEST(WalkSettings, RefusesWhatItDidNotWrite) {
  for (const char* bad : {"", "{}", "[]", "null", "{\"ignore_files\":1}",
                          R"({"ignore_files":true,"hidden":false,"follow":false,"include":[1],)"
                          R"("exclude":[],"max_code_bytes":1,"max_text_bytes":1})",
                          R"({"ignore_files":true,"hidden":false,"follow":false,"include":[],)"
                          R"("exclude":[],"max_code_bytes":-1,"max_text_bytes":1})"}) {
    EXPECT_EQ(ParseWalkSettings(bad).status().code(), StatusCode::kCorrupt) << bad;
  }
}

}  // namespace
}  // namespace sg
