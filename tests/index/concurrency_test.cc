// Eight readers during indexing: they never wait, never fail and never see a half state.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/index/index_fixture.h"

namespace sg {
namespace {

constexpr int kFiles = 60;
constexpr int kReaders = 8;
constexpr auto kLongestWait = std::chrono::seconds(4);  // busy machines; a blocked reader waits 5 s

std::string ModuleText(int i, int version) {
  std::string text =
      "def version_" + std::to_string(version) + "_of_" + std::to_string(i) + "():\n";
  for (int line = 0; line < 40; ++line) {
    text += "    shared_call(" + std::to_string(line + version) + ")\n";
  }
  return text;
}

// One look at the index. Returns what is wrong with it, or nothing.
std::string Inspect(const std::string& db_path) {
  const auto opened = Snapshot::Open(db_path);
  if (!opened.ok()) {
    return opened.status().code() == StatusCode::kNotFound ? "" : opened.status().message();
  }
  const Snapshot& snapshot = **opened;
  const auto files = snapshot.Files();
  const auto chunk_files = snapshot.ChunkFiles();
  if (!files.ok()) return files.status().message();
  if (!chunk_files.ok()) return chunk_files.status().message();
  if (files->size() != snapshot.counts().files) return "the number of files is not theirs";
  std::vector<int> postings(chunk_files->size()), vectors(chunk_files->size());
  std::vector<TermPosting> shared;
  if (Status scanned = snapshot.ReadPostings("share", &shared); !scanned.ok()) {
    return scanned.message();
  }
  for (const TermPosting& posting : shared) ++postings[posting.chunk];
  const Status read = snapshot.ScanVectors(VectorSet::kChunk, [&](VectorBlock&& block) {
    for (uint32_t id : block.ids) ++vectors[id];
    return Status::Ok();
  });
  if (!read.ok()) return read.message();
  uint64_t chunks = 0;
  for (const FileRecord& listed : *files) {
    const auto file = snapshot.File(listed.id);
    const auto text = snapshot.FileText(listed.id);
    if (!file.ok() || !text.ok()) return "a listed file cannot be read";
    if (ContentHash(*text) != file->content_hash) return "a text of another version";
    chunks += file->chunks.size();
    for (size_t i = 0; i < file->chunks.size(); ++i) {
      const ChunkId id = file->first_chunk + static_cast<ChunkId>(i);
      if (postings[id] != 1) return "a chunk without its posting";
      if (vectors[id] != 1) return "a chunk without its vector";
    }
  }
  return chunks == snapshot.counts().chunks ? "" : "the number of chunks is not theirs";
}

TEST(ConcurrencyTest, ReadersSeeWholeStatesWhileAWriterWorks) {
  const TempTree tree;
  for (int i = 0; i < kFiles; ++i) {
    tree.Write("m" + std::to_string(i) + ".py", ModuleText(i, 0));
  }
  IndexOptions options = OptionsFor(tree);
  options.max_memory_bytes = 64 << 10;  // many small batches
  BundledEmbedder();
  std::atomic<bool> done = false;
  std::atomic<int> looks = 0;
  std::vector<std::string> wrong(kReaders);
  std::vector<std::thread> readers;
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&, r] {
      while (!done && wrong[r].empty()) {
        const auto begin = std::chrono::steady_clock::now();
        wrong[r] = Inspect(options.db_path);
        if (std::chrono::steady_clock::now() - begin > kLongestWait) wrong[r] = "waited";
        ++looks;
      }
    });
  }
  for (int version = 1; version <= 8; ++version) {
    MustUpdate(options);
    for (int i = version % 3; i < kFiles; i += 3) {
      tree.Write("m" + std::to_string(i) + ".py", ModuleText(i, version));
    }
  }
  MustUpdate(options);
  done = true;
  for (std::thread& reader : readers) reader.join();
  for (const std::string& message : wrong) EXPECT_EQ(message, "");
  EXPECT_GT(looks, kReaders);
}

TEST(ConcurrencyTest, SecondWriterIsToldWhoIsFirst) {
  const TempTree tree;
  tree.Write("a.py", "x = 1\n");
  const IndexOptions options = OptionsFor(tree);
  MustUpdate(options);
  const auto first = IndexWriter::Open(options.db_path, tree.path(), IndexSettings{});
  ASSERT_TRUE(first.ok()) << first.status().message();
  const auto second = UpdateIndex(options, BundledEmbedder());
  EXPECT_EQ(second.status().code(), StatusCode::kBusy);
  EXPECT_NE(second.status().message().find(std::to_string(getpid())), std::string::npos);
}

TEST(ConcurrencyTest, AnOldSnapshotKeepsItsState) {
  const TempTree tree;
  tree.Write("a.py", "alpha = 1\n");
  const IndexOptions options = OptionsFor(tree);
  MustUpdate(options);
  const auto old = MustOpen(options.db_path);
  tree.Write("a.py", "omega = 2\n");
  tree.Write("b.py", "beta = 3\n");
  MustUpdate(options);
  EXPECT_EQ(*old->FileText(**old->FindFile("a.py")), "alpha = 1\n");
  EXPECT_FALSE(old->FindFile("b.py")->has_value());
}

}  // namespace
}  // namespace sg
