// Indexing with an encoder that reads passages (a transformer), whose vectors are worth keeping.

#include <atomic>
#include <string>
#include <vector>

#include "tests/index/index_fixture.h"

namespace sg {
namespace {

// A real model that counts the passages it is asked for.
class CountingEmbedder : public Embedder {
 public:
  explicit CountingEmbedder(std::unique_ptr<Embedder> model) : model_(std::move(model)) {}
  const Space& space() const override { return model_->space(); }
  Result<Matrix> Embed(std::span<const std::string_view> texts, TextRole role) const override {
    passages_ += texts.size();
    return model_->Embed(texts, role);
  }
  size_t TakeCount() const { return passages_.exchange(0); }

 private:
  std::unique_ptr<Embedder> model_;
  mutable std::atomic<size_t> passages_ = 0;
};

std::string FunctionOf(const std::string& name, const std::string& body) {
  std::string text = "def " + name + "(argument):\n";
  for (int i = 0; i < 30; ++i) text += "    " + body + " = argument + " + std::to_string(i) + "\n";
  return text + "\n\n";
}

class EncoderIndexTest : public testing::Test {
 protected:
  void SetUp() override {
    auto model = OpenEmbedder("tests/data/pipelines/mean", {});
    ASSERT_TRUE(model.ok()) << model.status().message();
    ASSERT_EQ((*model)->static_model(), nullptr);
    embedder_ = std::make_unique<CountingEmbedder>(std::move(model).value());
    tree_.Write("a.py", FunctionOf("first", "alpha") + FunctionOf("second", "beta"));
    tree_.Write("b.py", FunctionOf("third", "gamma"));
  }
  IndexSummary Update() {
    auto summary = UpdateIndex(options_, *embedder_);
    EXPECT_TRUE(summary.ok()) << summary.status().message();
    return summary.ok() ? *summary : IndexSummary{};
  }
  // Scale and codes of each chunk vector, in the order of chunks.
  std::vector<std::string> ChunkVectors(const std::string& path) const {
    const auto snapshot = MustOpen(options_.db_path);
    const auto id = snapshot->FindFile(path);
    const auto file = snapshot->File(**id);
    std::vector<std::string> vectors;
    for (size_t i = 0; i < file->chunks.size(); ++i) {
      const std::vector<uint32_t> chunk = {file->first_chunk + static_cast<ChunkId>(i)};
      const auto block = snapshot->ReadVectors(VectorSet::kChunk, chunk);
      EXPECT_TRUE(block.ok()) << block.status().message();
      EXPECT_GT(block->scales[0], 0);
      vectors.emplace_back(block->codes.begin(), block->codes.end());
    }
    return vectors;
  }

  TempTree tree_;
  IndexOptions options_ = OptionsFor(tree_);
  std::unique_ptr<CountingEmbedder> embedder_;
};

TEST_F(EncoderIndexTest, EveryChunkGetsTheVectorOfItsPassage) {
  const IndexSummary summary = Update();
  EXPECT_EQ(embedder_->TakeCount(), summary.chunks_total);
  EXPECT_GE(ChunkVectors("a.py").size(), 2u);
}

TEST_F(EncoderIndexTest, UnchangedPassagesAreNotEmbeddedAgain) {
  const IndexSummary summary = Update();
  embedder_->TakeCount();
  const std::vector<std::string> before = ChunkVectors("a.py");
  Update();
  EXPECT_EQ(embedder_->TakeCount(), 0u);
  // The second function changes, the chunks before it do not.
  tree_.Write("a.py", FunctionOf("first", "alpha") + FunctionOf("second", "delta"));
  Update();
  const size_t embedded = embedder_->TakeCount();
  EXPECT_GE(embedded, 1u);
  EXPECT_LT(embedded, before.size());
  const std::vector<std::string> after = ChunkVectors("a.py");
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after.front(), before.front());
  EXPECT_NE(after.back(), before.back());
  EXPECT_GT(summary.chunks_total, embedded);
}

TEST_F(EncoderIndexTest, ATouchedFileIsNotEmbeddedAgain) {
  Update();
  embedder_->TakeCount();
  std::filesystem::last_write_time(
      tree_ / "b.py", std::filesystem::file_time_type::clock::now() + std::chrono::seconds(10));
  Update();
  EXPECT_EQ(embedder_->TakeCount(), 0u);
}

}  // namespace
}  // namespace sg
