#include "core/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "tests/temp_tree.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

// `-o /dev/null` by root put a regular file in the place of the device.
TEST(WriteNamedFile, WhatIsNoRegularFileIsWrittenToAndStays) {
  const TempTree tree;
  const std::string pipe = tree / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(WriteNamedFile(pipe, "report").ok());
  std::array<char, 16> bytes;
  EXPECT_EQ(::read(reader, bytes.data(), bytes.size()), 6);
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST(WriteNamedFile, LinksStayAndModesAreKept) {
  const TempTree tree;
  tree.Write("real/a.json", "old");
  fs::permissions(tree / "real/a.json", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real/a.json", tree / "link");
  ASSERT_TRUE(WriteNamedFile(tree / "link", "new").ok());
  EXPECT_TRUE(fs::is_symlink(tree / "link"));
  EXPECT_EQ(*ReadFile(tree / "real/a.json"), "new");
  EXPECT_EQ(fs::status(tree / "real/a.json").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(WriteNamedFile(tree / "fresh", "x").ok());
  EXPECT_EQ(*ReadFile(tree / "fresh"), "x");
  EXPECT_FALSE(WriteNamedFile(tree / "real", "x").ok());  // a folder
}

}  // namespace
}  // namespace sg
