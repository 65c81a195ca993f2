// The chunker on arbitrary bytes (extract/chunker.h). The first byte chooses the language, so that
// one corpus serves all; what must hold for every file is checked on each input.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "extract/chunker.h"
#include "extract/passage.h"
#include "extract/source_text.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

std::vector<std::string_view> LanguageNames() {
  std::vector<std::string_view> names = sg::ParsedLanguages();
  names.push_back("lean");
  names.push_back("text");
  return names;
}

void Check(const sg::SourceText& source, const sg::ChunkedFile& file) {
  uint32_t line = 1, byte = 0;
  for (const sg::Chunk& chunk : file.chunks) {
    Require(chunk.line_begin == line && chunk.byte_begin == byte);
    Require(chunk.line_end >= chunk.line_begin && chunk.byte_end >= chunk.byte_begin);
    line = chunk.line_end + 1;
    byte = chunk.byte_end;
    for (const sg::Definition& definition : chunk.definitions) {
      Require(!definition.name.empty() && definition.name.size() <= 80);
      Require(definition.line_begin >= chunk.line_begin);
      Require(definition.line_begin <= chunk.line_end);
      Require(definition.line_end >= definition.line_begin);
      Require(definition.line_end <= source.line_count());
    }
    Require(!sg::MakePassage("a/b.c", source, chunk).empty());
  }
  Require(line == source.line_count() + 1 && byte == source.utf8.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::string_view> names = LanguageNames();
  static sg::Chunker chunker({.parse_timeout_us = 500'000});
  if (size < 2) return 0;
  const sg::Language* language = sg::FindLanguage(names[data[0] % names.size()]);
  Require(language != nullptr);
  const sg::SourceText source =
      sg::MakeSourceText(std::string(reinterpret_cast<const char*>(data) + 1, size - 1), language);
  const sg::ChunkedFile file = chunker.Chunk(source);
  if (source.line_count() > 0) Check(source, file);
  return 0;
}
