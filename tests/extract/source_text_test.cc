#include "extract/source_text.h"

#include <gtest/gtest.h>
#include <iconv.h>

#include <optional>
#include <random>
#include <string>

#include "core/text/unicode.h"
#include "extract/encoding.h"

namespace sg {
namespace {

// `utf8` in another encoding by iconv(3), which shares no code with what we test; nullopt where the
// system lacks the encoding.
std::optional<std::string> Encode(std::string_view utf8, const char* encoding) {
  const iconv_t converter = ::iconv_open(encoding, "UTF-8");
  if (converter == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
  std::string input(utf8), output(4 * utf8.size() + 16, '\0');
  char* in = input.data();
  char* out = output.data();
  size_t in_left = input.size(), out_left = output.size();
  const size_t failed = ::iconv(converter, &in, &in_left, &out, &out_left);
  ::iconv_close(converter);
  if (failed == static_cast<size_t>(-1)) return std::nullopt;
  output.resize(output.size() - out_left);
  return output;
}

SourceOrSkip Decode(std::string_view path, std::string bytes, const SourceLimits& limits = {}) {
  return DecodeSource(path, std::move(bytes), limits);
}

std::string Outcome(std::string_view path, std::string bytes, const SourceLimits& limits = {}) {
  const SourceOrSkip result = Decode(path, std::move(bytes), limits);
  if (result.skipped) return SkipReasonName(result.reason);
  return std::string(result.text.language->name);
}

// What a comment in a program looks like, in the encodings it is really found in.
struct EncodedText {
  const char* utf8;
  const char* encoding;
};

constexpr const char* kJapanese =
    "/* 設定ファイルを読み込み、接続プールを初期化する。\n"
    " * 失敗した場合はエラーコードを返します。 */\n"
    "int load(const char *path); // ユーザー名とパスワードを確認\n";
constexpr const char* kChinese =
    "// 读取配置文件并初始化连接池，如果失败则返回错误代码。\n"
    "// 这个函数用于检查用户名和密码是否正确\n"
    "int load(const char *path);\n";
constexpr const char* kTraditional =
    "// 讀取設定檔並初始化連線集區，如果失敗則傳回錯誤代碼。\n"
    "// 這個函式用來檢查使用者名稱和密碼是否正確\n"
    "int load(const char *path);\n";
constexpr const char* kKorean =
    "// 설정 파일을 읽고 연결 풀을 초기화합니다. 실패하면 오류 코드를 반환합니다.\n"
    "int load(const char *path);\n";
constexpr const char* kRussian =
    "// Читает файл настроек и создаёт пул соединений; при ошибке возвращает код.\n"
    "// Эта функция проверяет имя пользователя и пароль, а затем открывает соединение.\n"
    "int load(const char *path);\n";
constexpr const char* kFrench =
    "// Récupère les données de l'élève à partir du fichier, déjà vérifiées.\n"
    "int load(const char *path);\n";
constexpr const char* kGerman =
    "/* Größe des Puffers für die Übertragung */\nint size; // ändert sich später\n";

TEST(EncodingTest, LegacyEncodings) {
  const EncodedText kCases[] = {
      {kJapanese, "SHIFT_JIS"},
      {kJapanese, "EUC-JP"},
      {kChinese, "GB18030"},
      {kChinese, "GBK"},
      {kTraditional, "BIG5"},
      {kKorean, "EUC-KR"},
      {kRussian, "CP1251"},
      {kRussian, "KOI8-R"},
      {kFrench, "ISO-8859-1"},
      {kGerman, "ISO-8859-1"},
      {kGerman, "WINDOWS-1252"},
      {"// caf\xC3\xA9\nint x;\n", "LATIN1"},
      {"/* \xC2\xA9 2001 A. B\xC3\xB6hm */\nint x;\n", "LATIN1"},
      {"// µs, 20°C ±5\n", "LATIN1"},
      {"// 检查用户名\nint x;\n", "GBK"},
      {"// パスワードを確認\nint x;\n", "SHIFT_JIS"},
      {"// パスワードを確認\nint x;\n", "EUC-JP"},
      {"// Načte konfigurační soubor a vrátí chybu, pokud se to nepodaří\n", "ISO-8859-2"},
      {"s = \"\xE2\x82\xAC 5\" # \xE2\x80\x9Cquoted\xE2\x80\x9D\n", "WINDOWS-1252"},
  };
  size_t tried = 0;
  for (const EncodedText& test : kCases) {
    const std::optional<std::string> bytes = Encode(test.utf8, test.encoding);
    if (!bytes.has_value()) continue;
    ++tried;
    const SourceOrSkip result = Decode("a.c", *bytes);
    ASSERT_FALSE(result.skipped) << test.encoding << ' ' << SkipReasonName(result.reason);
    EXPECT_EQ(result.text.utf8, test.utf8) << test.encoding;
  }
  if (tried < std::size(kCases)) {
    GTEST_SKIP() << "iconv knows " << tried << " of " << std::size(kCases) << " encodings here";
  }
}

// One comment among much ASCII: the detector must not drown in code.
TEST(EncodingTest, FewForeignWordsInMuchCode) {
  std::string code;
  for (int i = 0; i < 2000; ++i)
    code += "static int value_" + std::to_string(i) + " = compute();\n";
  for (const EncodedText& test : {EncodedText{kJapanese, "SHIFT_JIS"},
                                  {kJapanese, "EUC-JP"},
                                  {kChinese, "GB18030"},
                                  {kGerman, "LATIN1"}}) {
    const std::string text = code + test.utf8 + code;
    const std::optional<std::string> bytes = Encode(text, test.encoding);
    if (!bytes.has_value()) continue;
    const SourceOrSkip result = Decode("a.c", *bytes);
    ASSERT_FALSE(result.skipped);
    EXPECT_TRUE(result.text.utf8 == text) << test.encoding;
  }
}

TEST(EncodingTest, WideEncodings) {
  for (const char* text : {"int x;\n", kJapanese, kRussian, "a \xF0\x9F\x98\x80 b\n"}) {
    for (const char* encoding : {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"}) {
      const std::string marked = std::string("\xEF\xBB\xBF") + text;
      const std::optional<std::string> bytes = Encode(marked, encoding);
      ASSERT_TRUE(bytes.has_value());
      EXPECT_EQ(Decode("a.c", *bytes).text.utf8, text) << encoding;
    }
    for (const char* encoding : {"UTF-16LE", "UTF-16BE"}) {  // without a mark
      EXPECT_EQ(Decode("a.c", *Encode(text, encoding)).text.utf8, text) << encoding;
    }
  }
  EXPECT_EQ(Decode("a.c", "\xEF\xBB\xBFint x;\n").text.utf8, "int x;\n");
  // An unpaired surrogate and a half unit at the end are damage, not a reason to give up.
  std::string damaged = *Encode(std::string("\xEF\xBB\xBF") + kJapanese, "UTF-16LE");
  damaged += std::string("\x00\xD8", 2) + std::string("a\0", 2) + "z";
  EXPECT_EQ(Decode("a.c", damaged).text.utf8, std::string(kJapanese) + "\xEF\xBF\xBD" + "a");
}

TEST(EncodingTest, DamagedUtf8KeepsTheRest) {
  EXPECT_EQ(Decode("a.c", std::string(kRussian) + "\xFF\n").text.utf8,
            std::string(kRussian) + "\xEF\xBF\xBD\n");
}

TEST(Utf8Test, WellFormedSequencesOnly) {
  struct Case {
    const char* bytes;
    const char* repaired;  // null: well-formed
  };
  // The examples of the Unicode standard, chapter 3, tables 3-7 to 3-11, each amid ASCII.
  const Case kCases[] = {
      {"", nullptr},
      {"abcdefghij", nullptr},
      {"\xC3\xA9", nullptr},
      {"\xE2\x82\xAC", nullptr},
      {"\xF0\x9F\x98\x80", nullptr},
      {"\xF4\x8F\xBF\xBF", nullptr},
      {"\x80", "\xEF\xBF\xBD"},
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xE0\x9F\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\xF0\x90\x80", "\xEF\xBF\xBD"},
      {"\xE2\x82", "\xEF\xBF\xBD"},
      {"\xF1\x80\x80"
       "A",
       "\xEF\xBF\xBD"
       "A"},
      {"\xFF", "\xEF\xBF\xBD"},
  };
  for (const std::string pad : {"", "x", "12345678", "123456789012345"}) {
    for (const Case& test : kCases) {
      const std::string bytes = pad + test.bytes + pad;
      const std::string repaired = pad + (test.repaired ? test.repaired : test.bytes) + pad;
      EXPECT_EQ(IsValidUtf8(bytes), test.repaired == nullptr) << bytes;
      EXPECT_EQ(RepairUtf8(bytes), repaired);
    }
  }
}

TEST(SourceTextTest, LinesAndLineEnds) {
  const SourceText text = MakeSourceText("a\r\nb\rc\n\nd", nullptr);
  EXPECT_EQ(text.utf8, "a\nb\nc\n\nd");
  EXPECT_EQ(text.line_starts, (std::vector<uint32_t>{0, 2, 4, 6, 7}));
  EXPECT_EQ(text.language->name, "text");
  EXPECT_EQ(text.Lines(1, 1), "a\n");
  EXPECT_EQ(text.Lines(2, 4), "b\nc\n\n");
  EXPECT_EQ(text.Lines(5, 5), "d");
  EXPECT_EQ(text.Lines(0, 99), text.utf8);
  EXPECT_EQ(text.Lines(6, 6), "");
  EXPECT_EQ(text.Lines(3, 2), "");
  EXPECT_EQ(MakeSourceText("a\n", nullptr).line_count(), 1u);
  EXPECT_EQ(MakeSourceText("\n", nullptr).line_count(), 1u);
  EXPECT_EQ(MakeSourceText("", nullptr).line_count(), 0u);
  EXPECT_EQ(MakeSourceText("", nullptr).Lines(1, 1), "");
  EXPECT_EQ(MakeSourceText("\r\r\n\r", nullptr).utf8, "\n\n\n");
  EXPECT_EQ(MakeSourceText("a\xFFz", nullptr).utf8, "a\xEF\xBF\xBDz");
}

TEST(DecodeSourceTest, SkipsWithTheirReasons) {
  const std::string code = "int main(void) { return 0; }\n";
  EXPECT_EQ(Outcome("a.c", code), "c");
  EXPECT_EQ(Outcome("a.c", ""), "empty");
  EXPECT_EQ(Outcome("a.c", " \n\t\r\n"), "empty");
  EXPECT_EQ(Outcome("a.c", "\xEF\xBB\xBF"), "empty");
  EXPECT_EQ(Outcome("a.png", "x"), "binary");
  EXPECT_EQ(Outcome("a.c", std::string("int\0x;\n", 7)), "binary");
  EXPECT_EQ(Outcome("a.c", std::string(100, '\x01')), "binary");
  EXPECT_EQ(Outcome("LICENSE", std::string("\x7F"
                                           "ELF\x02\x01\x01\0\0\0",
                                           10)),
            "binary");
  EXPECT_EQ(Outcome("a.xyz", code), "unknown_type");
  EXPECT_EQ(Outcome("a.xyz", "#!/bin/sh\nexit\n"), "bash");
  EXPECT_EQ(Outcome("tool", "#!/usr/bin/env python3\nprint()\n"), "python");
  EXPECT_EQ(Outcome("LICENSE", "Licence\n"), "text");
}

TEST(DecodeSourceTest, SizeLimits) {
  const auto lines = [](size_t bytes) {
    std::string text;
    while (text.size() < bytes) text += "a line of some words\n";
    return text;
  };
  const SourceLimits limits{.max_code_bytes = 1000, .max_text_bytes = 5000};
  EXPECT_EQ(Outcome("a.c", lines(900), limits), "c");
  EXPECT_EQ(Outcome("a.c", lines(1001), limits), "too_large");
  EXPECT_EQ(Outcome("a.json", lines(1001), limits), "too_large");
  EXPECT_EQ(Outcome("a.md", lines(4900), limits), "markdown");
  EXPECT_EQ(Outcome("a.md", lines(5001), limits), "too_large");
  EXPECT_EQ(Outcome("a.c", *Encode("\xEF\xBB\xBF" + lines(900), "UTF-16LE"), limits), "c");
  EXPECT_EQ(SkipBeforeReading("a.c", 100'000'000, {}), SkipReason::kTooLarge);
  EXPECT_EQ(SkipBeforeReading("a.bin", 1, {}), SkipReason::kBinary);
  EXPECT_EQ(SkipBeforeReading("a.xyz", 100'000'000, {}), SkipReason::kUnknownType);
  EXPECT_EQ(SkipBeforeReading("a.c", 0, {}), SkipReason::kEmpty);
  EXPECT_EQ(SkipBeforeReading("a.c", 1 << 20, {}), SkipReason::kCount);
  EXPECT_EQ(SkipBeforeReading("tool", 100, {}), SkipReason::kCount);
}

TEST(DecodeSourceTest, HugeSingleLine) {
  std::string line(100'000'000, 'x');
  EXPECT_EQ(Outcome("a.c", line), "too_large");
  // With the limits lifted it is still only looked at, not handed on.
  const SourceLimits lifted{.max_code_bytes = ~uint64_t{0}, .max_text_bytes = ~uint64_t{0}};
  EXPECT_EQ(Outcome("a.txt", line, lifted), "minified");
  EXPECT_EQ(Outcome("a.c", std::move(line), lifted), "minified");
}

TEST(DecodeSourceTest, Minified) {
  std::string bundle;
  for (int i = 0; i < 1000; ++i) bundle += "function f" + std::to_string(i) + "(){return 1}";
  EXPECT_EQ(Outcome("app.js", bundle), "minified");
  EXPECT_EQ(Outcome("app.js", "/* licence */\n" + bundle + "\n"), "minified");
  EXPECT_EQ(Outcome("app.js", bundle, {.skip_minified = false}), "javascript");
  EXPECT_EQ(Outcome("data.json", bundle), "minified");
  EXPECT_EQ(Outcome("short.js", "f();g();h()"), "javascript");
  std::string code;
  for (int i = 0; i < 500; ++i) code += "const a = 1; // an ordinary line\n";
  EXPECT_EQ(Outcome("app.js", code), "javascript");
  EXPECT_EQ(Outcome("app.min.js", code), "minified");
  // One long table or data line in ordinary code is no reason.
  EXPECT_EQ(Outcome("app.js", code + "const t = '" + std::string(8000, 'x') + "';\n"),
            "javascript");
  // Paragraphs of prose are long lines.
  std::string prose;
  for (int i = 0; i < 20; ++i) prose += std::string(3000, 'w') + "\n\n";
  EXPECT_EQ(Outcome("a.md", prose), "markdown");
}

TEST(DecodeSourceTest, Generated) {
  const std::pair<const char*, const char*> kGenerated[] = {
      {"a.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a\n"},
      {"a.py",
       "# -*- coding: utf-8 -*-\n# Generated by the protocol buffer compiler.  DO NOT EDIT!\nx\n"},
      {"a.js", "/**\n * @generated SignedSource<<abc>>\n */\nx\n"},
      {"a.cs", "//------\n// <auto-generated>\n//     This code was generated by a tool.\nx\n"},
      {"a.rs", "/* automatically generated by rust-bindgen; do not edit */\nx\n"},
      {"a.zig", "//! This file is auto-generated by tools/update.zig.\nx\n"},
      {"a.sql", "-- GENERATED FILE, do not modify by hand\nx\n"},
      {"a.html", "<!-- Autogenerated page, generated: do not edit -->\nx\n"},
      {"package-lock.json", "{\n}\n"},
      {"sub/Cargo.lock", "x\n"},
  };
  for (const auto& [path, text] : kGenerated) {
    const std::string outcome = Outcome(path, text);
    EXPECT_TRUE(outcome == "generated" || outcome == "unknown_type") << path << " " << outcome;
  }
  EXPECT_EQ(Outcome("a.go", kGenerated[0].second), "generated");
  EXPECT_EQ(Outcome("a.go", kGenerated[0].second, {.skip_generated = false}), "go");
  const std::pair<const char*, const char*> kWritten[] = {
      {"a.java", "import javax.annotation.Generated;\n@Generated(\"x\")\nclass A {}\n"},
      {"a.py", "MARK = '@generated'\n"},
      {"a.py", "# Writes a header with `@generated` in it.\nx\n"},
      {"a.py", "text = 'Code generated by x. DO NOT EDIT.'\n"},
      {"a.c", "// The tables below were generated by hand.\nint x;\n"},
      {"a.md", "# DO NOT EDIT generated files\n"},
      {"a.go",
       "package a\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n// DO NOT EDIT the next line\n"},
  };
  for (const auto& [path, text] : kWritten) EXPECT_NE(Outcome(path, text), "generated") << text;
}

// Arbitrary bytes: whatever comes out is valid UTF-8 whose lines cover it.
TEST(DecodeSourceTest, RandomBytesHoldTheInvariants) {
  std::mt19937 random(20240607);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes(random() % 400, '\0');
    const unsigned range = random() % 2 == 0 ? 256 : 128;
    for (char& c : bytes) {
      c = static_cast<char>(random() % range);
      if (c == '\0' && random() % 4 != 0) c = '\n';
      if (c > 0 && c < ' ' && random() % 8 != 0) c = '\r';
    }
    const SourceOrSkip result = Decode("a.c", bytes);
    if (result.skipped) continue;
    const SourceText& text = result.text;
    EXPECT_TRUE(IsValidUtf8(text.utf8));
    EXPECT_EQ(text.utf8.find('\r'), std::string::npos);
    std::string joined;
    for (uint32_t line = 1; line <= text.line_count(); ++line) joined += text.Lines(line, line);
    EXPECT_EQ(joined, text.utf8);
  }
}

}  // namespace
}  // namespace sg
