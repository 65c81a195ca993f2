#include "eval/make_queries.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/extract/temp_tree.h"

namespace sg {
namespace {

void WriteProject(const TempTree& tree) {
  tree.Write("src/token.py",
             "def reject_expired(token, now):\n"
             "    \"\"\"Refuses credentials whose lifetime is over.\"\"\"\n"
             "    if token.end < now:\n"
             "        raise Expired()\n");
  tree.Write("src/cache.py",
             "class Cache:\n"
             "    def evict(self):\n"
             "        # nothing above\n"
             "        self.items.clear()\n");
  tree.Write("tests/test_cache.py",
             "def test_forgets_the_least_recently_used_entry_first():\n"
             "    assert Cache().evict() is None\n");
}

const SpecQuery* Find(const MadeQueries& made, const std::string& category) {
  for (const SpecQuery& query : made.spec.corpora[0].queries) {
    if (query.category == category) return &query;
  }
  return nullptr;
}

// Runs git with a configuration that is ours alone; false if there is no git.
bool Git(const TempTree& tree, const std::string& arguments) {
  const std::string command = "cd '" + tree.path() +
                              "' && HOME=. GIT_CONFIG_GLOBAL=/dev/null git -c user.name=x "
                              "-c user.email=x@example.org " +
                              arguments + " >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

TEST(MakeQueries, DocCommentsAndTests) {
  const TempTree tree;
  WriteProject(tree);
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  const SpecQuery* doc = Find(*made, "doc");
  ASSERT_NE(doc, nullptr);
  EXPECT_EQ(doc->text, "Refuses credentials whose lifetime is over");
  EXPECT_EQ(doc->targets[0].target.path, "src/token.py");
  EXPECT_EQ(doc->targets[0].target.lines.begin, 1U);
  ASSERT_EQ(doc->hidden.size(), 1U);
  EXPECT_EQ(doc->hidden[0].lines.begin, 2U);
  EXPECT_EQ(doc->hidden[0].lines.end, 2U);
  const SpecQuery* test = Find(*made, "test");
  ASSERT_NE(test, nullptr);
  EXPECT_EQ(test->text, "forgets the least recently used entry first");
  EXPECT_EQ(test->targets[0].target.path, "src/cache.py");
  EXPECT_EQ(test->hidden[0].path, "tests/test_cache.py");
  EXPECT_TRUE(test->hidden[0].lines.whole_file());
  EXPECT_NE(made->note, "");  // no repository
}

TEST(MakeQueries, CommitsNameTheFilesThatTheyTouched) {
  const TempTree tree;
  WriteProject(tree);
  if (!Git(tree, "init -q")) GTEST_SKIP() << "no git";
  ASSERT_TRUE(Git(tree, "add src/token.py"));
  ASSERT_TRUE(Git(tree, "commit -qm 'auth: refuse sessions after their last second'"));
  ASSERT_TRUE(Git(tree, "add src/cache.py"));
  ASSERT_TRUE(Git(tree, "commit -qm 'bump version of everything once again'"));
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->note, "");
  EXPECT_EQ(made->by_category.at("commit"), 1U);
  const SpecQuery* commit = Find(*made, "commit");
  EXPECT_EQ(commit->text, "refuse sessions after their last second");
  ASSERT_EQ(commit->targets.size(), 1U);
  EXPECT_EQ(commit->targets[0].target.path, "src/token.py");
}

// A file is in one half only, and both halves are used.
TEST(MakeQueries, HalvesAreCutByFile) {
  const TempTree tree;
  const char* topics[] = {"tokens",  "caches", "queues", "sockets",
                          "parsers", "tables", "clocks", "maps"};
  for (const char* topic : topics) {
    const std::string name(topic);
    tree.Write("src/" + name + ".py", "def a():\n    \"\"\"Opens the " + name +
                                          " of another machine.\"\"\"\n    x()\n    y()\n"
                                          "def b():\n    \"\"\"Closes all " +
                                          name +
                                          " after some idle time.\"\"\"\n    x()\n    y()\n");
  }
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  std::map<std::string, Split> halves;
  for (const SpecQuery& query : made->spec.corpora[0].queries) {
    const auto [at, fresh] = halves.emplace(query.targets[0].target.path, query.split);
    EXPECT_EQ(at->second, query.split);
  }
  EXPECT_EQ(halves.size(), 8U);
  EXPECT_EQ(made->tune + made->test, 16U);
  EXPECT_GT(made->tune, 0U);
  EXPECT_GT(made->test, 0U);
}

TEST(MakeQueries, SameTextTwiceIsNoQuery) {
  const TempTree tree;
  const char code[] =
      "def f():\n    \"\"\"Refuses credentials whose lifetime is over.\"\"\"\n    x\n";
  tree.Write("a.py", code);
  tree.Write("b.py", code);
  EXPECT_EQ(MakeQueries(tree.path(), {}).status().code(), StatusCode::kNotFound);
}

TEST(MakeQueries, WhatIsMadeIsReadAgain) {
  const TempTree tree;
  WriteProject(tree);
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok());
  const auto spec = ParseSpec(RenderSpec(made->spec), "spec.json");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->corpora[0].queries.size(), made->spec.corpora[0].queries.size());
}

}  // namespace
}  // namespace sg
