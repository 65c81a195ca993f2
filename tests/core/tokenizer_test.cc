// Tokenizers: small hand-made tokenizer.json files with the results that the published library
// gives for them, the errors for what cannot be read, and the goldens of
// tests/core/data/tokenizers.

#include "core/text/tokenizer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/temp_tree.h"

namespace sg {
namespace {

constexpr const char* kBert = R"({
  "version": "1.0",
  "added_tokens": [
    {"id": 0, "content": "[UNK]", "special": true, "normalized": false},
    {"id": 3, "content": "[MASK]", "special": true, "normalized": false, "lstrip": true}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 8,
            "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[MASK]": 3, "get": 4, "##user": 5,
                      "##id": 6, "cafe": 7, "!": 8, "漢": 9, "un": 10, "##a": 11}}})";

std::unique_ptr<Tokenizer> Parse(const std::string& json) {
  Result<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::FromJson(json);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  return tokenizer.ok() ? std::move(*tokenizer) : nullptr;
}

// "id[begin,end) id[begin,end)", with ! behind special tokens.
std::string Show(const Tokenizer& tokenizer, std::string_view text, bool special = false) {
  const Result<Encoding> encoding = tokenizer.Encode(text, special);
  if (!encoding.ok()) return encoding.status().message();
  std::ostringstream out;
  for (size_t i = 0; i < encoding->size(); ++i) {
    out << (i == 0 ? "" : " ") << encoding->ids[i];
    if (encoding->special[i] != 0) {
      out << '!';
    } else {
      out << '[' << encoding->spans[i].begin << ',' << encoding->spans[i].end << ')';
    }
  }
  return out.str();
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Tokenizer, BertNormalizesCutsAndMatchesLongestFirst) {
  const auto tokenizer = Parse(kBert);
  EXPECT_EQ(Show(*tokenizer, "GetUserId!"), "0[0,9) 8[9,10)");  // 9 characters: too long
  EXPECT_EQ(Show(*tokenizer, "getUser CAFÉ", true), "1! 4[0,3) 5[3,7) 7[8,13) 2!");
  EXPECT_EQ(Show(*tokenizer,
                 "caf\x01"
                 "e\xCC\x81漢!"),
            "7[0,5) 9[7,10) 8[10,11)");
  EXPECT_EQ(Show(*tokenizer, "un una unb"), "10[0,2) 10[3,5) 11[5,6) 0[7,10)");
  EXPECT_EQ(Show(*tokenizer, ""), "");
  EXPECT_EQ(Show(*tokenizer, "", true), "1! 2!");
  EXPECT_EQ(Show(*tokenizer, "get  [MASK]id"), "4[0,3) 3[3,11) 0[11,13)");
}

TEST(Tokenizer, BrokenUtf8CountsAsReplacementCharacter) {
  const auto tokenizer = Parse(Replaced(kBert, "\"clean_text\": true", "\"clean_text\": false"));
  EXPECT_EQ(Show(*tokenizer, "get \xE6\xBC get"), "4[0,3) 0[4,6) 4[7,10)");
  EXPECT_EQ(Show(*tokenizer, "\xFF"), "0[0,1)");
}

TEST(Tokenizer, KnowsItsVocabulary) {
  const auto tokenizer = Parse(kBert);
  EXPECT_EQ(tokenizer->TokenToId("##id"), 6u);
  EXPECT_EQ(tokenizer->TokenToId("nothing"), std::nullopt);
  EXPECT_EQ(tokenizer->IdToToken(9), "漢");
  EXPECT_EQ(tokenizer->vocabulary_size(), 12u);
}

constexpr const char* kByteLevel = R"({
  "added_tokens": [{"id": 9, "content": "<mask>", "special": true, "lstrip": true,
                    "normalized": true}],
  "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true},
  "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 8], "cls": ["<s>", 7],
                     "trim_offsets": true, "add_prefix_space": false},
  "model": {"vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4, "Ã": 5, "©": 6, "Ġa": 10},
            "merges": ["a b", "Ġ ab", "Ġ a"]}})";

TEST(Tokenizer, ByteLevelBpeMergesByRankAndTrimsSpaces) {
  const auto tokenizer = Parse(kByteLevel);
  EXPECT_EQ(Show(*tokenizer, "ab ab a", true), "7! 3[0,2) 4[3,5) 10[6,7) 8!");
  EXPECT_EQ(Show(*tokenizer, "é"), "5[0,2) 6[0,2)");  // each byte stands for the whole character
  EXPECT_EQ(Show(*tokenizer, "a  b"), "0[0,1) 2[2,2) 2[3,3) 1[3,4)");
  EXPECT_EQ(Show(*tokenizer, "a <mask>b"), "0[0,1) 8[2,8) 1[8,9)");
  EXPECT_EQ(Show(*tokenizer, "axb"), "3[0,2)");  // without an unknown token x vanishes
}

TEST(Tokenizer, MergesMayBePairsAndLongWordsAgreeWithShortOnes) {
  const auto tokenizer = Parse(
      Replaced(kByteLevel, R"(["a b", "Ġ ab", "Ġ a"])", R"([["a","b"],["Ġ","ab"],["Ġ","a"]])"));
  std::string text;
  for (int i = 0; i < 500; ++i) text += "abaabb";
  const Result<Encoding> encoding = tokenizer->Encode(text, false);
  ASSERT_TRUE(encoding.ok());
  ASSERT_EQ(encoding->size(), 2000u);
  for (size_t i = 0; i < 2000; i += 4) {
    EXPECT_EQ(encoding->ids[i], 3u);
    EXPECT_EQ(encoding->ids[i + 1], 0u);
    EXPECT_EQ(encoding->ids[i + 2], 3u);
    EXPECT_EQ(encoding->ids[i + 3], 1u);
  }
}

constexpr const char* kUnigram = R"({
  "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "</s>", "type_id": 0}}],
    "pair": [], "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
  "model": {"unk_id": 0, "vocab": [["<unk>", 0], ["</s>", 0], ["▁", -3], ["a", -2], ["b", -2.5],
            ["ab", -4], ["▁ab", -5], ["abab", -6.5]]}})";

TEST(Tokenizer, UnigramTakesTheBestPathAndFusesUnknowns) {
  const auto tokenizer = Parse(kUnigram);
  EXPECT_EQ(Show(*tokenizer, "ab abab", true), "6[0,2) 6[2,5) 5[5,7) 1!");
  EXPECT_EQ(Show(*tokenizer, "axyb"), "2[0,1) 3[0,1) 0[1,3) 4[3,4)");
}

struct BadFile {
  const char* json;
  const char* reason;
};

TEST(Tokenizer, WhatItCannotReadIsAnErrorThatSaysWhy) {
  const std::string model = R"("model": {"type": "BPE", "vocab": {"a": 0}, "merges": []})";
  const BadFile cases[] = {
      {"", "not valid JSON"},
      {"[]", "not an object"},
      {"{}", "no model"},
      {R"({"model": 3})", "no model"},
      {R"({"version": "2.0", %})", "version"},
      {R"({"surprise": 1, %})", "unknown setting 'surprise'"},
      {R"({"normalizer": {"type": "Rot13"}, %})", "'Rot13'"},
      {R"({"normalizer": {"type": "Lowercase", "locale": "tr"}, %})", "unknown setting 'locale'"},
      {R"({"normalizer": {"type": "BertNormalizer", "lowercase": "yes"}, %})", "true or false"},
      {R"({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}, %})", "charsmap"},
      {R"({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "A*"}, %})", "base64"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}, %})",
       "does not compile"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": 3, "behavior": "Isolated"}, %})",
       "pattern"},
      {R"({"pre_tokenizer": {"type": "Split", "pattern": {"String": "a"}, "behavior": "X"}, %})",
       "split behavior"},
      {R"({"post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken":
          {"id": "[X]", "type_id": 0}}], "special_tokens": {}}, %})",
       "'[X]'"},
      {R"({"added_tokens": [{"content": 3}], %})", "a string"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}})",
       "not over the vocabulary"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}})", "no pair"},
      {R"({"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}})", "impossible id"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}})", "dropout"},
      {R"({"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}})", "'WordLevel'"},
      {R"({"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "u"}})", "unknown token"},
      {R"({"model": {"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1}})", "outside"},
      {R"({"model": {"type": "Unigram", "vocab": [["a"]]}})", "[piece, score]"},
  };
  for (const BadFile& c : cases) {
    std::string json = c.json;
    if (const size_t at = json.find('%'); at != std::string::npos) json.replace(at, 1, model);
    const Result<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::FromJson(json);
    ASSERT_FALSE(tokenizer.ok()) << json;
    EXPECT_NE(tokenizer.status().message().find(c.reason), std::string::npos)
        << json << "\n  said: " << tokenizer.status().message();
  }
}

TEST(Tokenizer, DeeplyNestedSequencesAreRefused) {
  std::string json = R"({"normalizer": )";
  for (int i = 0; i < 10000; ++i) json += R"({"type":"Sequence","normalizers":[)";
  json += R"({"type":"NFC"})";
  for (int i = 0; i < 10000; ++i) json += "]}";
  json += R"(, "model": {"type": "BPE", "vocab": {}, "merges": []}})";
  EXPECT_FALSE(Tokenizer::FromJson(json).ok());
}

// Goldens of the published libraries; tools/reference/tokenizer_goldens.py writes them.
const std::string kData = "tests/core/data/tokenizers/";

// Compares every line {"text", "ids"[, "spans"]} of a golden.
void ExpectGolden(const Tokenizer& tokenizer, const std::string& golden, bool special) {
  std::ifstream in(golden);
  size_t lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    const nlohmann::json want = nlohmann::json::parse(line);
    const std::string text = want["text"];
    const Result<Encoding> got = tokenizer.Encode(text, special);
    ASSERT_TRUE(got.ok()) << got.status().message();
    EXPECT_EQ(nlohmann::json(got->ids), want["ids"]) << golden << ": " << text;
    if (!want.contains("spans")) continue;
    nlohmann::json spans = nlohmann::json::array();
    for (const ByteSpan& span : got->spans) spans.push_back({span.begin, span.end});
    EXPECT_EQ(spans, want["spans"]) << golden << ": " << text;
  }
  EXPECT_GT(lines, 15u) << golden;
}

TEST(Tokenizer, EqualsThePublishedLibrary) {
  for (const std::string name : {"wordpiece", "roberta", "qwen", "characters", "unigram"}) {
    const auto tokenizer = Tokenizer::FromFile(kData + name + ".json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
    ExpectGolden(**tokenizer, kData + name + ".golden", /*special=*/true);
  }
}

TEST(Tokenizer, EqualsSentencePiece) {
  const auto tokenizer = Tokenizer::FromFile(kData + "spiece.model");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  ExpectGolden(**tokenizer, kData + "spiece.golden", /*special=*/false);
}

// The numbers of fairseq: its four special tokens first, every piece of SentencePiece one higher,
// <mask> last. Ids by transformers' XLMRobertaTokenizer.
TEST(Tokenizer, XlmRobertaNumbersPiecesAsFairseqDoes) {
  const std::string folder = kData + "xlm-roberta";
  const auto tokenizer = Tokenizer::FromFolder(folder);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
  std::ifstream in(folder + "/tokens.json");
  const auto numbers = nlohmann::json::parse(in);
  for (const auto& [token, id] : numbers.items()) {
    EXPECT_EQ((*tokenizer)->TokenToId(token), id.get<uint32_t>()) << token;
  }
  std::ifstream golden(folder + "/golden");
  size_t lines = 0;
  for (std::string line; std::getline(golden, line); ++lines) {
    const auto want = nlohmann::json::parse(line);
    const std::string text = want["text"];
    const auto got = (*tokenizer)->Encode(text, /*add_special_tokens=*/true);
    ASSERT_TRUE(got.ok()) << text;
    EXPECT_EQ(nlohmann::json(got->ids), want["ids"]) << text;
  }
  EXPECT_GT(lines, 15u);
}

// A folder with some of the older files, made from a tokenizer.json of the goldens.
class OlderFiles : public testing::Test {
 protected:
  void Write(const std::string& name, const std::string& bytes) { tree_.Write(name, bytes); }

  static nlohmann::json Golden(const std::string& name) {
    std::ifstream in(kData + name + ".json");
    return nlohmann::json::parse(in);
  }

  void ExpectLikeGolden(const std::string& name) {
    const auto tokenizer = Tokenizer::FromFolder(folder_);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().message();
    ExpectGolden(**tokenizer, kData + name + ".golden", /*special=*/true);
  }

  void WriteBpe(const nlohmann::json& model, const std::string& first_line) {
    Write("vocab.json", model["vocab"].dump());
    std::string merges = first_line;
    for (const auto& merge : model["merges"]) {
      merges += merge[0].get<std::string>() + ' ' + merge[1].get<std::string>() + '\n';
    }
    Write("merges.txt", merges);
  }

  const TempTree tree_;
  const std::string folder_ = tree_.path();
};

TEST_F(OlderFiles, VocabTxt) {
  const nlohmann::json vocab = Golden("wordpiece")["model"]["vocab"];
  std::vector<std::string> lines(vocab.size());
  for (const auto& [piece, id] : vocab.items()) lines[id] = piece;
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  Write("vocab.txt", text);
  ExpectLikeGolden("wordpiece");
  Write("tokenizer_config.json", R"({"do_lower_case": false})");
  const auto cased = Tokenizer::FromFolder(folder_);
  ASSERT_TRUE(cased.ok());
  const auto upper = (*cased)->Encode("Q", false), lower = (*cased)->Encode("q", false);
  EXPECT_NE(upper->ids, lower->ids);
  Write("tokenizer_config.json", R"({"do_basic_tokenize": false})");
  EXPECT_EQ(Tokenizer::FromFolder(folder_).status().code(), StatusCode::kUnsupported);
}

TEST_F(OlderFiles, VocabJsonAndMergesOfRoberta) {
  WriteBpe(Golden("roberta")["model"], "#version: 0.2\n");
  EXPECT_EQ(Tokenizer::FromFolder(folder_).status().code(), StatusCode::kUnsupported);
  Write("config.json", R"({"model_type": "roberta"})");
  ExpectLikeGolden("roberta");
}

TEST_F(OlderFiles, VocabJsonAndMergesOfQwenWithoutVersionLine) {
  WriteBpe(Golden("qwen")["model"], "");
  Write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2Tokenizer"})");
  ExpectLikeGolden("qwen");
}

TEST_F(OlderFiles, SentencePieceNumbersDependOnTheModel) {
  std::filesystem::copy(kData + "spiece.model", folder_ + "/spiece.model");
  const auto t5 = Tokenizer::FromFolder(folder_);
  ASSERT_TRUE(t5.ok()) << t5.status().message();
  EXPECT_EQ((*t5)->TokenToId("</s>"), 1u);
  EXPECT_EQ((*t5)->TokenToId("<extra_id_0>"), (*t5)->vocabulary_size() - 1);
  const auto encoding = (*t5)->Encode("x", /*add_special_tokens=*/true);
  EXPECT_EQ(encoding->ids.back(), 1u);
  Write("spiece.model", "\x0A\xFF");
  EXPECT_EQ(Tokenizer::FromFolder(folder_).status().code(), StatusCode::kCorrupt);
}

TEST_F(OlderFiles, FolderWithoutTokenizerIsNotFound) {
  EXPECT_EQ(Tokenizer::FromFolder(folder_).status().code(), StatusCode::kNotFound);
}

TEST(Tokenizer, ThreadsShareOne) {
  const auto tokenizer = Parse(kBert);
  const std::string want = Show(*tokenizer, "getUser CAFÉ 漢 [MASK]", true);
  std::vector<std::string> got(8);
  std::vector<std::thread> threads;
  for (std::string& result : got) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) result = Show(*tokenizer, "getUser CAFÉ 漢 [MASK]", true);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : got) EXPECT_EQ(result, want);
}

}  // namespace
}  // namespace sg
