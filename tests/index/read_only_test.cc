// An index in a folder in which nothing can be written.

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/index/index_fixture.h"

namespace sg {
namespace {

constexpr uid_t kNobody = 65534;

// What the child process that may not write finds.
enum ChildResult : int { kFine = 0, kCannotDropRights = 1, kCannotRead = 2, kCouldWrite = 3 };

ChildResult ReadAndTryToWrite(const IndexOptions& options, const Embedder& embedder) {
  if (geteuid() == 0 && setuid(kNobody) != 0) return kCannotDropRights;
  {
    const auto snapshot = Snapshot::Open(options.db_path);
    if (!snapshot.ok() || (*snapshot)->counts().files != 1) return kCannotRead;
    const auto file = (*snapshot)->FindFile("a.py");
    if (!file.ok() || !*file || !(*snapshot)->FileText(**file).ok()) return kCannotRead;
  }
  const auto updated = UpdateIndex(options, embedder);
  if (updated.ok()) return kCouldWrite;
  return Snapshot::Open(options.db_path).ok() ? kFine : kCannotRead;
}

TEST(ReadOnlyTest, SearchesReadAndIndexingFailsCleanly) {
  const TempTree tree;
  tree.Write("a.py", "def read_only():\n    return 1\n");
  const IndexOptions options = OptionsFor(tree);
  MustUpdate(options);
  const std::string folder = tree / ".sg";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    ASSERT_EQ(chmod(entry.path().c_str(), 0444), 0);
  }
  ASSERT_EQ(chmod(tree.path().c_str(), 0555), 0);
  ASSERT_EQ(chmod(folder.c_str(), 0555), 0);
  const pid_t child = fork();
  if (child == 0) _exit(ReadAndTryToWrite(options, BundledEmbedder()));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);  // so that it can be removed
  ASSERT_EQ(chmod(tree.path().c_str(), 0755), 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotDropRights) GTEST_SKIP() << "root that may not drop its rights";
  EXPECT_EQ(WEXITSTATUS(status), kFine);
}

}  // namespace
}  // namespace sg
