// Finds the tokenizer of a model folder. Where there is no tokenizer.json, the older files are put
// together as the class that tokenizer_config.json or config.json names does in the `transformers`
// library.

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base/file.h"
#include "core/text/ascii.h"
#include "core/text/sentencepiece_model.h"
#include "core/text/tokenizer_parts.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxFileBytes = uint64_t{1} << 28;
constexpr uint32_t kMaxId = 1u << 26;

constexpr const char* kQwenSplit =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// An object, or an empty one where the file does not exist.
Result<Json> ReadJson(const std::string& path) {
  if (!IsRegularFile(path)) return Json::object();
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  Json json = Json::parse(bytes, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return CorruptError(path + " is not a JSON object");
  return json;
}

// The settings around a vocabulary: tokenizer_config.json, special_tokens_map.json,
// added_tokens.json, and the model's own config.json for its kind.
struct Surroundings {
  Json config = Json::object();
  Json special = Json::object();
  Json added = Json::object();
  std::string model_type;

  static Result<Surroundings> Read(const std::string& folder) {
    Surroundings s;
    SG_ASSIGN_OR_RETURN(s.config, ReadJson(folder + "/tokenizer_config.json"));
    SG_ASSIGN_OR_RETURN(s.special, ReadJson(folder + "/special_tokens_map.json"));
    SG_ASSIGN_OR_RETURN(s.added, ReadJson(folder + "/added_tokens.json"));
    SG_ASSIGN_OR_RETURN(const Json model, ReadJson(folder + "/config.json"));
    s.model_type = Text(model, "model_type").value_or("");
    return s;
  }

  // A string, or the content of a token object.
  static std::optional<std::string> Text(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end()) return std::nullopt;
    if (found->is_string()) return found->get<std::string>();
    if (!found->is_object()) return std::nullopt;
    const auto content = found->find("content");
    if (content == found->end() || !content->is_string()) return std::nullopt;
    return content->get<std::string>();
  }

  // E.g. key "cls_token".
  std::string Token(const char* key, const char* default_value) const {
    if (const auto text = Text(config, key)) return *text;
    return Text(special, key).value_or(default_value);
  }

  Result<bool> Bool(const char* key, bool default_value) const {
    const auto found = config.find(key);
    if (found == config.end() || found->is_null()) return default_value;
    if (!found->is_boolean()) {
      return CorruptError(std::string("tokenizer_config.json: ") + key + " is not true or false");
    }
    return found->get<bool>();
  }

  // The tokenizer's class without "Fast"; from the kind of model where it is not named.
  std::string Class() const {
    std::string name = Text(config, "tokenizer_class").value_or("");
    if (name.ends_with("Fast")) name.resize(name.size() - 4);
    if (!name.empty()) return name;
    if (model_type == "roberta") return "RobertaTokenizer";
    if (model_type == "gpt2") return "GPT2Tokenizer";
    if (model_type == "qwen2") return "Qwen2Tokenizer";
    if (model_type == "t5" || model_type == "mt5") return "T5Tokenizer";
    if (model_type == "xlm-roberta") return "XLMRobertaTokenizer";
    return "";
  }

  // The tokens that the files add to the vocabulary, with `defaults` where they list none.
  Result<std::vector<AddedToken>> AddedTokenList(std::vector<AddedToken> defaults) const;
};

bool Flag(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_boolean() && found->get<bool>();
}

Result<std::vector<AddedToken>> Surroundings::AddedTokenList(
    std::vector<AddedToken> defaults) const {
  std::vector<AddedToken> tokens;
  if (const auto decoder = config.find("added_tokens_decoder");
      decoder != config.end() && decoder->is_object()) {
    for (const auto& [id_text, json] : decoder->items()) {
      const bool digits =
          !id_text.empty() && id_text.size() < 9 &&
          std::all_of(id_text.begin(), id_text.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!digits || !json.is_object() || !json.contains("content") ||
          !json["content"].is_string() || std::stoul(id_text) >= kMaxId) {
        return CorruptError("tokenizer_config.json: added_tokens_decoder is broken");
      }
      tokens.push_back({.content = json["content"],
                        .single_word = Flag(json, "single_word"),
                        .lstrip = Flag(json, "lstrip"),
                        .rstrip = Flag(json, "rstrip"),
                        .normalized = Flag(json, "normalized"),
                        .special = Flag(json, "special"),
                        .id = static_cast<uint32_t>(std::stoul(id_text))});
    }
  } else {
    tokens = std::move(defaults);
    for (const auto& entry : added.items()) {
      const std::string& content = entry.key();
      const Json& id = entry.value();
      if (!id.is_number_unsigned() || id.get<uint64_t>() >= kMaxId) {
        return CorruptError("added_tokens.json has an impossible id");
      }
      const auto listed = std::find_if(tokens.begin(), tokens.end(),
                                       [&](const AddedToken& t) { return t.content == content; });
      if (listed != tokens.end()) {
        listed->id = id.get<uint32_t>();
      } else {
        tokens.push_back({.content = content, .id = id.get<uint32_t>()});
      }
    }
  }
  std::stable_sort(tokens.begin(), tokens.end(), [](const AddedToken& a, const AddedToken& b) {
    return a.id.value_or(0) < b.id.value_or(0);
  });
  return tokens;
}

AddedToken Special(std::string content, bool lstrip = false) {
  return {.content = std::move(content), .lstrip = lstrip, .normalized = false, .special = true};
}

Result<uint32_t> IdOf(const TokenizerParts& parts, const std::string& token) {
  if (const auto id = parts.added_tokens.Find(token)) return *id;
  if (const auto id = parts.model->vocabulary().Find(token)) return *id;
  return CorruptError("the vocabulary lacks the special token '" + token + "'");
}

Status FinishTokens(const Surroundings& around, std::vector<AddedToken> defaults,
                    TokenizerParts* parts) {
  SG_ASSIGN_OR_RETURN(auto tokens, around.AddedTokenList(std::move(defaults)));
  SG_ASSIGN_OR_RETURN(
      parts->added_tokens,
      AddedTokens::Build(std::move(tokens), parts->model->vocabulary(), parts->normalizer.get()));
  return Status::Ok();
}

// --- vocab.txt

Result<TokenizerParts> LoadWordPiece(const std::string& path, const Surroundings& around) {
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  if (!IsValidUtf8(bytes)) return CorruptError("it is not UTF-8");
  const auto never_split = around.config.find("never_split");
  const bool has_never_split = never_split != around.config.end() && !never_split->is_null() &&
                               !(never_split->is_array() && never_split->empty());
  SG_ASSIGN_OR_RETURN(const bool basic, around.Bool("do_basic_tokenize", true));
  if (!basic || has_never_split) {
    return UnsupportedError("tokenizer_config.json sets do_basic_tokenize or never_split");
  }
  BertNormalizerOptions options;
  SG_ASSIGN_OR_RETURN(options.lowercase, around.Bool("do_lower_case", true));
  SG_ASSIGN_OR_RETURN(options.handle_chinese_chars, around.Bool("tokenize_chinese_chars", true));
  SG_ASSIGN_OR_RETURN(const bool strip, around.Bool("strip_accents", options.lowercase));
  options.strip_accents = strip;
  std::vector<std::pair<std::string, uint32_t>> entries;
  for (std::string_view rest = bytes; !rest.empty();) {
    entries.emplace_back(TakeTextLine(&rest), static_cast<uint32_t>(entries.size()));
  }
  TokenizerParts parts;
  const std::string unk = around.Token("unk_token", "[UNK]");
  SG_ASSIGN_OR_RETURN(parts.model,
                      MakeWordPiece(Vocabulary(std::move(entries)), {.unk_token = unk}));
  parts.normalizer = MakeBertNormalizer(options);
  parts.pre_tokenizer = MakeBertPreTokenizer();
  const std::string cls = around.Token("cls_token", "[CLS]");
  const std::string sep = around.Token("sep_token", "[SEP]");
  SG_RETURN_IF_ERROR(
      FinishTokens(around,
                   {Special(around.Token("pad_token", "[PAD]")), Special(unk), Special(cls),
                    Special(sep), Special(around.Token("mask_token", "[MASK]"))},
                   &parts));
  SG_ASSIGN_OR_RETURN(const uint32_t cls_id, IdOf(parts, cls));
  SG_ASSIGN_OR_RETURN(const uint32_t sep_id, IdOf(parts, sep));
  parts.post_processor = MakeTemplate({cls_id}, {sep_id});
  return parts;
}

// --- vocab.json and merges.txt

Result<TokenModelPtr> LoadByteLevelBpe(const std::string& folder) {
  SG_ASSIGN_OR_RETURN(const Json vocab, ReadJson(folder + "/vocab.json"));
  std::vector<std::pair<std::string, uint32_t>> entries;
  for (const auto& [piece, id] : vocab.items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= kMaxId) {
      return CorruptError("vocab.json has an impossible id for '" + piece + "'");
    }
    entries.emplace_back(piece, id.get<uint32_t>());
  }
  SG_ASSIGN_OR_RETURN(const std::string merges_text,
                      ReadFile(folder + "/merges.txt", kMaxFileBytes));
  std::vector<Merge> merges;
  for (std::string_view rest = merges_text; !rest.empty();) {
    const std::string_view line = TakeTextLine(&rest);
    if (line.empty() || line.starts_with("#version")) continue;
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
      return CorruptError("merges.txt has a line that is no pair: " +
                          std::string(line.substr(0, 80)));
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return MakeBpe(Vocabulary(std::move(entries)), merges, {.byte_level = true});
}

Result<TokenizerParts> LoadRoberta(const std::string& folder, const Surroundings& around) {
  TokenizerParts parts;
  SG_ASSIGN_OR_RETURN(parts.model, LoadByteLevelBpe(folder));
  SG_ASSIGN_OR_RETURN(const bool prefix, around.Bool("add_prefix_space", false));
  parts.pre_tokenizer = MakeByteLevel(prefix, /*use_regex=*/true, /*map_bytes=*/false);
  const std::string cls = around.Token("cls_token", "<s>");
  const std::string sep = around.Token("sep_token", "</s>");
  SG_RETURN_IF_ERROR(FinishTokens(
      around,
      {Special(around.Token("bos_token", "<s>")), Special(around.Token("pad_token", "<pad>")),
       Special(around.Token("eos_token", "</s>")), Special(around.Token("unk_token", "<unk>")),
       Special(around.Token("mask_token", "<mask>"), /*lstrip=*/true)},
      &parts));
  SG_ASSIGN_OR_RETURN(const uint32_t cls_id, IdOf(parts, cls));
  SG_ASSIGN_OR_RETURN(const uint32_t sep_id, IdOf(parts, sep));
  std::vector<PostProcessorPtr> steps;
  steps.push_back(MakeTrimOffsets(prefix));
  steps.push_back(MakeTemplate({cls_id}, {sep_id}));
  parts.post_processor = MakePostProcessorSequence(std::move(steps));
  return parts;
}

Result<TokenizerParts> LoadGpt2(const std::string& folder, const Surroundings& around) {
  TokenizerParts parts;
  SG_ASSIGN_OR_RETURN(const bool add_bos, around.Bool("add_bos_token", false));
  if (add_bos) return UnsupportedError("tokenizer_config.json sets add_bos_token");
  SG_ASSIGN_OR_RETURN(parts.model, LoadByteLevelBpe(folder));
  SG_ASSIGN_OR_RETURN(const bool prefix, around.Bool("add_prefix_space", false));
  parts.pre_tokenizer = MakeByteLevel(prefix, /*use_regex=*/true, /*map_bytes=*/false);
  SG_RETURN_IF_ERROR(
      FinishTokens(around, {Special(around.Token("eos_token", "<|endoftext|>"))}, &parts));
  return parts;
}

Result<TokenizerParts> LoadQwen2(const std::string& folder, const Surroundings& around) {
  TokenizerParts parts;
  SG_ASSIGN_OR_RETURN(parts.model, LoadByteLevelBpe(folder));
  parts.normalizer = MakeUnicodeNormalizer(UnicodeForm::kNfc);
  std::vector<PreTokenizerPtr> steps;
  SG_ASSIGN_OR_RETURN(auto pattern, MakeRegexPattern(kQwenSplit));
  steps.push_back(MakeSplit(std::move(pattern), SplitBehavior::kIsolated, /*invert=*/false));
  parts.pre_tokenizer = MakePreTokenizerSequence(std::move(steps));
  SG_RETURN_IF_ERROR(
      FinishTokens(around, {Special(around.Token("eos_token", "<|endoftext|>"))}, &parts));
  return parts;
}

Result<TokenizerParts> LoadBpe(const std::string& folder, const Surroundings& around) {
  const std::string name = around.Class();
  if (name == "RobertaTokenizer") return LoadRoberta(folder, around);
  if (name == "GPT2Tokenizer") return LoadGpt2(folder, around);
  if (name == "Qwen2Tokenizer") return LoadQwen2(folder, around);
  return UnsupportedError(
      "vocab.json and merges.txt need a tokenizer_config.json that names a "
      "RobertaTokenizer, GPT2Tokenizer or Qwen2Tokenizer; it names '" +
      name + "'");
}

// --- SentencePiece

// Every kind of model numbers its pieces in its own way.
struct SentencePieceLayout {
  std::vector<ScoredPiece> pieces;
  uint32_t unk_id = 0;
  std::vector<AddedToken> special;
  std::vector<std::string> prefix, suffix;  // special tokens around a text
};

ScoredPiece Scored(const SentencePieceModel::Piece& piece) {
  return {.piece = piece.text,
          .score = piece.score,
          .in_text = piece.type == SentencePieceModel::PieceType::kNormal};
}

// T5: the model's own ids, then <extra_id_99> ... <extra_id_0>.
Result<SentencePieceLayout> T5Layout(const SentencePieceModel& model, const Surroundings& around) {
  SentencePieceLayout layout;
  for (const auto& piece : model.pieces) layout.pieces.push_back(Scored(piece));
  layout.unk_id = model.unk_id;
  layout.special = {Special(around.Token("pad_token", "<pad>")),
                    Special(around.Token("eos_token", "</s>")),
                    Special(around.Token("unk_token", "<unk>"))};
  const auto found = around.config.find("extra_ids");
  const uint64_t extra =
      found != around.config.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 100;
  if (extra > 10'000) return CorruptError("tokenizer_config.json: extra_ids is absurd");
  for (uint64_t i = extra; i-- > 0;) {
    AddedToken token = Special("<extra_id_" + std::to_string(i) + ">", /*lstrip=*/true);
    token.rstrip = true;
    layout.special.push_back(std::move(token));
  }
  layout.suffix = {around.Token("eos_token", "</s>")};
  return layout;
}

// XLM-R: fairseq's four special tokens, then the model's pieces behind its own three, then <mask>.
Result<SentencePieceLayout> XlmRobertaLayout(const SentencePieceModel& model,
                                             const Surroundings& around) {
  constexpr size_t kOwnSpecial = 3;  // <unk> <s> </s>
  if (model.pieces.size() < kOwnSpecial || model.unk_id >= kOwnSpecial) {
    return CorruptError("its first pieces are not <unk>, <s>, </s>");
  }
  SentencePieceLayout layout;
  for (const char* special : {"<s>", "<pad>", "</s>", "<unk>"}) {
    layout.pieces.push_back({.piece = special, .score = 0, .in_text = false});
  }
  layout.unk_id = 3;
  for (size_t i = kOwnSpecial; i < model.pieces.size(); ++i) {
    layout.pieces.push_back(Scored(model.pieces[i]));
  }
  const std::string mask = around.Token("mask_token", "<mask>");
  layout.pieces.push_back({.piece = mask, .score = 0, .in_text = false});
  layout.special = {Special("<s>"), Special("<pad>"), Special("</s>"), Special("<unk>"),
                    Special(mask, /*lstrip=*/true)};
  layout.prefix = {"<s>"};
  layout.suffix = {"</s>"};
  return layout;
}

Result<TokenizerParts> LoadSentencePiece(const std::string& path, const Surroundings& around) {
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  SG_ASSIGN_OR_RETURN(const SentencePieceModel model, ParseSentencePieceModel(bytes));
  std::string name = around.Class();
  if (name.empty()) {
    name = path.ends_with("sentencepiece.bpe.model") ? "XLMRobertaTokenizer" : "T5Tokenizer";
  }
  if (name != "T5Tokenizer" && name != "XLMRobertaTokenizer") {
    return UnsupportedError("sg knows no SentencePiece tokenizer of the class " + name);
  }
  SG_ASSIGN_OR_RETURN(SentencePieceLayout layout, name == "T5Tokenizer"
                                                      ? T5Layout(model, around)
                                                      : XlmRobertaLayout(model, around));
  TokenizerParts parts;
  std::optional<Charsmap> charsmap;
  if (!model.charsmap.empty()) {
    SG_ASSIGN_OR_RETURN(charsmap, Charsmap::Parse(model.charsmap));
  }
  parts.normalizer = MakeSentencePieceNormalizer(
      std::move(charsmap), {.add_dummy_prefix = model.add_dummy_prefix,
                            .remove_extra_whitespaces = model.remove_extra_whitespaces,
                            .escape_whitespaces = model.escape_whitespaces});
  SG_ASSIGN_OR_RETURN(
      parts.model, MakeUnigram(layout.pieces, {.unk_id = layout.unk_id, .single_precision = true}));
  SG_RETURN_IF_ERROR(FinishTokens(around, std::move(layout.special), &parts));
  std::vector<uint32_t> around_ids[2];
  for (const std::string& token : layout.prefix) {
    SG_ASSIGN_OR_RETURN(const uint32_t id, IdOf(parts, token));
    around_ids[0].push_back(id);
  }
  for (const std::string& token : layout.suffix) {
    SG_ASSIGN_OR_RETURN(const uint32_t id, IdOf(parts, token));
    around_ids[1].push_back(id);
  }
  parts.post_processor = MakeTemplate(std::move(around_ids[0]), std::move(around_ids[1]));
  return parts;
}

Result<TokenizerParts> LoadJson(const std::string& path) {
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  return ParseTokenizerJson(bytes);
}

Result<TokenizerParts> InContext(Result<TokenizerParts> parts, const std::string& path) {
  if (parts.ok() || parts.status().code() == StatusCode::kNotFound) return parts;
  return parts.status().WithContext("cannot read the tokenizer " + path);
}

}  // namespace

Result<TokenizerParts> LoadTokenizerFile(const std::string& path) {
  if (path.ends_with(".json")) return InContext(LoadJson(path), path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  SG_ASSIGN_OR_RETURN(const Surroundings around, Surroundings::Read(folder));
  if (path.ends_with(".txt")) return InContext(LoadWordPiece(path, around), path);
  return InContext(LoadSentencePiece(path, around), path);
}

Result<TokenizerParts> LoadTokenizerFolder(const std::string& folder) {
  for (const char* name :
       {"tokenizer.json", "spiece.model", "sentencepiece.bpe.model", "vocab.txt"}) {
    const std::string path = folder + "/" + name;
    if (IsRegularFile(path)) return LoadTokenizerFile(path);
  }
  if (IsRegularFile(folder + "/vocab.json") && IsRegularFile(folder + "/merges.txt")) {
    SG_ASSIGN_OR_RETURN(const Surroundings around, Surroundings::Read(folder));
    return InContext(LoadBpe(folder, around), folder);
  }
  return NotFoundError(folder +
                       " has no tokenizer: neither tokenizer.json nor vocab.txt, "
                       "vocab.json with merges.txt, spiece.model or "
                       "sentencepiece.bpe.model");
}

}  // namespace sg
