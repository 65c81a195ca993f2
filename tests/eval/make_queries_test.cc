#include "eval/make_queries.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/model/embedder.h"
#include "core/text/words.h"
#include "eval/corpus_index.h"
#include "index/store/store.h"
#include "tests/temp_tree.h"

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
  std::vector<uint64_t> steps;
  const auto step = [&](uint64_t done, uint64_t total) {
    steps.insert(steps.end(), {done, total});
  };
  const auto made = MakeQueries(tree.path(), {.on_progress = step});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(steps, (std::vector<uint64_t>{1, 3, 2, 3, 3, 3}));
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

// Sections of a README that name code, by path or by what it defines; README files of folders.
TEST(MakeQueries, ReadmesNameModules) {
  const TempTree tree;
  WriteProject(tree);
  tree.Write("README.md",
             "# Shop\n\nSells things, see `src/token.py`.\n\n"
             "## Expiry of credentials\nOld ones are refused (`reject_expired`).\n\n"
             "## Forgetting old entries\nSee [the cache](src/cache.py#L1).\n\n"
             "## Installation\nCopy `src/cache.py`.\n\n"
             "## Something else entirely\nSee `config.json`, `Unknown` and `test_cache.py`.\n");
  tree.Write("src/README.md", "# Credentials and their cache\nText.\n\n# Further reading list\n");
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  std::map<std::string, std::vector<std::string>> wanted;
  for (const SpecQuery& query : made->spec.corpora[0].queries) {
    if (query.category != "readme") continue;
    ASSERT_EQ(query.hidden.size(), 1U);
    EXPECT_FALSE(query.hidden[0].lines.whole_file());
    for (const SpecTarget& t : query.targets) wanted[query.text].push_back(t.target.path);
  }
  using Paths = std::vector<std::string>;
  const std::map<std::string, Paths> expected = {
      {"Credentials and their cache", Paths{"src/cache.py", "src/token.py"}},
      {"Expiry of credentials", Paths{"src/token.py"}},
      {"Forgetting old entries", Paths{"src/cache.py"}}};
  EXPECT_EQ(wanted, expected);
}

std::set<std::string> QueriesOf(const MadeQueries& made, const std::string& category) {
  std::set<std::string> found;
  for (const SpecQuery& query : made.spec.corpora[0].queries) {
    if (query.category == category) {
      found.insert(query.text + " -> " + query.targets.front().target.path);
    }
  }
  return found;
}

// A test belongs to the one file of its whole name, which is no example and not named by it.
TEST(MakeQueries, TestsOfWhatTheyAreNamedAfter) {
  const TempTree tree;
  tree.Write("lib/parser.js", "function parse() {\n  return 1;\n}\n");
  tree.Write("examples/app.js", "function app() {\n  return 1;\n}\n");
  tree.Write("lib/toBeVisible.js", "function visible() {\n  return 1;\n}\n");
  tree.Write("vendor/queue.js", "function queue() {\n  return 1;\n}\n");
  tree.Write("test/parser.test.js", "it('doesn\\'t stop at the first mistake', f);\n");
  tree.Write("test/parser.errors.test.js", "it('reports the line of each mistake', f);\n");
  tree.Write("test/app.js", "it('only calls the error handler once', f);\n");
  tree.Write("test/toBeVisible.test.js", "it('toBeVisible fails for a hidden element', f);\n");
  tree.Write("test/queue.test.js", "it('keeps the order of what is put in', f);\n");
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(QueriesOf(*made, "test"),
            std::set<std::string>{"doesn't stop at the first mistake -> lib/parser.js"});
}

// Nobody asks for build scripts in words, and a heading of words of the path is no question.
TEST(MakeQueries, ReadmesWantCodeThatTheyDoNotName) {
  const TempTree tree;
  tree.Write("core/token.py", "def reject(token):\n    return token\n");
  for (const char* folder : {"plain", "git_plugin"}) {
    tree.Write(std::string(folder) + "/work.py", "def work():\n    return 1\n");
    tree.Write(std::string(folder) + "/setup.py", "x = 1\n");
  }
  tree.Write("built/build.gradle.kts", "plugins {\n}\n");
  tree.Write("plain/README.md", "# Doing what has to be done\n");
  tree.Write("git_plugin/README.md", "# Git plugin\n");
  tree.Write("built/README.md", "# Publishing of all artifacts\n");
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(QueriesOf(*made, "readme"),
            std::set<std::string>{"Doing what has to be done -> plain/work.py"});
}

// While a made set is asked, the index holds no text that a query was made of.
TEST(MakeQueries, NothingIsFoundByTheTextItWasMadeOf) {
  const TempTree tree;
  WriteProject(tree);
  tree.Write("src/README.md", "# Credentials and their cache\nText.\n");
  const auto made = MakeQueries(tree.path(), {.corpus = tree.path()});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->by_category.size(), 3U);  // doc, readme, test
  const TempTree cache;
  const auto embedder = OpenEmbedder("models/sg-static-v1", {});
  ASSERT_TRUE(embedder.ok());
  const SpecCorpus& corpus = made->spec.corpora[0];
  const auto index = PrepareCorpus(corpus, **embedder, {.cache_dir = cache.path(), .threads = 1});
  ASSERT_TRUE(index.ok()) << index.status().message();
  const auto snapshot = Snapshot::Open(index->db_path);
  ASSERT_TRUE(snapshot.ok());
  std::string all;
  const auto files = (*snapshot)->Files();
  ASSERT_TRUE(files.ok());
  for (const FileRecord& file : *files) {
    for (const std::string& word : SplitWords(*(*snapshot)->FileText(file.id))) all += word + " ";
  }
  EXPECT_NE(all.find("class cache"), std::string::npos);  // code is there
  for (const SpecQuery& query : corpus.queries) {
    std::string text;
    for (const std::string& word : SplitWords(query.text)) text += word + " ";
    EXPECT_EQ(all.find(text), std::string::npos) << query.text;
  }
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

// What a commit did to files that are gone is answered nowhere; who names the file asks nothing.
TEST(MakeQueries, CommitsThatNoFileAnswersAreLeftOut) {
  const TempTree tree;
  WriteProject(tree);
  if (!Git(tree, "init -q")) GTEST_SKIP() << "no git";
  const auto commit = [&](const char* subject) {
    return Git(tree, "add -A") && Git(tree, std::string("commit -q -m '") + subject + "'");
  };
  tree.Write("old.py", "x = 1\n");
  tree.Write("src/cache.py", "class Cache:\n    x = 1\n");
  ASSERT_TRUE(commit("entries that are too old are thrown away"));
  tree.Write("src/cache.py", "class Cache:\n    x = 2\n");
  ASSERT_TRUE(commit("make cache.py forget its oldest entries"));
  tree.Write("src/cache.py", "class Cache:\n    x = 3\n");
  ASSERT_TRUE(commit("the oldest entries go first. (#17)"));
  ASSERT_TRUE(Git(tree, "rm -q old.py") && commit("nothing needs what was old"));
  const auto made = MakeQueries(tree.path(), {});
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(QueriesOf(*made, "commit"),
            std::set<std::string>{"the oldest entries go first -> src/cache.py"});
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
