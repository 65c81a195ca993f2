// tokenizer.json, the file format of the Hugging Face `tokenizers` library: one object per
// component, {"type": ..., settings}. Every setting is read or refused.

#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/text/json_float.h"
#include "core/text/tokenizer_parts.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

using Json = nlohmann::json;

constexpr int kMaxNesting = 8;
constexpr uint32_t kMaxId = 1u << 26;

// Builds a document from the parser's events, reading fractions as the reference does and refusing
// what is nested absurdly deep.
class DocumentBuilder : public nlohmann::json_sax<Json> {
 public:
  Json document;

  bool null() override { return Put(nullptr); }
  bool boolean(bool value) override { return Put(value); }
  bool number_integer(number_integer_t value) override { return Put(value); }
  bool number_unsigned(number_unsigned_t value) override { return Put(value); }
  bool number_float(number_float_t, const string_t& text) override {
    return Put(ReadJsonFloat(text));
  }
  bool string(string_t& value) override { return Put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static constexpr size_t kMaxDepth = 64;

  // Where the next value goes.
  Json* Add(Json value) {
    if (open_.empty()) {
      document = std::move(value);
      return &document;
    }
    Json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    Json& slot = parent[std::move(key_)];
    slot = std::move(value);
    return &slot;
  }

  template <typename T>
  bool Put(T&& value) {
    Add(Json(std::forward<T>(value)));
    return true;
  }

  bool Open(Json container) {
    if (open_.size() == kMaxDepth) return false;
    Json* const place = Add(std::move(container));
    open_.push_back(place);
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  // The containers that are not closed yet; a parent does not change while a child is open.
  std::vector<Json*> open_;
  std::string key_;
};

// A component's settings. The first wrong one becomes the status, and the getters return defaults
// from then on, so that a component is read in a few lines and checked once.
class Settings {
 public:
  // REQUIRES: `json` outlives this.
  Settings(const Json& json, std::string where, std::initializer_list<std::string_view> known)
      : json_(json), where_(std::move(where)) {
    if (!json.is_object()) {
      Fail(CorruptError(where_ + " is not an object"));
      return;
    }
    for (const auto& [key, value] : json.items()) {
      const bool is_known =
          key == "type" || std::find(known.begin(), known.end(), key) != known.end();
      if (!is_known) Fail(UnsupportedError(where_ + " has the unknown setting '" + key + "'"));
    }
  }

  const Status& status() const { return status_; }
  const std::string& where() const { return where_; }

  // Null if it is missing or null.
  const Json* Find(const char* key) const {
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  bool Bool(const char* key, bool default_value) {
    const Json* value = Find(key);
    if (value == nullptr) return default_value;
    if (!value->is_boolean()) Wrong(key, "true or false");
    return value->is_boolean() ? value->get<bool>() : default_value;
  }

  std::string String(const char* key, const char* default_value) {
    const Json* value = Find(key);
    if (value == nullptr) return default_value;
    if (!value->is_string()) Wrong(key, "a string");
    return value->is_string() ? value->get<std::string>() : default_value;
  }

  uint64_t Count(const char* key, uint64_t default_value) {
    const Json* value = Find(key);
    if (value == nullptr) return default_value;
    if (!value->is_number_unsigned()) Wrong(key, "a count");
    return value->is_number_unsigned() ? value->get<uint64_t>() : default_value;
  }

  void Fail(Status status) {
    if (status_.ok()) status_ = std::move(status);
  }
  void Wrong(const std::string& key, const std::string& wanted) {
    Fail(CorruptError(where_ + "." + key + " is not " + wanted));
  }

 private:
  const Json& json_;
  std::string where_;
  Status status_;
};

Result<std::string> TypeOf(const Json& json, const std::string& where) {
  if (!json.is_object()) return CorruptError(where + " is not an object");
  const auto type = json.find("type");
  if (type == json.end() || !type->is_string()) return CorruptError(where + " has no type");
  return type->get<std::string>();
}

Status UnknownType(const std::string& where, const std::string& type) {
  return UnsupportedError(where + " has the type '" + type + "', which sg does not know");
}

Result<std::string> DecodeBase64(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0;
  int bit_count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    uint32_t digit;
    if (c >= 'A' && c <= 'Z')
      digit = static_cast<uint32_t>(c - 'A');
    else if (c >= 'a' && c <= 'z')
      digit = static_cast<uint32_t>(c - 'a') + 26;
    else if (c >= '0' && c <= '9')
      digit = static_cast<uint32_t>(c - '0') + 52;
    else if (c == '+')
      digit = 62;
    else if (c == '/')
      digit = 63;
    else
      return CorruptError("the precompiled charsmap is not base64");
    bits = bits << 6 | digit;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes.push_back(static_cast<char>(bits >> bit_count & 0xFF));
    }
  }
  return bytes;
}

// {"String": ...} or {"Regex": ...}.
Result<std::unique_ptr<TextPattern>> ParsePattern(const Json* json, const std::string& where) {
  if (json != nullptr && json->is_object() && json->size() == 1) {
    const std::string& kind = json->begin().key();
    const Json& value = json->begin().value();
    if (value.is_string() && kind == "Regex") {
      Result<std::unique_ptr<TextPattern>> pattern = MakeRegexPattern(value.get<std::string>());
      return pattern.ok() ? std::move(pattern) : pattern.status().WithContext(where);
    }
    if (value.is_string() && kind == "String" && !value.get<std::string>().empty()) {
      return MakeLiteralPattern(value.get<std::string>());
    }
  }
  return CorruptError(where + ".pattern is neither a String nor a Regex");
}

// The steps of a Sequence, each parsed by parse(json, where, depth).
template <typename Step, typename Parse>
Result<std::vector<Step>> ParseSteps(const Json& json, const char* key, const std::string& where,
                                     int depth, Parse parse) {
  Settings settings(json, where, {key});
  SG_RETURN_IF_ERROR(settings.status());
  if (depth >= kMaxNesting) return CorruptError(where + " is nested too deeply");
  const Json* list = settings.Find(key);
  if (list == nullptr || !list->is_array()) return CorruptError(where + "." + key + " is no list");
  std::vector<Step> steps;
  for (size_t i = 0; i < list->size(); ++i) {
    SG_ASSIGN_OR_RETURN(
        Step step, parse((*list)[i], where + "." + key + "[" + std::to_string(i) + "]", depth + 1));
    if (step != nullptr) steps.push_back(std::move(step));
  }
  return steps;
}

// --- normalizers

Result<NormalizerPtr> ParseBertNormalizer(const Json& json, const std::string& where) {
  Settings s(json, where, {"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
  BertNormalizerOptions options;
  options.clean_text = s.Bool("clean_text", true);
  options.handle_chinese_chars = s.Bool("handle_chinese_chars", true);
  options.lowercase = s.Bool("lowercase", true);
  if (s.Find("strip_accents") != nullptr) options.strip_accents = s.Bool("strip_accents", true);
  SG_RETURN_IF_ERROR(s.status());
  return MakeBertNormalizer(options);
}

Result<NormalizerPtr> ParsePrecompiled(const Json& json, const std::string& where) {
  Settings s(json, where, {"precompiled_charsmap"});
  const std::string base64 = s.String("precompiled_charsmap", "");
  SG_RETURN_IF_ERROR(s.status());
  SG_ASSIGN_OR_RETURN(const std::string bytes, DecodeBase64(base64));
  Result<Charsmap> charsmap = Charsmap::Parse(bytes);
  if (!charsmap.ok()) return charsmap.status().WithContext(where);
  return MakePrecompiled(std::move(*charsmap));
}

Result<NormalizerPtr> ParseReplace(const Json& json, const std::string& where) {
  Settings s(json, where, {"pattern", "content"});
  std::string content = s.String("content", "");
  SG_RETURN_IF_ERROR(s.status());
  SG_ASSIGN_OR_RETURN(auto pattern, ParsePattern(s.Find("pattern"), where));
  return MakeReplace(std::move(pattern), std::move(content));
}

Result<NormalizerPtr> ParseStrip(const Json& json, const std::string& where) {
  Settings s(json, where, {"strip_left", "strip_right"});
  const bool left = s.Bool("strip_left", true), right = s.Bool("strip_right", true);
  SG_RETURN_IF_ERROR(s.status());
  return MakeStrip(left, right);
}

Result<NormalizerPtr> ParsePrepend(const Json& json, const std::string& where) {
  Settings s(json, where, {"prepend"});
  std::string prefix = s.String("prepend", "");
  SG_RETURN_IF_ERROR(s.status());
  return MakePrepend(std::move(prefix));
}

// A component without settings.
Result<NormalizerPtr> Plain(const Json& json, const std::string& where, NormalizerPtr normalizer) {
  SG_RETURN_IF_ERROR(Settings(json, where, {}).status());
  return normalizer;
}

Result<NormalizerPtr> ParseNormalizer(const Json& json, const std::string& where, int depth) {
  if (json.is_null()) return NormalizerPtr();
  SG_ASSIGN_OR_RETURN(const std::string type, TypeOf(json, where));
  if (type == "Sequence") {
    SG_ASSIGN_OR_RETURN(
        auto steps, ParseSteps<NormalizerPtr>(json, "normalizers", where, depth, ParseNormalizer));
    return MakeNormalizerSequence(std::move(steps));
  }
  if (type == "BertNormalizer") return ParseBertNormalizer(json, where);
  if (type == "Precompiled") return ParsePrecompiled(json, where);
  if (type == "Replace") return ParseReplace(json, where);
  if (type == "Strip") return ParseStrip(json, where);
  if (type == "Prepend") return ParsePrepend(json, where);
  if (type == "Lowercase") return Plain(json, where, MakeLowercase());
  if (type == "StripAccents") return Plain(json, where, MakeStripAccents());
  if (type == "Nmt") return Plain(json, where, MakeNmt());
  if (type == "NFC") return Plain(json, where, MakeUnicodeNormalizer(UnicodeForm::kNfc));
  if (type == "NFD") return Plain(json, where, MakeUnicodeNormalizer(UnicodeForm::kNfd));
  if (type == "NFKC") return Plain(json, where, MakeUnicodeNormalizer(UnicodeForm::kNfkc));
  if (type == "NFKD") return Plain(json, where, MakeUnicodeNormalizer(UnicodeForm::kNfkd));
  return UnknownType(where, type);
}

// --- pre-tokenizers

SplitBehavior BehaviorOf(Settings* s, SplitBehavior default_value) {
  constexpr std::pair<std::string_view, SplitBehavior> kNames[] = {
      {"Removed", SplitBehavior::kRemoved},
      {"Isolated", SplitBehavior::kIsolated},
      {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
      {"MergedWithNext", SplitBehavior::kMergedWithNext},
      {"Contiguous", SplitBehavior::kContiguous}};
  const std::string name = s->String("behavior", "");
  if (name.empty()) return default_value;
  for (const auto& [known, behavior] : kNames) {
    if (name == known) return behavior;
  }
  s->Wrong("behavior", "a split behavior");
  return default_value;
}

Result<PreTokenizerPtr> ParseSplit(const Json& json, const std::string& where) {
  Settings s(json, where, {"pattern", "behavior", "invert"});
  const SplitBehavior behavior = BehaviorOf(&s, SplitBehavior::kIsolated);
  const bool invert = s.Bool("invert", false);
  SG_RETURN_IF_ERROR(s.status());
  SG_ASSIGN_OR_RETURN(auto pattern, ParsePattern(s.Find("pattern"), where));
  return MakeSplit(std::move(pattern), behavior, invert);
}

Result<PreTokenizerPtr> ParseMetaspace(const Json& json, const std::string& where) {
  Settings s(json, where,
             {"replacement", "prepend_scheme", "add_prefix_space", "split", "str_rep"});
  std::string replacement = s.String("replacement", "\xE2\x96\x81");
  const std::string scheme_name = s.String("prepend_scheme", "always");
  const bool split = s.Bool("split", true);
  PrependScheme scheme = PrependScheme::kAlways;
  if (scheme_name == "first")
    scheme = PrependScheme::kFirst;
  else if (scheme_name == "never")
    scheme = PrependScheme::kNever;
  else if (scheme_name != "always")
    s.Wrong("prepend_scheme", "first, never or always");
  if (!s.Bool("add_prefix_space", true)) {
    if (s.Find("prepend_scheme") != nullptr && scheme != PrependScheme::kNever) {
      s.Fail(CorruptError(where + ".add_prefix_space contradicts prepend_scheme"));
    }
    scheme = PrependScheme::kNever;
  }
  if (CountChars(replacement) != 1) s.Wrong("replacement", "one character");
  SG_RETURN_IF_ERROR(s.status());
  return MakeMetaspace(std::move(replacement), scheme, split);
}

Result<PreTokenizerPtr> ParseByteLevel(const Json& json, const std::string& where, bool map_bytes) {
  Settings s(json, where, {"add_prefix_space", "trim_offsets", "use_regex"});
  const bool add_prefix_space = s.Bool("add_prefix_space", true);
  const bool use_regex = s.Bool("use_regex", true);
  s.Bool("trim_offsets", true);  // the post-processor of that name does it
  SG_RETURN_IF_ERROR(s.status());
  return MakeByteLevel(add_prefix_space, use_regex, map_bytes);
}

Result<PreTokenizerPtr> Plain(const Json& json, const std::string& where,
                              PreTokenizerPtr component) {
  SG_RETURN_IF_ERROR(Settings(json, where, {}).status());
  return component;
}

// Makes pre-tokenizers; with `plain_bytes`, the ByteLevel that runs last leaves its bytes alone.
class PreTokenizerParser {
 public:
  explicit PreTokenizerParser(const Json* plain_bytes) : plain_bytes_(plain_bytes) {}

  Result<PreTokenizerPtr> Parse(const Json& json, const std::string& where, int depth) const {
    if (json.is_null()) return PreTokenizerPtr();
    SG_ASSIGN_OR_RETURN(const std::string type, TypeOf(json, where));
    if (type == "Sequence") {
      const auto parse = [&](const Json& step, const std::string& step_where, int step_depth) {
        return Parse(step, step_where, step_depth);
      };
      SG_ASSIGN_OR_RETURN(auto steps,
                          ParseSteps<PreTokenizerPtr>(json, "pretokenizers", where, depth, parse));
      return MakePreTokenizerSequence(std::move(steps));
    }
    if (type == "ByteLevel")
      return ParseByteLevel(json, where, /*map_bytes=*/&json != plain_bytes_);
    if (type == "Split") return ParseSplit(json, where);
    if (type == "Metaspace") return ParseMetaspace(json, where);
    if (type == "BertPreTokenizer") return Plain(json, where, MakeBertPreTokenizer());
    if (type == "Whitespace") return Plain(json, where, MakeWhitespace());
    if (type == "WhitespaceSplit") return Plain(json, where, MakeWhitespaceSplit());
    if (type == "Digits" || type == "Punctuation") return ParseCharSplit(json, type, where);
    return UnknownType(where, type);
  }

 private:
  static Result<PreTokenizerPtr> ParseCharSplit(const Json& json, const std::string& type,
                                                const std::string& where) {
    if (type == "Digits") {
      Settings s(json, where, {"individual_digits"});
      const bool individual = s.Bool("individual_digits", false);
      SG_RETURN_IF_ERROR(s.status());
      return MakeDigits(individual);
    }
    Settings s(json, where, {"behavior"});
    const SplitBehavior behavior = BehaviorOf(&s, SplitBehavior::kIsolated);
    SG_RETURN_IF_ERROR(s.status());
    return MakePunctuation(behavior);
  }

  const Json* plain_bytes_;
};

// The ByteLevel component that runs last, or null.
const Json* LastByteLevel(const Json& json) {
  const Json* last = &json;
  for (int depth = 0; depth < kMaxNesting && last->is_object(); ++depth) {
    const auto type = last->find("type");
    if (type == last->end() || !type->is_string()) return nullptr;
    if (*type == "ByteLevel") return last;
    const auto steps = last->find("pretokenizers");
    if (*type != "Sequence" || steps == last->end() || !steps->is_array() || steps->empty()) break;
    last = &steps->back();
  }
  return nullptr;
}

// --- models

Result<Vocabulary> ParseVocabulary(const Json* json, const std::string& where) {
  if (json == nullptr || !json->is_object()) return CorruptError(where + ".vocab is no object");
  std::vector<std::pair<std::string, uint32_t>> entries;
  entries.reserve(json->size());
  for (const auto& [piece, id] : json->items()) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= kMaxId) {
      return CorruptError(where + ".vocab has the impossible id " + id.dump() + " for '" + piece +
                          "'");
    }
    entries.emplace_back(piece, id.get<uint32_t>());
  }
  return Vocabulary(std::move(entries));
}

// Each a pair of strings, or one string with a space between the two.
Result<std::vector<Merge>> ParseMerges(const Json* json, const std::string& where) {
  if (json == nullptr || !json->is_array()) return CorruptError(where + ".merges is no list");
  std::vector<Merge> merges;
  merges.reserve(json->size());
  for (const Json& item : *json) {
    if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
      merges.emplace_back(item[0].get<std::string>(), item[1].get<std::string>());
      continue;
    }
    const std::string line = item.is_string() ? item.get<std::string>() : std::string();
    const size_t space = line.find(' ');
    if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos) {
      return CorruptError(where + ".merges has an entry that is no pair: " +
                          item.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 80));
    }
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  return merges;
}

Result<TokenModelPtr> ParseBpe(const Json& json, bool byte_level) {
  Settings s(json, "model",
             {"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
              "byte_fallback", "ignore_merges", "vocab", "merges"});
  BpeOptions options;
  options.unk_token = s.String("unk_token", "");
  options.continuing_subword_prefix = s.String("continuing_subword_prefix", "");
  options.end_of_word_suffix = s.String("end_of_word_suffix", "");
  options.fuse_unk = s.Bool("fuse_unk", false);
  options.byte_fallback = s.Bool("byte_fallback", false);
  options.ignore_merges = s.Bool("ignore_merges", false);
  options.byte_level = byte_level;
  if (const Json* dropout = s.Find("dropout"); dropout != nullptr && *dropout != 0) {
    s.Fail(UnsupportedError("model.dropout makes results random; set it to null"));
  }
  SG_RETURN_IF_ERROR(s.status());
  SG_ASSIGN_OR_RETURN(Vocabulary vocabulary, ParseVocabulary(s.Find("vocab"), "model"));
  SG_ASSIGN_OR_RETURN(const std::vector<Merge> merges, ParseMerges(s.Find("merges"), "model"));
  return MakeBpe(std::move(vocabulary), merges, options);
}

Result<TokenModelPtr> ParseWordPiece(const Json& json) {
  Settings s(json, "model",
             {"unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
  WordPieceOptions options;
  options.unk_token = s.String("unk_token", "[UNK]");
  options.continuing_subword_prefix = s.String("continuing_subword_prefix", "##");
  options.max_input_chars_per_word = s.Count("max_input_chars_per_word", 100);
  SG_RETURN_IF_ERROR(s.status());
  SG_ASSIGN_OR_RETURN(Vocabulary vocabulary, ParseVocabulary(s.Find("vocab"), "model"));
  return MakeWordPiece(std::move(vocabulary), options);
}

Result<TokenModelPtr> ParseUnigram(const Json& json) {
  Settings s(json, "model", {"unk_id", "vocab", "byte_fallback"});
  const uint64_t unk_id = s.Count("unk_id", UnigramOptions::kNoId);
  const bool byte_fallback = s.Bool("byte_fallback", false);
  SG_RETURN_IF_ERROR(s.status());
  if (unk_id > UnigramOptions::kNoId) return CorruptError("model.unk_id is too large");
  const Json* vocab = s.Find("vocab");
  if (vocab == nullptr || !vocab->is_array()) return CorruptError("model.vocab is no list");
  std::vector<ScoredPiece> pieces;
  pieces.reserve(vocab->size());
  for (const Json& item : *vocab) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !item[1].is_number()) {
      return CorruptError("model.vocab has an entry that is no [piece, score]");
    }
    pieces.push_back({.piece = item[0].get<std::string>(), .score = item[1].get<double>()});
  }
  return MakeUnigram(pieces,
                     {.unk_id = static_cast<uint32_t>(unk_id), .byte_fallback = byte_fallback});
}

// Older files do not name the type of the model: its parts do.
std::string ModelType(const Json& json) {
  if (const auto type = json.find("type"); type != json.end() && type->is_string()) return *type;
  if (json.contains("merges")) return "BPE";
  if (json.contains("vocab") && json["vocab"].is_array()) return "Unigram";
  if (json.contains("continuing_subword_prefix")) return "WordPiece";
  return "(none)";
}

// True if a byte-level BPE model can take its bytes as they are.
bool TakesPlainBytes(const Json& model) {
  const auto empty = [&](const char* key) {
    const auto found = model.find(key);
    return found == model.end() || found->is_null() || *found == "" || *found == false;
  };
  return ModelType(model) == "BPE" && empty("continuing_subword_prefix") &&
         empty("end_of_word_suffix") && empty("byte_fallback");
}

Result<TokenModelPtr> ParseModel(const Json& json, bool byte_level) {
  const std::string type = ModelType(json);
  if (type == "BPE") return ParseBpe(json, byte_level);
  if (type == "WordPiece") return ParseWordPiece(json);
  if (type == "Unigram") return ParseUnigram(json);
  return UnknownType("model", type);
}

// --- post-processors

Result<uint32_t> ParseId(const Json& json, const std::string& where) {
  if (!json.is_number_unsigned() || json.get<uint64_t>() >= kMaxId) {
    return CorruptError(where + " has an impossible token id");
  }
  return json.get<uint32_t>();
}

// ["[SEP]", 102]
Result<uint32_t> ParseNamedId(const Json* json, const std::string& where) {
  if (json == nullptr || !json->is_array() || json->size() != 2) {
    return CorruptError(where + " lacks a pair of token and id");
  }
  return ParseId((*json)[1], where);
}

// Appends the ids of the special token that one element of a template names.
Status AppendSpecial(const Json& piece, const Json& special_tokens, const std::string& where,
                     std::vector<uint32_t>* ids) {
  const auto name = piece.find("id");
  if (name == piece.end() || !name->is_string()) return CorruptError(where + ".single is broken");
  const auto token = special_tokens.find(name->get<std::string>());
  if (token == special_tokens.end() || !token->is_object() || !token->contains("ids") ||
      !(*token)["ids"].is_array()) {
    return CorruptError(where + ".special_tokens lacks '" + name->get<std::string>() + "'");
  }
  for (const Json& id : (*token)["ids"]) {
    SG_ASSIGN_OR_RETURN(const uint32_t value, ParseId(id, where));
    ids->push_back(value);
  }
  return Status::Ok();
}

Result<PostProcessorPtr> ParseTemplate(const Json& json, const std::string& where) {
  Settings s(json, where, {"single", "pair", "special_tokens"});
  SG_RETURN_IF_ERROR(s.status());
  const Json* single = s.Find("single");
  const Json* special = s.Find("special_tokens");
  if (single == nullptr || !single->is_array()) return CorruptError(where + ".single is no list");
  const Json none = Json::object();
  std::vector<uint32_t> ids[2];  // before and behind the text
  size_t side = 0;
  for (const Json& element : *single) {
    if (!element.is_object() || element.size() != 1 || !element.begin()->is_object()) {
      return CorruptError(where + ".single is broken");
    }
    const std::string kind = element.begin().key();
    const Json& piece = *element.begin();
    if (const auto type = piece.find("type_id"); type != piece.end() && *type != 0) {
      return UnsupportedError(where + ".single uses a token type other than 0");
    }
    if (kind == "SpecialToken") {
      SG_RETURN_IF_ERROR(
          AppendSpecial(piece, special == nullptr ? none : *special, where, &ids[side]));
    } else if (kind == "Sequence" && side == 0) {
      side = 1;
    } else {
      return CorruptError(where + ".single does not hold the text exactly once");
    }
  }
  if (side == 0) return CorruptError(where + ".single does not hold the text exactly once");
  return MakeTemplate(std::move(ids[0]), std::move(ids[1]));
}

Result<PostProcessorPtr> ParseClsSep(const Json& json, const std::string& where, bool roberta) {
  Settings s(json, where, {"sep", "cls", "trim_offsets", "add_prefix_space"});
  const bool trim = roberta && s.Bool("trim_offsets", true);
  const bool add_prefix_space = s.Bool("add_prefix_space", true);
  SG_RETURN_IF_ERROR(s.status());
  SG_ASSIGN_OR_RETURN(const uint32_t cls, ParseNamedId(s.Find("cls"), where + ".cls"));
  SG_ASSIGN_OR_RETURN(const uint32_t sep, ParseNamedId(s.Find("sep"), where + ".sep"));
  std::vector<PostProcessorPtr> steps;
  if (trim) steps.push_back(MakeTrimOffsets(add_prefix_space));
  steps.push_back(MakeTemplate({cls}, {sep}));
  return MakePostProcessorSequence(std::move(steps));
}

Result<PostProcessorPtr> ParsePostProcessor(const Json& json, const std::string& where, int depth) {
  if (json.is_null()) return PostProcessorPtr();
  SG_ASSIGN_OR_RETURN(const std::string type, TypeOf(json, where));
  if (type == "Sequence") {
    SG_ASSIGN_OR_RETURN(auto steps, ParseSteps<PostProcessorPtr>(json, "processors", where, depth,
                                                                 ParsePostProcessor));
    return MakePostProcessorSequence(std::move(steps));
  }
  if (type == "TemplateProcessing") return ParseTemplate(json, where);
  if (type == "BertProcessing") return ParseClsSep(json, where, /*roberta=*/false);
  if (type == "RobertaProcessing") return ParseClsSep(json, where, /*roberta=*/true);
  if (type != "ByteLevel") return UnknownType(where, type);
  Settings s(json, where, {"add_prefix_space", "trim_offsets", "use_regex"});
  const bool trim = s.Bool("trim_offsets", true);
  const bool add_prefix_space = s.Bool("add_prefix_space", true);
  SG_RETURN_IF_ERROR(s.status());
  if (!trim) return PostProcessorPtr();
  return MakeTrimOffsets(add_prefix_space);
}

// --- the whole file

Result<std::vector<AddedToken>> ParseAddedTokens(const Json& json) {
  std::vector<AddedToken> tokens;
  if (json.is_null()) return tokens;
  if (!json.is_array()) return CorruptError("added_tokens is no list");
  for (size_t i = 0; i < json.size(); ++i) {
    Settings s(json[i], "added_tokens[" + std::to_string(i) + "]",
               {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    AddedToken token;
    token.content = s.String("content", "");
    token.single_word = s.Bool("single_word", false);
    token.lstrip = s.Bool("lstrip", false);
    token.rstrip = s.Bool("rstrip", false);
    token.special = s.Bool("special", false);
    token.normalized = s.Bool("normalized", !token.special);
    SG_RETURN_IF_ERROR(s.status());
    tokens.push_back(std::move(token));
  }
  return tokens;
}

Result<TokenizerParts> ParseParts(const Json& json) {
  // Truncation and padding are the caller's; a decoder only matters on the way back.
  Settings s(json, "the file",
             {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
              "post_processor", "decoder", "model"});
  if (s.String("version", "1.0") != "1.0") s.Fail(UnsupportedError("its version is not 1.0"));
  SG_RETURN_IF_ERROR(s.status());
  const Json null;
  const auto part = [&](const char* key) -> const Json& {
    const Json* found = s.Find(key);
    return found == nullptr ? null : *found;
  };
  const Json& model = part("model");
  if (!model.is_object()) return CorruptError("it has no model");
  const Json* plain_bytes = TakesPlainBytes(model) ? LastByteLevel(part("pre_tokenizer")) : nullptr;
  TokenizerParts parts;
  SG_ASSIGN_OR_RETURN(parts.normalizer, ParseNormalizer(part("normalizer"), "normalizer", 0));
  SG_ASSIGN_OR_RETURN(
      parts.pre_tokenizer,
      PreTokenizerParser(plain_bytes).Parse(part("pre_tokenizer"), "pre_tokenizer", 0));
  SG_ASSIGN_OR_RETURN(parts.model, ParseModel(model, /*byte_level=*/plain_bytes != nullptr));
  SG_ASSIGN_OR_RETURN(parts.post_processor,
                      ParsePostProcessor(part("post_processor"), "post_processor", 0));
  SG_ASSIGN_OR_RETURN(std::vector<AddedToken> tokens, ParseAddedTokens(part("added_tokens")));
  SG_ASSIGN_OR_RETURN(
      parts.added_tokens,
      AddedTokens::Build(std::move(tokens), parts.model->vocabulary(), parts.normalizer.get()));
  return parts;
}

}  // namespace

Result<TokenizerParts> ParseTokenizerJson(std::string_view text) {
  DocumentBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
    return CorruptError("it is not valid JSON");
  }
  return ParseParts(builder.document);
}

}  // namespace sg
