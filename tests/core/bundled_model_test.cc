#include "core/model/bundled_model.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/file.h"

namespace sg {
namespace {

constexpr char kFolder[] = "models/sg-static-v1";

TEST(BundledModel, FactsAreThoseOfTheFiles) {
  const auto vocabulary = ReadFile(std::string(kFolder) + "/vocab.tsv");
  const auto weights = MappedFile::Open(std::string(kFolder) + "/model.safetensors");
  ASSERT_TRUE(vocabulary.ok() && weights.ok());
  EXPECT_EQ(BundledModel().vocabulary_hash, ContentHash(*vocabulary));
  EXPECT_EQ(BundledModel().weights_hash, ContentHash(weights->bytes()));
  EXPECT_EQ(BundledModel().weights_sample, WeightsSample(weights->bytes()));
}

TEST(BundledModel, TablesAreThoseThatParsingMakes) {
  const auto vocabulary = ReadFile(std::string(kFolder) + "/vocab.tsv");
  ASSERT_TRUE(vocabulary.ok());
  const auto parsed = CodeTokenizer::Parse(*vocabulary);
  ASSERT_TRUE(parsed.ok());
  const CodeTokenizer prepared = CodeTokenizer::FromTables(*vocabulary, BundledModel().vocabulary);
  ASSERT_EQ(prepared.vocab_size(), parsed->vocab_size());
  for (uint32_t id = 0; id < parsed->vocab_size(); ++id) {
    ASSERT_EQ(prepared.piece(id), parsed->piece(id));
    ASSERT_EQ(prepared.tables().pieces[id].score, parsed->tables().pieces[id].score);
  }
  const std::string text = "HTTPServerConnection retries unforeseeable_tokenisations 4096 xyzzyqux";
  EXPECT_EQ(prepared.Tokenize(text), parsed->Tokenize(text));
}

TEST(BundledModel, SampleSeesOtherWeights) {
  std::string bytes(1 << 20, 'a');
  const Hash128 before = WeightsSample(bytes);
  for (size_t at : {size_t{0}, bytes.size() / 2 / 4096 * 4096, bytes.size() - 1}) {
    std::string changed = bytes;
    // New weights differ everywhere; a tenth of the file is enough wherever it lies.
    for (size_t i = 0; i < bytes.size() / 10; ++i)
      changed[std::min(at + i, bytes.size() - 1)] = 'b';
    EXPECT_NE(WeightsSample(changed), before) << at;
  }
  EXPECT_NE(WeightsSample(bytes.substr(1)), before);
  EXPECT_NE(WeightsSample("a"), WeightsSample("b"));
}

}  // namespace
}  // namespace sg
