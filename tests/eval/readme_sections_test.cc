#include "eval/readme_sections.h"

#include <gtest/gtest.h>

namespace sg {
namespace {

using Names = std::vector<std::string>;

TEST(Readme, HeadingsOfBothKindsWithTheirNames) {
  const auto sections = ReadSections(
      "intro `lost.c`\n"
      "# The [project](http://a.b)\n"
      "Text.\n"
      "\n"
      "## Retrying failed requests ##\n"
      "See `net/retry.go` and [the pool](./net/pool.go#L3), `Pool.get()`.\n"
      "```\n"
      "# no heading\n"
      "`no_name`\n"
      "```\n"
      "Key derivation\n"
      "--------------\n"
      "Stretches secrets with `two words` and `scrypt`.\n");
  ASSERT_EQ(sections.size(), 3U);
  EXPECT_EQ(sections[0].heading, "The project");
  EXPECT_EQ(sections[0].lines.begin, 2U);
  EXPECT_EQ(sections[0].lines.end, 4U);
  EXPECT_EQ(sections[1].heading, "Retrying failed requests");
  EXPECT_EQ(sections[1].names, (Names{"net/retry.go", "Pool.get", "net/pool.go"}));
  EXPECT_EQ(sections[1].lines.begin, 5U);
  EXPECT_EQ(sections[1].lines.end, 10U);
  EXPECT_EQ(sections[2].heading, "Key derivation");
  EXPECT_EQ(sections[2].names, Names{"scrypt"});
  EXPECT_EQ(sections[2].lines.end, 13U);
}

TEST(Readme, QueriesAreHeadingsOrFirstSentences) {
  EXPECT_EQ(QueryFromSection({.heading = "Retrying failed requests"}), "Retrying failed requests");
  EXPECT_EQ(QueryFromSection({.heading = "Retries",
                              .text = "Failed requests are sent again after a pause. More.\n"}),
            "Failed requests are sent again after a pause");
  EXPECT_EQ(QueryFromSection({.heading = "How to install", .text = "Run the following command."}),
            "");
  EXPECT_EQ(QueryFromSection({.heading = "Retries", .text = "See below."}), "");
  EXPECT_EQ(QueryFromSection({.heading = "@scope/request-retries", .text = "Text."}), "");
  EXPECT_EQ(QueryFromSection({.heading = "Known issues of retries", .text = "Text."}), "");
}

TEST(Readme, NamesOfFiles) {
  for (const char* path : {"README", "a/Readme.md", "b/c/README.rst", "readme.txt"}) {
    EXPECT_TRUE(IsReadme(path)) << path;
  }
  for (const char* path : {"README.py", "a/readme/x.md", "READMES.md", ""}) {
    EXPECT_FALSE(IsReadme(path)) << path;
  }
}

TEST(Readme, HostileInputTakesNoTime) {
  for (const char* unit : {"[", "`", "](", "#", "# \n", "=", "a\n===\n", "```\n"}) {
    std::string text;
    while (text.size() < 1'000'000) text += unit;
    for (const ReadmeSection& section : ReadSections(text)) {
      EXPECT_LE(section.names.size(), 50U);
      QueryFromSection(section);
    }
  }
}

}  // namespace
}  // namespace sg
