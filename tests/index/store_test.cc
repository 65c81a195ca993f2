// Codecs and the database by themselves: round trips, damage, foreign files, compaction.

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <random>

#include "core/base/file.h"
#include "index/store/encoded_file.h"
#include "index/store/facts_codec.h"
#include "index/store/posting_codec.h"
#include "index/store/text_codec.h"
#include "index/store/trigrams.h"
#include "index/store/vector_codec.h"
#include "tests/index/index_fixture.h"

namespace sg {
namespace {

TEST(FactsCodecTest, RoundTrip) {
  FileRecord record{.header_comment = "What it is."};
  record.chunks = {{.line_begin = 1, .line_end = 9, .byte_begin = 0, .byte_end = 300},
                   {.line_begin = 10,
                    .line_end = 4'000'000'000,
                    .byte_begin = 300,
                    .byte_end = 4'000'000'001,
                    .scope = "A.b",
                    .signature = "def b(self):",
                    .definitions = {{.name = "c", .line_begin = 12, .line_end = 11, .scope = "A.b"},
                                    {.name = "c", .kind = DefinitionKind::kSection}}}};
  FileRecord decoded;
  ASSERT_TRUE(DecodeFacts(EncodeFacts(record), &decoded).ok());
  EXPECT_EQ(decoded.header_comment, record.header_comment);
  ASSERT_EQ(decoded.chunks.size(), 2u);
  EXPECT_EQ(decoded.chunks[1].line_end, 4'000'000'000u);
  EXPECT_EQ(decoded.chunks[1].byte_end, 4'000'000'001u);
  EXPECT_EQ(decoded.chunks[1].signature, "def b(self):");
  ASSERT_EQ(decoded.chunks[1].definitions.size(), 2u);
  EXPECT_EQ(decoded.chunks[1].definitions[0].line_end, 11u);
  EXPECT_EQ(decoded.chunks[1].definitions[1].kind, DefinitionKind::kSection);
}

TEST(FactsCodecTest, EveryTruncationIsAnError) {
  FileRecord record;
  record.chunks = {{.line_begin = 1, .line_end = 9, .definitions = {{.name = "abc"}}}};
  const std::string blob = EncodeFacts(record);
  for (size_t size = 0; size < blob.size(); ++size) {
    FileRecord decoded;
    EXPECT_EQ(DecodeFacts(blob.substr(0, size), &decoded).code(), StatusCode::kCorrupt) << size;
  }
}

TEST(TermValueTest, KeepsWeightAndFlag) {
  for (uint32_t weight = 1; weight < 100; ++weight) {
    for (const bool whole : {false, true}) {
      EXPECT_EQ(WeightOfTermValue(TermValue(weight, whole)), weight);
      EXPECT_EQ(IsWholeTermValue(TermValue(weight, whole)), whole);
    }
  }
}

class PostingCodecTest : public testing::TestWithParam<PostingForm> {};

TEST_P(PostingCodecTest, RoundTripOfRandomLists) {
  std::mt19937 random(3);
  std::vector<Posting> postings;
  for (uint32_t doc = 100; doc < 20'000; ++doc) {
    for (uint64_t key : {uint64_t{5}, uint64_t{1} << 47, uint64_t{random() % 4000}}) {
      if (key == 5 || random() % 3 == 0) {
        postings.push_back(
            {key, doc,
             GetParam() == PostingForm::kValues ? static_cast<uint32_t>(random() % 9) : 0});
      }
    }
  }
  std::stable_sort(postings.begin(), postings.end(),
                   [](const Posting& a, const Posting& b) { return a.key < b.key; });
  postings.erase(std::unique(postings.begin(), postings.end(),
                             [](const Posting& a, const Posting& b) {
                               return a.key == b.key && a.doc == b.doc;
                             }),
                 postings.end());
  std::vector<Posting> read;
  PostingBlockWriter writer(GetParam(), /*base_doc=*/100, [&](uint64_t first_key, std::string&& b) {
    PostingBlockReader reader(GetParam(), /*base_doc=*/100, first_key, b);
    while (reader.Next()) reader.Read(&read);
    EXPECT_TRUE(reader.ok());
    return Status::Ok();
  });
  const std::span<const Posting> all(postings);
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    while (end < all.size() && all[end].key == all[begin].key) ++end;
    ASSERT_TRUE(writer.Add(all.subspan(begin, end - begin)).ok());
  }
  ASSERT_TRUE(writer.Finish().ok());
  ASSERT_EQ(read.size(), postings.size());
  for (size_t i = 0; i < read.size(); ++i) {
    ASSERT_EQ(read[i].key, postings[i].key);
    ASSERT_EQ(read[i].doc, postings[i].doc);
    ASSERT_EQ(read[i].value, postings[i].value);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, PostingCodecTest,
                         testing::Values(PostingForm::kValues, PostingForm::kDocsOnly));

TEST(SortByKeyTest, EqualsAStableSort) {
  std::mt19937_64 random(1);
  std::vector<Posting> postings(10'000), scratch;
  for (uint32_t i = 0; i < postings.size(); ++i) postings[i] = {random() >> (random() % 60), i, 0};
  auto expected = postings;
  std::stable_sort(expected.begin(), expected.end(),
                   [](const Posting& a, const Posting& b) { return a.key < b.key; });
  SortByKey(&postings, &scratch);
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(postings[i].doc, expected[i].doc);
}

TEST(TextCodecTest, RoundTripWithAndWithoutDictionary) {
  std::vector<std::string> texts;
  for (int i = 0; i < 400; ++i) {
    texts.push_back("def function_" + std::to_string(i) +
                    "(self, argument):\n    return argument[" + std::to_string(i * 7) + "]\n" +
                    std::string(100, 'x'));
  }
  const std::vector<std::string_view> samples(texts.begin(), texts.end());
  const std::string dictionary = MakeTextDictionary(samples);
  EXPECT_FALSE(dictionary.empty());
  const TextCodec plain(""), trained(dictionary);
  for (const std::string& text : {texts[0], std::string(), std::string(1 << 20, 'z')}) {
    const std::string frame = *trained.Compress(text);
    EXPECT_EQ(*trained.Decompress(frame, text.size()), text);
    EXPECT_EQ(*plain.Decompress(*plain.Compress(text), text.size()), text);
    EXPECT_EQ(trained.Decompress(frame, text.size() + 1).status().code(), StatusCode::kCorrupt);
  }
  EXPECT_LT(trained.Compress(texts[7])->size(), plain.Compress(texts[7])->size());
}

TEST(TrigramsTest, FoldAsciiCaseAndStayInLines) {
  EXPECT_EQ(DistinctTrigrams("aBcABC"), (std::vector<uint32_t>{0x616263, 0x626361, 0x636162}));
  EXPECT_TRUE(DistinctTrigrams("ab\ncd").empty());
}

TEST(QuantizeTest, IsWithinHalfAStep) {
  Matrix vectors(2, 3);
  vectors.data = {0.5f, -1.0f, 0.25f, 0, 0, 0};
  for (const int bits : {7, 3}) {
    const QuantizedRows rows = Quantize(vectors, bits);
    for (int d = 0; d < 3; ++d) {
      EXPECT_NEAR(rows.scales[0] * rows.codes[d], vectors.data[d], rows.scales[0] * 0.5001f);
    }
    EXPECT_EQ(rows.codes[1], 1 - (1 << bits));
    EXPECT_EQ(rows.scales[1], 0);
  }
}

TEST(VectorCodecTest, JoinIsTheReverseOfSplit) {
  std::mt19937 random(1);
  for (int bits = 1; bits <= 7; ++bits) {
    for (const size_t dim : {1, 7, 8, 9, 256}) {
      std::vector<int8_t> codes(dim), joined(dim, 99);
      const int limit = (1 << bits) - 1;
      for (int8_t& code : codes) {
        code = static_cast<int8_t>(static_cast<int>(random() % (2 * limit + 1)) - limit);
      }
      std::string signs(SignBytes(dim), '\0'), magnitudes(MagnitudeBytes(dim, bits), '\0');
      SplitRow(codes.data(), dim, bits, signs.data(), magnitudes.data());
      for (size_t d = 0; d < dim; ++d) EXPECT_EQ(signs[d / 8] >> d % 8 & 1, codes[d] > 0);
      JoinRow(signs.data(), magnitudes.data(), dim, bits, joined.data());
      EXPECT_EQ(joined, codes) << bits << " bits, dim " << dim;
    }
  }
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 30; ++i) {
      tree_.Write("src/unit" + std::to_string(i) + ".py",
                  "def compute_" + std::to_string(i) + "(needle" + std::to_string(i) +
                      "):\n    return unit" + std::to_string(i) + "\n");
    }
    MustUpdate(options_);
  }
  StatusCode CodeOfUpdate() const {
    return UpdateIndex(options_, BundledEmbedder()).status().code();
  }

  TempTree tree_;
  IndexOptions options_ = OptionsFor(tree_);
};

TEST_F(StoreTest, LiteralsNarrowAndNeverLose) {
  const auto snapshot = MustOpen(options_.db_path);
  const std::vector<FileRecord> all = *snapshot->Files();
  for (const char* literal : {"needle7", "NEEDLE12", "return unit29", "compute_"}) {
    const std::vector<std::vector<std::string>> alternatives = {{literal}};
    const auto files = snapshot->FilesWithLiterals(alternatives);
    ASSERT_TRUE(files.ok() && files->has_value());
    for (const FileRecord& file : all) {
      std::string lower = literal;
      for (char& c : lower) c = static_cast<char>(std::tolower(c));
      const bool has = snapshot->FileText(file.id)->find(lower) != std::string::npos;
      const bool listed = std::find((*files)->begin(), (*files)->end(), file.id) != (*files)->end();
      EXPECT_TRUE(listed || !has) << literal << " in " << file.entry.path;
    }
  }
  const std::vector<std::vector<std::string>> absent = {{"zqxj"}}, shortest = {{"ab"}};
  EXPECT_TRUE((*snapshot->FilesWithLiterals(absent))->empty());
  EXPECT_FALSE(snapshot->FilesWithLiterals(shortest)->has_value());
}

TEST_F(StoreTest, SingleVectorsEqualScannedOnes) {
  const auto snapshot = MustOpen(options_.db_path);
  ASSERT_TRUE(snapshot
                  ->ScanVectors(VectorSet::kChunk,
                                [&](VectorBlock&& block) {
                                  const auto read =
                                      snapshot->ReadVectors(VectorSet::kChunk, block.ids);
                                  EXPECT_TRUE(read.ok());
                                  EXPECT_EQ(read->codes, block.codes);
                                  EXPECT_EQ(read->scales, block.scales);
                                  EXPECT_EQ(read->files, block.files);
                                  return Status::Ok();
                                })
                  .ok());
}

// Many changes of everything: segments merge, ids are given anew, and nothing but the last state
// is left.
TEST_F(StoreTest, ManyRewritesCompactAndEqualAFreshIndex) {
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 30; ++i) {
      if ((i + round) % 7 == 0) {
        tree_.Remove("src/unit" + std::to_string(i) + ".py");
      } else {
        tree_.Write("src/unit" + std::to_string(i) + ".py",
                    "def compute_" + std::to_string(i + round) + "(needle):\n    return unit" +
                        std::to_string(i) + " + " + std::to_string(round) + "\n");
      }
    }
    MustUpdate(options_);
  }
  const TempTree other;
  IndexOptions fresh = options_;
  fresh.db_path = other / "fresh.db";
  MustUpdate(fresh);
  const std::vector<std::string> terms = {"comput", "needl", "=unit3", "unit", "=compute55", "55"};
  const auto snapshot = MustOpen(options_.db_path);
  EXPECT_EQ(Describe(*snapshot, terms), Describe(*MustOpen(fresh.db_path), terms));
  EXPECT_LT(snapshot->ChunkFiles()->size(), 1400u);  // of 1,500 ids given
}

TEST_F(StoreTest, MissingIndexIsNotFound) {
  EXPECT_EQ(Snapshot::Open(tree_ / "none.db").status().code(), StatusCode::kNotFound);
}

TEST_F(StoreTest, ForeignDatabaseIsLeftAlone) {
  options_.db_path = tree_ / "foreign.db";
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(options_.db_path.c_str(), &handle), SQLITE_OK);
  sqlite3_exec(handle, "CREATE TABLE t(x); INSERT INTO t VALUES(1)", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  const auto before = *ReadFile(options_.db_path);
  EXPECT_EQ(CodeOfUpdate(), StatusCode::kUnsupported);
  EXPECT_EQ(Snapshot::Open(options_.db_path).status().code(), StatusCode::kUnsupported);
  options_.rebuild = true;
  EXPECT_EQ(CodeOfUpdate(), StatusCode::kUnsupported);
  EXPECT_EQ(*ReadFile(options_.db_path), before);
}

TEST_F(StoreTest, OtherFileIsLeftAlone) {
  tree_.Write("notes.txt", std::string(3000, 'n'));
  options_.db_path = tree_ / "notes.txt";
  const Status refused = Snapshot::Open(options_.db_path).status();
  EXPECT_EQ(refused.code(), StatusCode::kUnsupported);
  EXPECT_NE(refused.message().find("not an index of sg; nothing was changed"), std::string::npos);
  EXPECT_EQ(refused.message().find("--rebuild"), std::string::npos);
  EXPECT_EQ(CodeOfUpdate(), StatusCode::kUnsupported);
  options_.rebuild = true;
  EXPECT_EQ(CodeOfUpdate(), StatusCode::kUnsupported);
  EXPECT_EQ(*ReadFile(options_.db_path), std::string(3000, 'n'));
  EXPECT_FALSE(std::filesystem::exists(options_.db_path + ".lock"));
}

// A file that shrinks under a reader (a restored backup, a full disk) is an error, not a signal.
TEST_F(StoreTest, FileCutUnderAReaderIsAnError) {
  auto snapshot = Snapshot::Open(options_.db_path);
  ASSERT_TRUE(snapshot.ok());
  std::filesystem::resize_file(options_.db_path, 8192);
  bool failed = false;
  const auto files = (*snapshot)->Files();
  failed |= !files.ok();
  for (FileId id = 1; id < 20; ++id) failed |= !(*snapshot)->FileText(id).ok();
  std::vector<TermPosting> postings;
  failed |= !(*snapshot)->ReadPostings("comput", &postings).ok();
  EXPECT_TRUE(failed);
}

TEST_F(StoreTest, NewerFormatIsRefused) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(options_.db_path.c_str(), &handle), SQLITE_OK);
  sqlite3_exec(handle, "PRAGMA user_version = 999", nullptr, nullptr, nullptr);
  sqlite3_close(handle);
  EXPECT_EQ(CodeOfUpdate(), StatusCode::kUnsupported);
  EXPECT_EQ(Snapshot::Open(options_.db_path).status().code(), StatusCode::kUnsupported);
}

// Damage anywhere: an error or a right answer, never a crash; --rebuild mends it.
TEST_F(StoreTest, DamagedPagesAreErrorsAndRebuildMends) {
  const std::string good = *ReadFile(options_.db_path);
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    std::string bad = good;
    const size_t at = 100 + random() % (bad.size() - 164);
    for (size_t i = 0; i < 64; ++i) bad[at + i] = static_cast<char>(random());
    ASSERT_TRUE(WriteFileAtomic(options_.db_path, bad).ok());
    const auto snapshot = Snapshot::Open(options_.db_path);
    if (!snapshot.ok()) continue;
    const auto files = (*snapshot)->Files();
    if (!files.ok()) continue;
    for (const FileRecord& file : *files) {
      static_cast<void>((*snapshot)->File(file.id).ok());
      static_cast<void>((*snapshot)->FileText(file.id).ok());
    }
    std::vector<TermPosting> postings;
    static_cast<void>((*snapshot)->ReadPostings("comput", &postings).ok());
    static_cast<void>(
        (*snapshot)
            ->ScanVectors(VectorSet::kChunk, [](VectorBlock&&) { return Status::Ok(); })
            .ok());
  }
  std::string bad = good;
  for (size_t i = 200; i < bad.size(); ++i) bad[i] = static_cast<char>(random());
  ASSERT_TRUE(WriteFileAtomic(options_.db_path, bad).ok());
  EXPECT_EQ(CodeOfUpdate(), StatusCode::kCorrupt);
  options_.rebuild = true;
  EXPECT_EQ(MustUpdate(options_).files_total, 30u);
}

TEST_F(StoreTest, SharedTreesShareTheIndex) {
  ASSERT_EQ(chmod(tree_.path().c_str(), 0770), 0);
  std::filesystem::remove_all(tree_ / ".sg");
  MustUpdate(options_);
  struct stat info;
  ASSERT_EQ(stat(options_.db_path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
}

}  // namespace
}  // namespace sg
