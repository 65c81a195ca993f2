#include "extract/walker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/temp_tree.h"

namespace sg {
namespace {

using Paths = std::vector<std::string>;

class WalkerTest : public testing::Test {
 protected:
  WalkResult Walk(const WalkOptions& options = {}, const std::string& folder = "tree") {
    Result<WalkResult> result = WalkTree(tree_ / folder, options);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? std::move(result).value() : WalkResult();
  }
  Paths Files(const WalkOptions& options = {}, const std::string& folder = "tree") {
    Paths paths;
    for (const FileEntry& file : Walk(options, folder).files) paths.push_back(file.path);
    return paths;
  }
  void Write(const Paths& names) {
    for (const std::string& name : names) tree_.Write("tree/" + name);
  }
  void Link(const std::string& target, const std::string& name) {
    ASSERT_EQ(::symlink(target.c_str(), (tree_ / ("tree/" + name)).c_str()), 0);
  }
  // A chain of folders below tree/ with a file in the last one.
  void MakeDeep(const std::string& name, int depth) {
    int fd = ::open((tree_ / "tree").c_str(), O_RDONLY | O_DIRECTORY);
    for (; depth > 0 && fd >= 0; --depth) {
      ASSERT_EQ(::mkdirat(fd, name.c_str(), 0700), 0);
      const int next = ::openat(fd, name.c_str(), O_RDONLY | O_DIRECTORY);
      ::close(fd);
      fd = next;
    }
    ASSERT_GE(fd, 0);
    ::close(::openat(fd, "f", O_WRONLY | O_CREAT, 0600));
    ::close(fd);
  }
  static uint64_t Skipped(const WalkResult& result, SkipReason reason) {
    return result.skipped[static_cast<size_t>(reason)];
  }

  TempTree tree_;
  ScopedEnvironment home_{"HOME", tree_ / "home"};
  ScopedEnvironment xdg_{"XDG_CONFIG_HOME", std::nullopt};
  ScopedEnvironment system_{"GIT_CONFIG_NOSYSTEM", "1"};
};

TEST_F(WalkerTest, OrderIsBytewiseByComponent) {
  Write({"b", "a.txt", "a/z", "a/b/c", "a-", "Z", "\xC3\xA9", "\xFF\xFE", "a b", "a/b.c"});
  const Paths expected = {"Z",  "a/b/c", "a/b.c", "a/z",      "a b",
                          "a-", "a.txt", "b",     "\xC3\xA9", "\xFF\xFE"};
  EXPECT_EQ(Files(), expected);
  EXPECT_EQ(Files({.follow_symlinks = true}), expected);
}

TEST_F(WalkerTest, EntriesCarryTheirStat) {
  tree_.Write("tree/a", "12345");
  const WalkResult result = Walk();
  ASSERT_EQ(result.files.size(), 1u);
  struct stat info;
  ASSERT_EQ(::stat((tree_ / "tree/a").c_str(), &info), 0);
  EXPECT_EQ(result.files[0].size_bytes, 5u);
  EXPECT_EQ(result.files[0].inode, info.st_ino);
  EXPECT_EQ(result.files[0].mtime_ns,
            int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec);
  EXPECT_FALSE(result.files[0].explicitly_named);
}

TEST_F(WalkerTest, HiddenAndControlFolders) {
  Write({".hidden", ".dir/a", ".git/HEAD", ".hg/a", ".svn/a", ".sg/index.db", "a"});
  const WalkResult result = Walk();
  EXPECT_EQ(Files(), Paths{"a"});
  EXPECT_EQ(Skipped(result, SkipReason::kHidden), 6u);
  EXPECT_EQ(Files({.include_hidden = true}), (Paths{".dir/a", ".hidden", "a"}));
  EXPECT_EQ(Files({.use_ignore_files = false, .include_hidden = true}),
            (Paths{".dir/a", ".hidden", "a"}));
}

TEST_F(WalkerTest, GitignoreHoldsWithoutARepository) {
  tree_.Write("tree/.gitignore", "*.o\n/out/\n");
  tree_.Write("tree/sub/.gitignore", "!keep.o\n");
  Write({"a.o", "a.c", "out/x", "sub/out/x", "sub/keep.o", "sub/drop.o"});
  EXPECT_EQ(Files(), (Paths{"a.c", "sub/keep.o", "sub/out/x"}));
  EXPECT_EQ(Files({.use_ignore_files = false}),
            (Paths{"a.c", "a.o", "out/x", "sub/drop.o", "sub/keep.o", "sub/out/x"}));
  EXPECT_EQ(Skipped(Walk(), SkipReason::kIgnored), 3u);  // the folder out/ counts once
}

TEST_F(WalkerTest, NothingComesBackFromAnIgnoredFolder) {
  tree_.Write("tree/.gitignore", "out/\n!out/keep\n");
  tree_.Write("tree/out/.gitignore", "!*\n");
  Write({"out/keep", "a"});
  EXPECT_EQ(Files(), Paths{"a"});
}

TEST_F(WalkerTest, OwnIgnoreFilesAreStronger) {
  // .sgignore over .ignore over .gitignore, wherever they lie.
  tree_.Write("tree/.gitignore", "*.a\n*.b\n*.c\n");
  tree_.Write("tree/sub/.gitignore", "!*.d\n");
  tree_.Write("tree/.ignore", "!*.b\n!*.c\n*.d\n");
  tree_.Write("tree/.sgignore", "*.c\n");
  Write({"x.a", "x.b", "x.c", "sub/x.a", "sub/x.b", "sub/x.c", "sub/x.d"});
  EXPECT_EQ(Files(), (Paths{"sub/x.b", "x.b"}));
}

TEST_F(WalkerTest, NegatedOwnPatternsUnhide) {
  tree_.Write("tree/.sgignore", "!.github/\n!.env\n");
  tree_.Write("tree/.gitignore", "!.other\n");
  Write({".github/a", ".github/.b", ".env", ".other", "a"});
  EXPECT_EQ(Files(), (Paths{".env", ".github/a", "a"}));
}

TEST_F(WalkerTest, DependencyFolders) {
  Write({"node_modules/a", "sub/node_modules/a", "venv/a", "__pycache__/a", "target/a",
         "rust/Cargo.toml", "rust/target/a", "build/a", "dist/a", "sub/venv"});
  const Paths expected = {"build/a", "dist/a", "rust/Cargo.toml", "sub/venv", "target/a"};
  EXPECT_EQ(Files(), expected);
  tree_.Write("tree/sub/.sgignore", "!node_modules/\n");
  tree_.Write("tree/rust/.gitignore", "!target\n");
  EXPECT_EQ(Files(), (Paths{"build/a", "dist/a", "rust/Cargo.toml", "rust/target/a",
                            "sub/node_modules/a", "sub/venv", "target/a"}));
  EXPECT_EQ(Files({.use_ignore_files = false}).size(), 10u);
}

TEST_F(WalkerTest, IncludeAndExcludeGlobs) {
  tree_.Write("tree/.gitignore", "*.log\n");
  Write({"a.py", "a.c", "src/b.py", "src/c.rs", "docs/d.md", "docs/e.py", "x.log"});
  EXPECT_EQ(Files({.include = {"*.py"}}), (Paths{"a.py", "docs/e.py", "src/b.py"}));
  EXPECT_EQ(Files({.include = {"src/"}}), (Paths{"src/b.py", "src/c.rs"}));
  EXPECT_EQ(Files({.include = {"/*.py", "*.md"}}), (Paths{"a.py", "docs/d.md"}));
  EXPECT_EQ(Files({.include = {"*.py", "!/docs/"}}), (Paths{"a.py", "docs/e.py", "src/b.py"}));
  EXPECT_EQ(Files({.include = {"*.py", "!e.py"}}), (Paths{"a.py", "src/b.py"}));
  EXPECT_EQ(Files({.exclude = {"docs/", "*.rs"}}), (Paths{"a.c", "a.py", "src/b.py"}));
  EXPECT_EQ(Files({.include = {"*.py"}, .exclude = {"src"}}), (Paths{"a.py", "docs/e.py"}));
  EXPECT_EQ(Files({.include = {"*.log"}}), Paths{});  // including does not bring ignored files back
  EXPECT_EQ(Files({.use_ignore_files = false, .exclude = {"*.py", "*.c"}}),
            (Paths{"docs/d.md", "src/c.rs", "x.log"}));
}

TEST_F(WalkerTest, SymlinksAreCountedNotFollowed) {
  Write({"a", "dir/b"});
  Link("a", "link_file");
  Link("dir", "link_dir");
  Link("nowhere", "broken");
  EXPECT_EQ(Files(), (Paths{"a", "dir/b"}));
  EXPECT_EQ(Skipped(Walk(), SkipReason::kSymlink), 3u);
}

TEST_F(WalkerTest, FollowedLoopsEnd) {
  Write({"a", "dir/b", "dir/deep/c"});
  tree_.Write("outside/d");
  Link("dir", "alias");       // sorts before its target and still loses to it
  Link("..", "dir/deep/up");  // to the root's own child
  Link(".", "self");
  Link("../outside", "out");
  Link("loop", "loop");
  Link("a", "file");
  EXPECT_EQ(Files({.follow_symlinks = true}), (Paths{"a", "dir/b", "dir/deep/c", "file", "out/d"}));
  const WalkResult result = Walk({.follow_symlinks = true});
  EXPECT_EQ(Skipped(result, SkipReason::kSymlink), 4u);
}

TEST_F(WalkerTest, SpecialFilesAreCounted) {
  Write({"a"});
  ASSERT_EQ(::mkfifo((tree_ / "tree/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((tree_ / "tree/.gitignore").c_str(), 0600), 0);  // and must not block
  const WalkResult result = Walk({.include_hidden = true});
  EXPECT_EQ(result.files.size(), 1u);
  EXPECT_EQ(Skipped(result, SkipReason::kNotRegular), 2u);
}

TEST_F(WalkerTest, NestedRepositoriesFollowTheirOwnRules) {
  tree_.Write("tree/.git/HEAD", "ref: refs/heads/main\n");
  tree_.Write("tree/.gitignore", "*.outer\n/nested/x\n");
  tree_.Write("tree/nested/.git/HEAD", "ref: refs/heads/main\n");
  tree_.Write("tree/nested/.git/info/exclude", "*.inner\n");
  tree_.Write("tree/nested/.ignore", "*.own\n");
  tree_.Write("tree/module/.git", "gitdir: ../.git/modules/module\n");
  tree_.Write("tree/.git/modules/module/info/exclude", "*.module\n");
  Write({"a.outer", "a.inner", "nested/a.outer", "nested/a.inner", "nested/x", "nested/a.own",
         "module/a.outer", "module/a.module"});
  EXPECT_EQ(Files(), (Paths{"a.inner", "module/a.outer", "nested/a.outer", "nested/x"}));
}

TEST_F(WalkerTest, RulesAboveTheRoot) {
  tree_.Write("tree/.git/HEAD", "ref: refs/heads/main\n");
  tree_.Write("tree/.gitignore", "*.o\n/sub/top\nignored/\n");
  tree_.Write("tree/.sgignore", "!sub/keep.o\n");
  tree_.Write("tree/sub/.gitignore", "*.tmp\n");
  Write({"sub/a.o", "sub/keep.o", "sub/top", "sub/in/top", "sub/in/a.tmp", "sub/in/b",
         "ignored/a.o", "ignored/b"});
  EXPECT_EQ(Files({}, "tree/sub"), (Paths{"in/b", "in/top", "keep.o"}));
  EXPECT_EQ(Files({}, "tree/sub/in"), (Paths{"b", "top"}));
  EXPECT_EQ(Files({}, "tree/sub/in/"), (Paths{"b", "top"}));
  // Who names an ignored folder wants to see what is in it.
  EXPECT_EQ(Files({}, "tree/ignored"), (Paths{"a.o", "b"}));
}

TEST_F(WalkerTest, RefusesRootsThatAreTooWide) {
  tree_.Write("home/a");
  const Result<WalkResult> home = WalkTree(tree_ / "home/", {});
  ASSERT_FALSE(home.ok());
  EXPECT_EQ(home.status().code(), StatusCode::kInvalidArgument);
  EXPECT_NE(home.status().message().find("home directory"), std::string::npos);
  EXPECT_TRUE(WalkTree(tree_ / "home", {.force = true}).ok());
  EXPECT_EQ(WalkTree("/", {}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(WalkTree("/./usr/..", {}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(WalkTree(tree_ / "none", {}).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(WalkTree(tree_ / "home/a", {}).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(WalkTree("", {}).status().code(), StatusCode::kNotFound);
}

TEST_F(WalkerTest, UnreadableFoldersAreReported) {
  Write({"a", "closed/b"});
  ASSERT_EQ(::chmod((tree_ / "tree/closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod(tree_.path().c_str(), 0755), 0);
  // Permissions do not bind root: look with another user's eyes.
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(65534) == 0);
  const WalkResult result = Walk();
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  ASSERT_EQ(::chmod((tree_ / "tree/closed").c_str(), 0700), 0);
  EXPECT_EQ(result.files.size(), 1u);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0], "cannot open closed/: Permission denied");
}

// Deeper than a path may be long: the part that cannot be opened is an error, not a crash.
TEST_F(WalkerTest, FoldersDeeperThanPathMax) {
  Write({"a"});
  MakeDeep(std::string(100, 'd'), /*depth=*/60);
  const WalkResult result = Walk();
  EXPECT_EQ(result.files.size(), 1u);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_NE(result.errors[0].find("File name too long"), std::string::npos);
  EXPECT_EQ(Skipped(result, SkipReason::kUnreadable), 1u);
}

TEST_F(WalkerTest, ManyLevelsCostNoDescriptors) {
  Write({"a"});
  MakeDeep("d", /*depth=*/1500);
  const WalkResult result = Walk();
  EXPECT_TRUE(result.errors.empty());
  ASSERT_EQ(result.files.size(), 2u);
  EXPECT_EQ(result.files[1].path.size(), 2 * 1500 + 1u);
}

}  // namespace
}  // namespace sg
