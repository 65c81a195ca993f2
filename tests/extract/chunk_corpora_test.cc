// Golden corpora: tests/corpora/chunks/<language>.<ext> and, beside it, <file>.golden, which says
// in words what the chunker makes of it. SG_UPDATE_GOLDENS=1 rewrites the goldens; read the diff.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "extract/chunker.h"
#include "extract/language.h"
#include "extract/passage.h"
#include "extract/source_text.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

const char kFolder[] = "tests/corpora/chunks";
// Small enough that files of 40 lines show where chunks end.
constexpr ChunkOptions kSmallChunks{
    .target_bytes = 300, .max_bytes = 400, .flush_bytes = 100, .min_bytes = 40};

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<fs::path> CorpusFiles() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".golden") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

SourceText ReadSource(const fs::path& path) {
  const std::string text = ReadFile(path);
  return MakeSourceText(text, DetectLanguage(path.string(), text));
}

std::string LineRange(uint32_t begin, uint32_t end) {
  return std::to_string(begin) + "-" + std::to_string(end);
}

// The chunks as text that a person can judge.
std::string Describe(const SourceText& source, const ChunkedFile& file) {
  std::ostringstream out;
  out << source.language->name << (file.parsed ? ", parsed\n" : ", by structure\n");
  std::istringstream header(file.header_comment);
  for (std::string line; std::getline(header, line);) out << "header: " << line << "\n";
  for (const Chunk& chunk : file.chunks) {
    std::string_view first = source.Lines(chunk.line_begin, chunk.line_begin);
    first = first.substr(0, first.find('\n'));
    out << "\nlines " << LineRange(chunk.line_begin, chunk.line_end) << " | " << first << "\n";
    if (!chunk.scope.empty()) out << "  in " << chunk.scope << "\n";
    if (!chunk.signature.empty()) out << "  continues " << chunk.signature << "\n";
    for (const Definition& definition : chunk.definitions) {
      out << "  " << DefinitionKindName(definition.kind) << " " << definition.name << " "
          << LineRange(definition.line_begin, definition.line_end);
      if (!definition.scope.empty()) out << " in " << definition.scope;
      out << "\n";
    }
  }
  return out.str();
}

TEST(ChunkCorpora, AreAsInTheGoldens) {
  const bool update = std::getenv("SG_UPDATE_GOLDENS") != nullptr;
  Chunker chunker(kSmallChunks);
  for (const fs::path& path : CorpusFiles()) {
    SCOPED_TRACE(path.string());
    const SourceText source = ReadSource(path);
    const std::string actual = Describe(source, chunker.Chunk(source));
    const fs::path golden = path.string() + ".golden";
    if (update) std::ofstream(golden, std::ios::binary) << actual;
    EXPECT_EQ(actual, ReadFile(golden)) << "SG_UPDATE_GOLDENS=1 rewrites it; read the diff";
  }
}

TEST(ChunkCorpora, HoldEveryParsedLanguage) {
  std::set<std::string_view> seen;
  Chunker chunker;
  for (const fs::path& path : CorpusFiles()) {
    const SourceText source = ReadSource(path);
    if (chunker.Chunk(source).parsed) seen.insert(source.language->name);
  }
  for (std::string_view name : ParsedLanguages()) {
    EXPECT_TRUE(seen.contains(name)) << kFolder << " has no file for " << name;
  }
}

TEST(ChunkCorpora, EveryParsedLanguageIsInTheTableOfLanguages) {
  for (std::string_view name : ParsedLanguages()) {
    EXPECT_NE(FindLanguage(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace sg
