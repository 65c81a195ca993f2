// Ignore rules against the real git: a table of the tricky cases and random trees, each compared
// with `git ls-files --others --exclude-standard`. Without git the table still runs.

#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "extract/git_layout.h"
#include "extract/ignore_rules.h"
#include "extract/walker.h"
#include "tests/temp_tree.h"

namespace sg {
namespace {

struct PatternCase {
  const char* patterns;  // an ignore file
  const char* path;      // ends with '/' for a directory
  IgnoreDecision decision;
};

constexpr auto kNone = IgnoreDecision::kNone;
constexpr auto kIgnore = IgnoreDecision::kIgnore;
constexpr auto kInclude = IgnoreDecision::kInclude;

TEST(IgnoreListTest, TrickyCases) {
  const PatternCase kCases[] = {
      // Anchoring.
      {"foo", "foo", kIgnore},
      {"foo", "a/b/foo", kIgnore},
      {"foo", "foobar", kNone},
      {"/foo", "foo", kIgnore},
      {"/foo", "a/foo", kNone},
      {"a/foo", "a/foo", kIgnore},
      {"a/foo", "b/a/foo", kNone},
      {"*.o", "a/x.o", kIgnore},
      {"/*.o", "a/x.o", kNone},
      {"a/*.o", "a/b/x.o", kNone},
      {"//foo", "foo", kNone},
      // Directories only.
      {"foo/", "foo", kNone},
      {"foo/", "foo/", kIgnore},
      {"foo/", "a/foo/", kIgnore},
      {"a/foo/", "b/a/foo/", kNone},
      {"/", "a", kNone},
      {"*/", "a", kNone},
      {"*/", "a/", kIgnore},
      // Negation: the last match decides.
      {"*.o\n!a.o", "a.o", kInclude},
      {"!a.o\n*.o", "a.o", kIgnore},
      {"\\!a", "!a", kIgnore},
      {"!!a", "!a", kInclude},
      {"!", "!", kNone},
      // Comments, spaces, line ends.
      {"#a", "#a", kNone},
      {"\\#a", "#a", kIgnore},
      {" #a", " #a", kIgnore},
      {"a   ", "a", kIgnore},
      {"a\\  ", "a ", kIgnore},
      {"a\\ b", "a b", kIgnore},
      {"a\t", "a", kNone},
      {"a\t", "a\t", kIgnore},
      {"a\r\nb\r\n", "a", kIgnore},
      {"a\r\nb\r\n", "b", kIgnore},
      {"a\nb", "b", kIgnore},
      {"\xEF\xBB\xBF"
       "a",
       "a", kIgnore},
      {"   ", " ", kNone},
      {"\\", "\\", kNone},
      {"a\\", "a\\", kNone},
      {"a\\\\", "a\\", kIgnore},
      // One star and question mark stay within a component.
      {"a*b", "ab", kIgnore},
      {"a*b", "axxb", kIgnore},
      {"x/a*b", "x/a/b", kNone},
      {"x/?", "x/y", kIgnore},
      {"x?y", "x/y", kNone},
      {"a*b*c", "aXbXbXc", kIgnore},
      {"\\*", "*", kIgnore},
      {"\\*", "a", kNone},
      // Two stars.
      {"**", "a/b", kIgnore},
      {"**/", "a", kNone},
      {"**/a", "a", kIgnore},
      {"**/a", "x/y/a", kIgnore},
      {"**/a/b", "a/b", kIgnore},
      {"**/a/b", "x/a/b", kIgnore},
      {"**/a/b", "xa/b", kNone},
      {"a/**", "a", kNone},
      {"a/**", "a/b/c", kIgnore},
      {"a/**/b", "a/b", kIgnore},
      {"a/**/b", "a/x/y/b", kIgnore},
      {"a/**/b", "ab", kNone},
      {"a/**b", "a/xb", kIgnore},
      {"a/**b", "a/x/b", kNone},
      {"a**/b", "a/x/b", kIgnore},  // git matches "**/b" on its own behind the literal "a"
      {"a**/b", "axb", kNone},
      {"**/a/**/b", "x/a/a/y/b", kIgnore},
      {"/**/b", "b", kIgnore},
      {"a/***/b", "a/x/y/b", kIgnore},
      // Sets.
      {"[ab]", "a", kIgnore},
      {"[ab]", "c", kNone},
      {"[a-c]x", "bx", kIgnore},
      {"[!a]", "b", kIgnore},
      {"[^a]", "a", kNone},
      {"[]]", "]", kIgnore},
      {"[]-]", "-", kIgnore},
      {"[!]]", "a", kIgnore},
      {"[a-]", "-", kIgnore},
      {"[\\]]", "]", kIgnore},
      {"[[:digit:]]", "7", kIgnore},
      {"[[:digit:]]", "d", kNone},
      {"[[:nope:]]", "n", kNone},
      {"[[:digit]", ":", kIgnore},
      {"[a", "[a", kNone},
      {"[z-a]", "z", kIgnore},  // an empty range, but its first byte counts by itself
      {"[z-a]", "m", kNone},
      {"x[/]y", "x/y", kNone},
      {"x[!a]y", "x/y", kNone},
      // Bytes that are no UTF-8.
      {"\xFF*", "\xFF\xFE", kIgnore},
      {"[\x80-\xFF]", "\xC3", kIgnore},
  };
  for (const PatternCase& test : kCases) {
    std::string_view path = test.path;
    const bool is_directory = path.ends_with('/');
    if (is_directory) path.remove_suffix(1);
    EXPECT_EQ(IgnoreList(std::string_view(test.patterns)).Match(path, is_directory), test.decision)
        << "patterns \"" << test.patterns << "\" path \"" << test.path << '"';
  }
}

TEST(IgnoreListTest, HostilePatternsTakeBoundedTime) {
  std::string stars, dirs;
  for (int i = 0; i < 1000; ++i) {
    stars += "*a";
    dirs += "**/a*/";
  }
  const std::string name(255, 'a');
  std::string deep;
  while (deep.size() < 3800) deep += "aaaaaaaaaaaaaaaaaaa/";
  deep += "b";
  EXPECT_EQ(IgnoreList(std::string_view(stars + "b")).Match(name, false), kNone);
  EXPECT_EQ(IgnoreList(std::string_view("**/" + stars + "b")).Match(deep, false), kNone);
  EXPECT_EQ(IgnoreList(std::string_view(dirs.substr(0, 4000) + "c")).Match(deep, false), kNone);
}

// A git repository whose user and system configuration are the test's own.
class IgnoreGitTest : public testing::Test {
 protected:
  void SetUp() override {
    tree_.Write("home/.gitconfig",
                "[core]\n\texcludesFile = \"" + (tree_ / "home/global") + "\"\n");
    if (Git("init -q .", "work") == std::nullopt) GTEST_SKIP() << "no git program here";
  }

  // The output of git in `folder`; nullopt if it fails.
  std::optional<std::string> Git(const std::string& arguments, const std::string& folder) {
    tree_.Write(folder + "/");
    const std::string command =
        "cd '" + (tree_ / folder) + "' && git " + arguments + " 2>/dev/null";
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return std::nullopt;
    std::string output;
    char buffer[4096];
    for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) output.append(buffer, n);
    if (::pclose(pipe) != 0) return std::nullopt;
    return output;
  }

  std::set<std::string> GitFiles(const std::string& folder) {
    std::set<std::string> files;
    const std::string output = Git("ls-files -co --exclude-standard -z", folder).value_or("");
    for (size_t at = 0; at < output.size();) {
      const size_t end = output.find('\0', at);
      files.insert(output.substr(at, end - at));
      at = end + 1;
    }
    return files;
  }

  std::set<std::string> WalkedFiles(const std::string& folder) {
    Result<WalkResult> result = WalkTree(tree_ / folder, {.include_hidden = true});
    EXPECT_TRUE(result.ok()) << result.status().message();
    EXPECT_TRUE(result->errors.empty()) << result->errors[0];
    std::set<std::string> files;
    for (const FileEntry& file : result->files) files.insert(file.path);
    return files;
  }

  void ExpectSame(const std::string& folder) {
    EXPECT_EQ(WalkedFiles(folder), GitFiles(folder)) << "in " << folder;
  }

  TempTree tree_;
  ScopedEnvironment home_{"HOME", tree_ / "home"};
  ScopedEnvironment xdg_{"XDG_CONFIG_HOME", std::nullopt};
  ScopedEnvironment system_{"GIT_CONFIG_NOSYSTEM", "1"};
  ScopedEnvironment global_{"GIT_CONFIG_GLOBAL", std::nullopt};
};

TEST_F(IgnoreGitTest, PlacesOfRules) {
  tree_.Write("home/global", "*.glob\n/anchored\n*.order\n");
  tree_.Write("work/.git/info/exclude", "*.info\n!b.order\n");
  tree_.Write("work/.gitignore", "*.log\n!keep.log\n/out/*\n!/out/keep/\nsecret/\n/sub/deep/x\n");
  tree_.Write("work/sub/.gitignore", "!*.log\nlocal\n/top\n!c.order\n");
  tree_.Write("work/secret/.gitignore", "!*\n");
  for (const char* name :
       {"a.log",     "keep.log",     "out/a",        "out/keep/a",   "secret/a",     "sub/a.log",
        "sub/local", "sub/x/local",  "sub/top",      "sub/x/top",    "a.info",       "a.glob",
        "anchored",  "sub/anchored", "sub/secret/a", "sub/deep/x",   "sub/deep/y",   "a.order",
        "b.order",   "sub/c.order",  "d e f",        "sub/\xFF\xFE", "sub/new\nline"}) {
    tree_.Write(std::string("work/") + name);
  }
  EXPECT_EQ(GitFiles("work").count("sub/a.log"), 1u);
  ExpectSame("work");
  ExpectSame("work/sub");
  ExpectSame("work/sub/deep");
}

TEST_F(IgnoreGitTest, ExcludesFileByDefaultPlaceAndInclude) {
  tree_.Write("work/a.one");
  tree_.Write("work/a.two");
  tree_.Write("work/a.three");
  tree_.Write("home/.gitconfig", "# nothing here\n");
  tree_.Write("home/.config/git/ignore", "*.one\n");
  ExpectSame("work");
  EXPECT_EQ(WalkedFiles("work"), (std::set<std::string>{"a.two", "a.three"}));
  tree_.Write("xdg/git/ignore", "*.two\n");
  {
    const ScopedEnvironment xdg("XDG_CONFIG_HOME", tree_ / "xdg");
    ExpectSame("work");
    EXPECT_EQ(WalkedFiles("work").count("a.two"), 0u);
  }
  tree_.Write("home/.gitconfig", "[user]\n name = \"a # b\" ; c\n[include]\n path = more.inc\n");
  tree_.Write("home/more.inc", "[CORE]\n excludesfile = ~/three\n");
  tree_.Write("home/three", "*.three\n");
  ExpectSame("work");
  EXPECT_EQ(WalkedFiles("work"), (std::set<std::string>{"a.one", "a.two"}));
  // The repository's own configuration is stronger.
  ASSERT_TRUE(Git("config core.excludesFile '~/.config/git/ignore'", "work").has_value());
  ExpectSame("work");
  EXPECT_EQ(WalkedFiles("work").count("a.one"), 0u);
}

TEST_F(IgnoreGitTest, LinkedWorkTreesShareInfoExclude) {
  tree_.Write("work/file");
  ASSERT_TRUE(Git("add file", "work").has_value());
  ASSERT_TRUE(Git("-c user.name=a -c user.email=a@b commit -q -m first", "work").has_value());
  ASSERT_TRUE(Git("worktree add -q ../linked", "work").has_value());
  tree_.Write("work/.git/info/exclude", "*.info\n");
  tree_.Write("linked/a.info");
  tree_.Write("linked/b");
  std::set<std::string> expected = GitFiles("linked");
  expected.erase(".git");
  EXPECT_EQ(WalkedFiles("linked"), expected);
  EXPECT_EQ(expected, (std::set<std::string>{"b", "file"}));
}

// Random names and patterns out of few pieces, so that they meet often.
class RandomTree {
 public:
  explicit RandomTree(unsigned seed) : random_(seed) {}

  std::string Name() {
    return Pick({"a",   "b",  "ab",       "ba",       "a.b", "foo",  "bar", "foobar",
                 "a b", "b ", "#a",       "!b",       "a*",  "[a]",  "\\a", "-",
                 "]",   "A",  "\xFF\xFE", "\xC3\xA9", ".h",  "a\nb", "7"});
  }
  std::string Pattern() {
    std::string pattern;
    if (Chance(25)) pattern += "!";
    if (Chance(20)) pattern += "/";
    for (int n = 1 + Below(5); n > 0; --n) {
      pattern +=
          Chance(45)
              ? Name()
              : Pick({"*",          "*",       "**",   "?",    "/",      "/",     "**/",
                      "/**",        "/**/",    "[ab]", "[!a]", "[^b-z]", "[a-f]", "[[:alpha:]]",
                      "[[:digit:]", "[[:x:]]", "[]a]", "[a",   "\\",     "\\ ",   "***",
                      "**\\/",      "]",       "[/a]", " ",    "o*",     "*b"});
    }
    if (Chance(25)) pattern += "/";
    if (Chance(10)) pattern += "  ";
    return pattern;
  }
  std::string IgnoreFile() {
    std::string content = Chance(5) ? "\xEF\xBB\xBF" : "";
    for (int n = 1 + Below(5); n > 0; --n) content += Pattern() + (Chance(10) ? "\r\n" : "\n");
    if (Chance(20)) content.pop_back();
    return content;
  }
  // Files of one case, relative to its folder.
  std::map<std::string, std::string> Files() {
    std::map<std::string, std::string> files;
    for (int n = 6 + Below(10); n > 0; --n) {
      std::string folder;
      for (int depth = Below(4); depth > 0; --depth) folder += Name() + "/";
      files[folder + Name()] = "";
      if (Chance(20)) files[folder + ".gitignore"] = IgnoreFile();
    }
    files[".gitignore"] = IgnoreFile();
    return files;
  }
  bool Chance(int percent) { return Below(100) < percent; }

 private:
  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string Pick(std::initializer_list<const char*> words) {
    return words.begin()[Below(static_cast<int>(words.size()))];
  }
  std::mt19937 random_;
};

std::string CaseOf(const std::string& path) { return path.substr(0, path.find('/')); }

std::map<std::string, std::set<std::string>> ByCase(const std::set<std::string>& files) {
  std::map<std::string, std::set<std::string>> cases;
  for (const std::string& file : files) cases[CaseOf(file)].insert(file);
  return cases;
}

TEST_F(IgnoreGitTest, RandomTreesGiveWhatGitGives) {
  constexpr int kCasesPerRound = 100;  // one folder each, so that one call of git compares them all
  const char* wanted = std::getenv("SG_RANDOM_CASES");
  const int rounds = (wanted != nullptr ? std::atoi(wanted) : 800) / kCasesPerRound;
  const char* seed_text = std::getenv("SG_RANDOM_SEED");
  const unsigned seed = seed_text != nullptr ? static_cast<unsigned>(std::atoi(seed_text)) : 1;
  size_t written = 0, kept = 0;
  for (int round = 0; round < rounds; ++round) {
    std::filesystem::remove_all(tree_ / "work");
    ASSERT_TRUE(Git("init -q .", "work").has_value());
    RandomTree random(seed * 1'000'003u + static_cast<unsigned>(round));
    tree_.Write("work/.git/info/exclude", random.Chance(30) ? random.IgnoreFile() : "");
    tree_.Write("home/global", random.Chance(30) ? random.IgnoreFile() : "");
    std::map<std::string, std::string> rules;  // of each case, for the message
    for (int i = 0; i < kCasesPerRound; ++i) {
      const std::string name = "case" + std::to_string(i);
      for (const auto& [path, content] : random.Files()) {
        tree_.Write("work/" + name + "/" + path, content);
        ++written;
        if (path.ends_with(".gitignore")) rules[name] += "--- " + path + "\n" + content + "\n";
      }
    }
    const std::set<std::string> from_git = GitFiles("work");
    kept += from_git.size();
    auto expected = ByCase(from_git);
    auto actual = ByCase(WalkedFiles("work"));
    for (const auto& [name, text] : rules) {
      EXPECT_EQ(actual[name], expected[name]) << "round " << round << "\n" << text;
      if (HasFailure()) return;
    }
  }
  // The random patterns must neither miss everything nor hit everything.
  EXPECT_GT(kept, written / 5);
  EXPECT_LT(kept, written - written / 5);
}

TEST(GitConfigTest, Values) {
  const std::pair<const char*, const char*> kCases[] = {
      {"[core]\nexcludesFile = /a/b\n", "/a/b"},
      {"[Core]\n\tEXCLUDESFILE=/a b \t# c\n", "/a b"},
      {"[core] excludesfile = \"/a;b\" ; c", "/a;b"},
      {"[core]\nexcludesfile = /a\\\nb\n", "/ab"},
      {"[core]\nexcludesfile = \"a\\\"b\\\\c\\td\"\n", "a\"b\\c\td"},
      {"[core]\nexcludesfile = a\n[core]\nexcludesfile = b\n", "b"},
      {"[core \"sub\"]\nexcludesfile = a\n", "(none)"},
      {"[core]\n# excludesfile = a\n", "(none)"},
      {"[core\nexcludesfile = a\n", "(none)"},
      {"[core]\nexcludesfile\n", "(none)"},
      {"[core]\nexcludesfile =\n", ""},
      {"excludesfile = a", "(none)"},
      {"", "(none)"},
  };
  for (const auto& [text, expected] : kCases) {
    EXPECT_EQ(GitConfigValue(text, "core", "excludesfile").value_or("(none)"), expected) << text;
  }
}

}  // namespace
}  // namespace sg
