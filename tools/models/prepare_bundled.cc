// Writes what core/model/bundled_model.h describes as C++, at build time:
//   prepare_bundled MODEL_FOLDER OUT.cc
// Without a model (or with one that cannot be read) the facts are empty, and sg works them out.

#include <cstdio>
#include <string>

#include "core/base/file.h"
#include "core/model/bundled_model.h"

namespace {

void PutHash(std::FILE* out, const char* name, sg::Hash128 hash) {
  std::fprintf(out, "    .%s = {0x%016llxULL, 0x%016llxULL},\n", name,
               static_cast<unsigned long long>(hash.high),
               static_cast<unsigned long long>(hash.low));
}

void PutTables(std::FILE* out, const sg::PreparedVocabulary& tables) {
  std::fprintf(out, "constexpr sg::PreparedVocabulary::Piece kPieces[] = {\n");
  for (const auto& piece : tables.pieces) {
    std::fprintf(out, "{%u,%u,%af},\n", piece.begin, piece.length,
                 static_cast<double>(piece.score));
  }
  std::fprintf(out, "};\nconstexpr sg::PreparedVocabulary::Slot kSlots[] = {\n");
  for (const auto& slot : tables.slots)
    std::fprintf(out, "{%uu,%u},\n", slot.tag, slot.id_plus_one);
  std::fprintf(out, "};\n");
}

bool Write(std::FILE* out, const std::string& folder) {
  std::fprintf(out, "#include \"core/model/bundled_model.h\"\n\nnamespace {\n\n");
  const auto vocabulary = sg::ReadFile(folder + "/vocab.tsv");
  const auto weights = sg::MappedFile::Open(folder + "/model.safetensors");
  const bool there = vocabulary.ok() && weights.ok();
  const auto tokenizer = sg::CodeTokenizer::Parse(there ? *vocabulary : std::string_view());
  const bool usable = there && tokenizer.ok() && tokenizer->vocab_size() > 0;
  if (usable) PutTables(out, tokenizer->tables());
  std::fprintf(out, "constexpr sg::BundledModelFacts kFacts = {\n");
  if (usable) {
    PutHash(out, "vocabulary_hash", sg::ContentHash(*vocabulary));
    std::fprintf(out, "    .vocabulary = {kPieces, kSlots},\n");
    PutHash(out, "weights_sample", sg::WeightsSample(weights->bytes()));
    PutHash(out, "weights_hash", sg::ContentHash(weights->bytes()));
  }
  std::fprintf(out, "};\n\n}  // namespace\n\n");
  std::fprintf(out,
               "namespace sg {\nconst BundledModelFacts& BundledModel() { return kFacts; }\n}\n");
  return std::ferror(out) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::FILE* out = std::fopen(argv[2], "w");
  if (out == nullptr) return 2;
  const bool written = Write(out, argv[1]);
  return std::fclose(out) == 0 && written ? 0 : 2;
}
