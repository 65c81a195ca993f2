#include "extract/chunker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sg {
namespace {

Language MakeLanguage(std::string_view name, LanguageFamily family = LanguageFamily::kCode) {
  return {.name = name,
          .display = name,
          .family = family,
          .extensions = {},
          .file_names = {},
          .aliases = {}};
}

SourceText MakeSource(std::string text, const Language* language) {
  SourceText source;
  source.utf8 = std::move(text);
  source.language = language;
  source.line_starts.push_back(0);
  for (size_t i = 0; i + 1 < source.utf8.size(); ++i) {
    if (source.utf8[i] == '\n') source.line_starts.push_back(static_cast<uint32_t>(i + 1));
  }
  return source;
}

// The properties that hold for every file: lines covered once, definitions in their chunk.
void ExpectSound(const SourceText& source, const ChunkedFile& file) {
  uint32_t line = 1, byte = 0;
  for (const Chunk& chunk : file.chunks) {
    ASSERT_EQ(chunk.line_begin, line);
    ASSERT_EQ(chunk.byte_begin, byte);
    ASSERT_GE(chunk.line_end, chunk.line_begin);
    line = chunk.line_end + 1;
    byte = chunk.byte_end;
    for (const Definition& definition : chunk.definitions) {
      EXPECT_FALSE(definition.name.empty());
      EXPECT_LE(definition.name.size(), 80u);
      EXPECT_GE(definition.line_begin, chunk.line_begin) << definition.name;
      EXPECT_LE(definition.line_begin, chunk.line_end) << definition.name;
      EXPECT_GE(definition.line_end, definition.line_begin) << definition.name;
      EXPECT_LE(definition.line_end, source.line_count()) << definition.name;
    }
  }
  EXPECT_EQ(line, source.line_count() + 1);
  EXPECT_EQ(byte, source.utf8.size());
  EXPECT_LE(file.header_comment.size(), 600u);
}

void ExpectSame(const ChunkedFile& a, const ChunkedFile& b) {
  ASSERT_EQ(a.chunks.size(), b.chunks.size());
  for (size_t i = 0; i < a.chunks.size(); ++i) {
    EXPECT_EQ(a.chunks[i].line_begin, b.chunks[i].line_begin);
    EXPECT_EQ(a.chunks[i].scope, b.chunks[i].scope);
    EXPECT_EQ(a.chunks[i].definitions.size(), b.chunks[i].definitions.size());
  }
}

std::string RandomText(std::mt19937* random, size_t size) {
  static constexpr std::string_view kPieces[] = {
      "{",      "}",           "(",      ")",    "[",       "]",       "\n", "\n\n", "  ",
      "    ",   "def ",        "class ", "fn ",  "func ",   "struct ", "x",  "Name", " = ",
      ";",      ":",           ",",      "\"",   "'",       "/*",      "*/", "//",   "# ",
      "```\n",  "end\n",       "do\n",   "if ",  "return ", "<",       ">",  "@",    "<div>",
      "</div>", "| a | b |\n", "1.5",    "日本", "\xff",    "\\",      "=>", "- "};
  std::string text;
  while (text.size() < size) text += kPieces[(*random)() % std::size(kPieces)];
  return text;
}

TEST(Chunker, EverySyntaxHasAGrammarThatLoads) {
  for (std::string_view name : ParsedLanguages()) {
    const Language language = MakeLanguage(name);
    const SourceText source = MakeSource("x\n", &language);
    Chunker chunker;
    const ChunkedFile file = chunker.Chunk(source);
    EXPECT_TRUE(file.parsed) << name;
  }
}

TEST(Chunker, RandomTextIsCoveredOnceInEveryLanguage) {
  std::mt19937 random(7);
  Chunker chunker, other;
  for (int round = 0; round < 12; ++round) {
    const std::string text = RandomText(&random, 100u << (round % 7));
    for (std::string_view name : ParsedLanguages()) {
      SCOPED_TRACE(std::string(name));
      const Language language = MakeLanguage(name);
      const SourceText source = MakeSource(text, &language);
      const ChunkedFile file = chunker.Chunk(source);
      ExpectSound(source, file);
      ExpectSame(file, other.Chunk(source));
    }
    for (LanguageFamily family : {LanguageFamily::kCode, LanguageFamily::kProse}) {
      const Language language = MakeLanguage("unknown", family);
      const SourceText source = MakeSource(text, &language);
      const ChunkedFile file = chunker.Chunk(source);
      EXPECT_FALSE(file.parsed);
      ExpectSound(source, file);
    }
  }
}

// Hostile text ends in bounded time: the parser gives up, structure takes over.
std::string Repeat(std::string_view piece, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += piece;
  return text;
}

// Each line is indented by one column more.
std::string Stairs() {
  std::string text;
  for (int i = 0; i < 700; ++i) text += std::string(i, ' ') + "if x:\n";
  return text;
}

std::vector<std::pair<std::string, std::string>> HostileTexts() {
  std::mt19937 random(11);
  std::string noise(1 << 19, ' ');
  for (char& c : noise) c = static_cast<char>(random());
  return {{"brackets", Repeat("(", 1'000'000)},
          {"braces on lines", Repeat("{\n", 200'000)},
          {"mixed brackets", Repeat("([{", 100'000) + Repeat("}])", 100'000)},
          {"one line", Repeat("x = 1; ", (1 << 20) / 7)},
          {"NUL bytes", std::string(1 << 18, '\0')},
          {"noise", noise},
          {"open comments", Repeat("/* (* {- <!-- \"\"\" ", 20'000)},
          {"tags", Repeat("<div>", 100'000)},
          {"deep blocks", Repeat("if x {\n", 50'000)},
          {"deep lists", Repeat("- ", 20'000)},
          {"stairs", Stairs()},
          {"heredocs", Repeat("<<A <<B\n", 5'000)},
          {"interpolation", Repeat("$\"{#{${\"", 20'000)},
          {"quotes", Repeat("> ", 20'000)},
          {"headings", Repeat("# a\n", 20'000)}};
}

TEST(Chunker, SlowHostileTextIsCutInBoundedTime) {
  using Clock = std::chrono::steady_clock;
  Chunker chunker({.parse_timeout_us = 50'000});
  for (const auto& [what, text] : HostileTexts()) {
    for (std::string_view name : ParsedLanguages()) {
      SCOPED_TRACE(std::string(name) + ", " + what);
      const Language language = MakeLanguage(name);
      const SourceText source = MakeSource(text, &language);
      const Clock::time_point start = Clock::now();
      const ChunkedFile file = chunker.Chunk(source);
      const std::chrono::duration<double> seconds = Clock::now() - start;
      EXPECT_LT(seconds.count(), 5.0);
      ExpectSound(source, file);
    }
  }
}

// The scanner of Kotlin once looked for white space behind the end of the file.
TEST(Chunker, FileThatEndsInTheMiddleOfALine) {
  const Language language = MakeLanguage("kotlin");
  const SourceText source = MakeSource("val a = 8\n\n/** Doc. */\n@Singleton", &language);
  const ChunkedFile file = Chunker().Chunk(source);
  EXPECT_TRUE(file.parsed);
  ExpectSound(source, file);
}

TEST(Chunker, EmptyFileHasNoChunks) {
  const Language language = MakeLanguage("python");
  SourceText source;
  source.language = &language;
  EXPECT_TRUE(Chunker().Chunk(source).chunks.empty());
}

TEST(Chunker, DefinitionsKeepNameKindScopeAndLines) {
  const Language language = MakeLanguage("python");
  const SourceText source = MakeSource(
      "LIMIT = 3\n\nclass Pool:\n    \"\"\"Keeps connections.\"\"\"\n\n    def take(self):\n"
      "        return 1\n",
      &language);
  const ChunkedFile file = Chunker().Chunk(source);
  ASSERT_EQ(file.chunks.size(), 1u);
  const std::vector<Definition>& definitions = file.chunks[0].definitions;
  ASSERT_EQ(definitions.size(), 3u);
  EXPECT_EQ(definitions[0].name, "LIMIT");
  EXPECT_EQ(definitions[0].kind, DefinitionKind::kVariable);
  EXPECT_EQ(definitions[2].name, "take");
  EXPECT_EQ(definitions[2].scope, "Pool");
  EXPECT_EQ(definitions[2].line_begin, 6u);
  EXPECT_EQ(definitions[2].line_end, 7u);
  EXPECT_EQ(file.chunks[0].main_definition()->name, "Pool");
  EXPECT_EQ(file.header_comment, "    \"\"\"Keeps connections.\"\"\"\n");
}

// A function of some 10 lines of 40 bytes, with a comment above.
std::string GoFunction(const std::string& name) {
  std::string text = "// " + name + " does its work.\nfunc " + name + "() {\n";
  for (int i = 0; i < 16; ++i) text += "\tdo_something(\"with a long argument\", 1)\n";
  return text + "}\n\n";
}

TEST(Chunker, CommentStaysWithItsDefinition) {
  const Language language = MakeLanguage("go");
  const SourceText source =
      MakeSource("package a\n\n" + GoFunction("First") + GoFunction("Second"), &language);
  const ChunkedFile file = Chunker().Chunk(source);
  ASSERT_EQ(file.chunks.size(), 2u);
  EXPECT_TRUE(
      source.utf8.substr(file.chunks[1].byte_begin).starts_with("// Second does its work."));
}

TEST(Chunker, LongFunctionIsSplitAndItsPartsKnowTheSignature) {
  const Language language = MakeLanguage("python");
  std::string text = "class A:\n    def long(self,\n             more):\n";
  for (int i = 0; i < 100; ++i)
    text += "        call_number(" + std::to_string(i) + ")  # pad it\n";
  const SourceText source = MakeSource(text, &language);
  const ChunkedFile file = Chunker().Chunk(source);
  ASSERT_GE(file.chunks.size(), 3u);
  EXPECT_EQ(file.chunks[0].signature, "");
  EXPECT_EQ(file.chunks[1].signature, "def long(self, more):");
  EXPECT_EQ(file.chunks[1].scope, "A.long");
  for (const Chunk& chunk : file.chunks) EXPECT_LE(chunk.byte_end - chunk.byte_begin, 1800u);
}

}  // namespace
}  // namespace sg
