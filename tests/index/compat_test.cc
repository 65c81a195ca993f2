// Indexes of each format, kept in tests/compat: a readable one gives what was put in, an older one
// is left alone by readers and made anew by the next writer.

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

// The file that index_v1.db is of, and its index.
class OldIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    tree_.Write("hello.py", "def greet(name):\n    return \"hello \" + name\n");
    std::filesystem::create_directories(tree_ / ".sg");
    std::filesystem::copy_file("tests/compat/index_v1.db", options_.db_path);
  }

  TempTree tree_;
  IndexOptions options_ = OptionsFor(tree_);
};

TEST_F(OldIndexTest, Format1IsLeftAloneByReaders) {
  ASSERT_EQ(Version(options_.db_path), 1);
  const auto snapshot = Snapshot::Open(options_.db_path);
  EXPECT_EQ(snapshot.status().code(), StatusCode::kNotFound);
  EXPECT_NE(snapshot.status().message().find("sg index"), std::string::npos);
  EXPECT_FALSE(SpaceReader::Open(options_.db_path).ok());
  EXPECT_EQ(Version(options_.db_path), 1);
}

TEST_F(OldIndexTest, Format1IsMadeAnewByTheNextRun) {
  const IndexSummary summary = MustUpdate(options_);
  EXPECT_EQ(summary.files_added, 1u);
  EXPECT_EQ(Version(options_.db_path), kFormatVersion);
  const auto snapshot = MustOpen(options_.db_path);
  const auto file = snapshot->FindFile("hello.py");
  ASSERT_TRUE(file.ok() && file->has_value());
  EXPECT_EQ(*snapshot->FileText(**file), "def greet(name):\n    return \"hello \" + name\n");
  const auto reader = SpaceReader::Open(options_.db_path);
  ASSERT_TRUE(reader.ok()) << reader.status().message();
  EXPECT_TRUE((*reader)->spaces().empty());
}

TEST_F(OldIndexTest, Format1TakesSpaces) {
  const auto writer = SpaceWriter::Open(options_.db_path);
  ASSERT_TRUE(writer.ok()) << writer.status().message();
  EXPECT_TRUE((*writer)->Spaces()->empty());
}

TEST(CompatTest, Format3Opens) {
  const TempTree folder;
  std::filesystem::copy_file("tests/compat/index_v3.db", folder / "index.db");
  const auto snapshot = MustOpen(folder / "index.db");
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(Version(folder / "index.db"), 3);
  EXPECT_EQ(snapshot->counts().files, 2u);
  EXPECT_GT(snapshot->finished_at_ms(), 0);
  const auto facts = Describe(*snapshot, {"=parserequest"});
  EXPECT_TRUE(facts.contains("vector 0 net/parser.py#0"));
  EXPECT_TRUE(facts.contains("vector 1 net/server.py"));
  EXPECT_EQ(facts.at("term =parserequest").find("net/parser.py#0="), 0u);
  EXPECT_NE(facts.at("term =parserequest").find("net/server.py#0="), std::string::npos);
  const auto id = snapshot->FindFile("net/server.py");
  ASSERT_TRUE(id.ok() && id->has_value());
  const auto text = snapshot->FileText(**id);
  ASSERT_TRUE(text.ok());
  EXPECT_NE(text->find("class HTTPServer:"), std::string::npos);
  const auto hits = snapshot->FindSymbol("httpserver");
  ASSERT_TRUE(hits.ok());
  ASSERT_EQ(hits->size(), 1u);
  EXPECT_EQ(hits->front().file, **id);
  const std::vector<std::vector<std::string>> literals = {{"RequestParser"}};
  const auto files = snapshot->FilesWithLiterals(literals);
  ASSERT_TRUE(files.ok() && files->has_value());
  EXPECT_GE((*files)->size(), 1u);
}

}  // namespace
}  // namespace sg
