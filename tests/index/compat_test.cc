// Indexes written by older formats, kept in tests/compat: they are read as they are, and the next
// writer brings them up to date.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>

#include "index/store/database_format.h"
#include "index/store/space_store.h"
#include "tests/index/index_fixture.h"

namespace sg {
namespace {

int Version(const std::string& db_path) {
  sqlite3* handle = nullptr;
  int version = -1;
  EXPECT_EQ(sqlite3_open(db_path.c_str(), &handle), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &statement, nullptr);
  if (sqlite3_step(statement) == SQLITE_ROW) version = sqlite3_column_int(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
  return version;
}

void ExpectContent(const std::string& db_path) {
  const auto snapshot = MustOpen(db_path);
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->counts().files, 1u);
  const auto file = snapshot->FindFile("hello.py");
  ASSERT_TRUE(file.ok() && file->has_value());
  EXPECT_EQ(*snapshot->FileText(**file), "def greet(name):\n    return \"hello \" + name\n");
  EXPECT_EQ(snapshot->FindSymbol("greet")->size(), 1u);
}

TEST(Compat, Format1IsReadAndMigrated) {
  TemporaryFolder folder;
  const std::string db_path = folder.Path("index.db");
  std::filesystem::copy_file("tests/compat/index_v1.db", db_path);
  ASSERT_EQ(Version(db_path), 1);
  ExpectContent(db_path);
  {
    const auto reader = SpaceReader::Open(db_path);
    ASSERT_TRUE(reader.ok()) << reader.status().message();
    EXPECT_TRUE((*reader)->spaces().empty());
  }
  EXPECT_EQ(Version(db_path), 1);  // reading changes nothing
  {
    const auto writer = SpaceWriter::Open(db_path);
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    EXPECT_TRUE((*writer)->Spaces()->empty());
  }
  EXPECT_EQ(Version(db_path), kFormatVersion);
  ExpectContent(db_path);
}

}  // namespace
}  // namespace sg
