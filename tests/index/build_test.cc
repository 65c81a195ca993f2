// UpdateIndex from files to a searchable index, and updates of it.

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "core/text/words.h"
#include "index/build/change_plan.h"
#include "index/build/row_terms.h"
#include "tests/index/index_fixture.h"

namespace sg {
namespace {

constexpr char kParser[] =
    "# Parses requests.\n"
    "def parse_request(line):\n"
    "    token = next_token(line)\n"
    "    return RequestParser(token)\n";
constexpr char kServer[] =
    "import parser\n\n"
    "class HTTPServer:\n"
    "    def accept_connection(self):\n"
    "        return parser.parse_request(self.read_line())\n";
const std::vector<std::string> kTerms = {"pars",        "=parserequest", "=parser", "server",
                                         "=httpserver", "net",           "token",   "connect"};

class BuildTest : public testing::Test {
 protected:
  void SetUp() override {
    tree_.Write("net/parser.py", kParser);
    tree_.Write("net/server.py", kServer);
  }
  std::map<std::string, std::string> DescribeIndex() const {
    return Describe(*MustOpen(options_.db_path), kTerms);
  }
  // What an index of the tree as it is now would be, made from nothing.
  std::map<std::string, std::string> DescribeFresh() const {
    const TempTree other;
    IndexOptions options = options_;
    options.db_path = other / "fresh.db";
    MustUpdate(options);
    return Describe(*MustOpen(options.db_path), kTerms);
  }

  TempTree tree_;
  IndexOptions options_ = OptionsFor(tree_);
};

TEST_F(BuildTest, IndexesATree) {
  const IndexSummary summary = MustUpdate(options_);
  EXPECT_EQ(summary.files_total, 2u);
  EXPECT_EQ(summary.files_added, 2u);
  EXPECT_GT(summary.chunks_total, 1u);
  EXPECT_EQ(summary.bytes_indexed, sizeof(kParser) + sizeof(kServer) - 2);
  const auto snapshot = MustOpen(options_.db_path);
  const auto file = snapshot->FindFile("net/parser.py");
  ASSERT_TRUE(file.ok() && file->has_value());
  EXPECT_EQ(*snapshot->FileText(**file), kParser);
  const auto record = snapshot->File(**file);
  ASSERT_TRUE(record.ok());
  EXPECT_EQ(record->language, "python");
  EXPECT_EQ(record->mention_count, 1u);  // "parser" is an identifier of server.py only
  const auto hits = snapshot->FindSymbol("parserequest");
  ASSERT_TRUE(hits.ok());
  ASSERT_EQ(hits->size(), 1u);
  EXPECT_EQ(hits->front().file, **file);
  EXPECT_EQ(hits->front().kind, DefinitionKind::kFunction);
  EXPECT_GT(snapshot->finished_at_ms(), 0);
}

TEST_F(BuildTest, WeighsTermsByColumn) {
  MustUpdate(options_);
  const auto snapshot = MustOpen(options_.db_path);
  std::map<std::string, float> weights;
  for (const char* term : {"pars", "parser", "net", "=net", "token", "=parserequest"}) {
    const auto file = *snapshot->FindFile("net/parser.py");
    std::vector<TermPosting> postings;
    ASSERT_TRUE(snapshot->ReadPostings(term, &postings).ok());
    for (const TermPosting& posting : postings) {
      if (*snapshot->FileOfChunk(posting.chunk) == *file) weights[term] = posting.weighted_tf;
    }
  }
  // "Parses" and parse_request in the text (1 each), parse_request as a definition (2).
  EXPECT_EQ(weights["pars"], 4);
  EXPECT_EQ(weights["parser"], 6);  // the stem (5) and RequestParser
  EXPECT_EQ(weights["net"], 2);     // a folder
  EXPECT_EQ(weights["=net"], 2);
  EXPECT_EQ(weights["token"], 3);
  EXPECT_EQ(weights["=parserequest"], 3);
}

TEST_F(BuildTest, SecondRunDoesNothing) {
  MustUpdate(options_);
  const auto before = DescribeIndex();
  // Files as young as these may change within the clock's tick: they are compared once more.
  MustUpdate(options_);
  const IndexSummary summary = MustUpdate(options_);
  EXPECT_EQ(summary.files_unchanged, 2u);
  EXPECT_EQ(summary.files_added + summary.files_changed + summary.files_removed, 0u);
  EXPECT_EQ(DescribeIndex(), before);
}

TEST_F(BuildTest, FollowsChanges) {
  MustUpdate(options_);
  tree_.Write("net/parser.py", "def tokenize(text):\n    return text.split()\n");
  tree_.Write("util/parser_test.py", "import parser\nassert parser\n");
  tree_.Remove("net/server.py");
  const IndexSummary summary = MustUpdate(options_);
  EXPECT_EQ(summary.files_added, 1u);
  EXPECT_EQ(summary.files_changed, 1u);
  EXPECT_EQ(summary.files_removed, 1u);
  EXPECT_EQ(DescribeIndex(), DescribeFresh());
}

TEST_F(BuildTest, RenamesKeepContent) {
  MustUpdate(options_);
  std::filesystem::rename(tree_ / "net/parser.py", tree_ / "net/reader.py");
  MustUpdate(options_);
  EXPECT_EQ(DescribeIndex(), DescribeFresh());
}

TEST_F(BuildTest, SameSizeAndTimeWithinTheTickIsNoticed) {
  MustUpdate(options_);
  std::string other = kParser;
  other.replace(other.find("token"), 5, "bread");
  tree_.Write("net/parser.py", other);
  MustUpdate(options_);
  EXPECT_EQ(DescribeIndex(), DescribeFresh());
}

TEST(RecordedTimeTest, YoungFilesAreUncertain) {
  constexpr int64_t kNow = 1'700'000'000'123'456'789;
  EXPECT_EQ(RecordedTime(kNow - 1'000'000, kNow), kUncertainTime);
  EXPECT_EQ(RecordedTime(kNow + 5'000'000'000, kNow), kUncertainTime);
  EXPECT_EQ(RecordedTime(kNow - 1'000'000'000, kNow), kNow - 1'000'000'000);
  constexpr int64_t kWholeSecond = 1'700'000'000'000'000'000;
  EXPECT_EQ(RecordedTime(kWholeSecond, kWholeSecond + 1'500'000'000), kUncertainTime);
}

TEST_F(BuildTest, StaleReportCounts) {
  MustUpdate(options_);
  MustUpdate(options_);  // settles uncertain times once they have aged
  const auto snapshot = MustOpen(options_.db_path);
  tree_.Write("net/new.py", "x = 1\n");
  tree_.Remove("net/server.py");
  const auto report = CheckStale(*snapshot, options_.walk);
  ASSERT_TRUE(report.ok()) << report.status().message();
  EXPECT_EQ(report->added, 1u);
  EXPECT_EQ(report->removed, 1u);
  EXPECT_TRUE(report->stale());
}

TEST_F(BuildTest, SkippedFilesAreNotReadAgain) {
  tree_.Write("logo.py", std::string("\x7f"
                                     "ELF\0\0\0\0\0\1\2\3",
                                     12));
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  const IndexSummary first = MustUpdate(options_);
  EXPECT_EQ(first.skipped[static_cast<size_t>(SkipReason::kBinary)], 1u);
  const auto snapshot = MustOpen(options_.db_path);
  const auto report = CheckStale(*snapshot, options_.walk);
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->stale());
  const IndexSummary second = MustUpdate(options_);
  EXPECT_EQ(second.skipped[static_cast<size_t>(SkipReason::kBinary)], 1u);
}

TEST_F(BuildTest, ChangedSettingsRebuild) {
  MustUpdate(options_);
  options_.walk.exclude = {"server.py"};
  const IndexSummary summary = MustUpdate(options_);
  EXPECT_TRUE(summary.rebuilt);
  EXPECT_EQ(summary.files_total, 1u);
  EXPECT_EQ(DescribeIndex(), DescribeFresh());
}

TEST_F(BuildTest, FindsIndexFromSubfolders) {
  MustUpdate(options_);
  const auto root = FindIndexRoot(tree_ / "net");
  ASSERT_TRUE(root.ok()) << root.status().message();
  EXPECT_EQ(std::filesystem::canonical(*root), std::filesystem::canonical(tree_.path()));
  std::filesystem::create_directories(tree_ / ".git");
  EXPECT_EQ(std::filesystem::canonical(FindProjectRoot(tree_ / "net")),
            std::filesystem::canonical(tree_.path()));
}

TEST_F(BuildTest, CancelKeepsWhatIsDone) {
  const std::atomic<bool> cancel = true;
  options_.cancel = &cancel;
  EXPECT_EQ(UpdateIndex(options_, BundledEmbedder()).status().code(), StatusCode::kCancelled);
  options_.cancel = nullptr;
  MustUpdate(options_);
  EXPECT_EQ(DescribeIndex(), DescribeFresh());
}

TEST_F(BuildTest, TinyMemoryIsEnough) {
  for (int i = 0; i < 50; ++i) {
    tree_.Write("many/f" + std::to_string(i) + ".py", kServer + std::string(500, '#'));
  }
  options_.max_memory_bytes = 1;
  EXPECT_EQ(MustUpdate(options_).files_total, 52u);
  EXPECT_EQ(DescribeIndex(), DescribeFresh());
}

TEST_F(BuildTest, DatabaseIsPrivateAndIgnoredByGit) {
  MustUpdate(options_);
  struct stat info;
  ASSERT_EQ(stat(options_.db_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  std::ifstream ignore(tree_ / ".sg/.gitignore");
  std::string line;
  std::getline(ignore, line);
  EXPECT_EQ(line, "*");
}

TEST(LastFoldersTest, AreAtMostThree) {
  EXPECT_EQ(LastFolders("a.py"), "");
  EXPECT_EQ(LastFolders("x/a.py"), "x");
  EXPECT_EQ(LastFolders("v/w/x/y/a.py"), "w x y");
}

}  // namespace
}  // namespace sg
