#include "core/model/pipeline.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/text/tokenizer.h"

namespace sg {
namespace {

using Json = nlohmann::json;

// The object in `file_name`, or an empty object where there is no such file.
Result<Json> ReadJson(const ModelFolder& folder, const std::string& file_name) {
  constexpr uint64_t kMaxBytes = uint64_t{16} << 20;
  Result<std::string> text = ReadFile(folder.File(file_name), kMaxBytes);
  if (!text.ok()) {
    if (text.status().code() == StatusCode::kNotFound) return Json::object();
    return text.status();
  }
  Json json = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return CorruptError(folder.File(file_name) + " is not JSON");
  return json;
}

bool EndsWith(const std::string& text, std::string_view tail) {
  return text.size() >= tail.size() &&
         text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

Result<Pooling> ReadPooling(const ModelFolder& folder, const std::string& path) {
  SG_ASSIGN_OR_RETURN(const Json json, ReadJson(folder, path + "/config.json"));
  static constexpr struct {
    const char* key;
    Pooling pooling;
  } kModes[] = {{"pooling_mode_mean_tokens", Pooling::kMean},
                {"pooling_mode_cls_token", Pooling::kCls},
                {"pooling_mode_lasttoken", Pooling::kLastToken}};
  std::vector<Pooling> chosen;
  for (const auto& mode : kModes) {
    if (json.value(mode.key, false)) chosen.push_back(mode.pooling);
  }
  size_t others = 0;
  for (const auto& [key, value] : json.items()) {
    if (key.rfind("pooling_mode_", 0) == 0 && value.is_boolean() && value.get<bool>()) ++others;
  }
  // sentence-transformers 6 writes one "pooling_mode" word instead of the flags.
  if (const std::string word = json.value("pooling_mode", ""); chosen.empty() && !word.empty()) {
    if (word == "mean") return Pooling::kMean;
    if (word == "cls") return Pooling::kCls;
    if (word == "lasttoken") return Pooling::kLastToken;
  }
  if (chosen.size() != 1 || others != 1) {
    return UnsupportedError(folder.File(path + "/config.json") +
                            ": exactly one of mean, cls and lasttoken pooling is supported");
  }
  if (!json.value("include_prompt", true)) {
    return UnsupportedError(folder.File(path + "/config.json") +
                            ": \"include_prompt\": false is not supported");
  }
  return chosen[0];
}

Result<DenseStage> ReadDense(const ModelFolder& folder, const std::string& path) {
  SG_ASSIGN_OR_RETURN(const Json json, ReadJson(folder, path + "/config.json"));
  DenseStage stage = {.folder = path};
  stage.in = json.value("in_features", size_t{0});
  stage.out = json.value("out_features", size_t{0});
  const std::string activation =
      json.value("activation_function", "torch.nn.modules.linear.Identity");
  stage.tanh = EndsWith(activation, ".Tanh");
  if (!stage.tanh && !EndsWith(activation, ".Identity")) {
    return UnsupportedError(folder.File(path + "/config.json") + ": activation \"" + activation +
                            "\" is not supported");
  }
  if (json.value("use_residual", false)) {
    return UnsupportedError(folder.File(path + "/config.json") +
                            ": \"use_residual\" is not supported");
  }
  return stage;
}

// modules.json: the stages of a sentence-transformers or PyLate model in order.
Status ReadModules(const ModelFolder& folder, const Json& modules, PipelineConfig* config) {
  config->pooling = Pooling::kNone;
  for (const Json& module : modules) {
    const std::string type = module.value("type", ""), path = module.value("path", "");
    if (path.find("..") != std::string::npos || (!path.empty() && path[0] == '/')) {
      return CorruptError(folder.File("modules.json") + ": the path \"" + path +
                          "\" leaves the folder");
    }
    if (EndsWith(type, "Transformer") || EndsWith(type, ".Normalize")) continue;
    if (EndsWith(type, ".Pooling")) {
      SG_ASSIGN_OR_RETURN(config->pooling, ReadPooling(folder, path));
    } else if (EndsWith(type, ".Dense")) {
      SG_ASSIGN_OR_RETURN(DenseStage stage, ReadDense(folder, path));
      config->dense.push_back(std::move(stage));
    } else {
      return UnsupportedError(folder.File("modules.json") + ": module \"" + type +
                              "\" is not supported");
    }
  }
  return Status::Ok();
}

// A marker such as "[Q] " is one token of the vocabulary in ColBERT checkpoints, else plain text.
void SetPrefix(const std::string& prefix, const Tokenizer& tokenizer, RoleSettings* role) {
  if (prefix.empty()) return;
  if (tokenizer.TokenToId(prefix)) {
    role->insert_tokens.push_back(prefix);
  } else {
    role->prompt = prefix;
  }
}

// PyLate keeps ColBERT's settings in config_sentence_transformers.json.
void ReadPyLate(const Json& json, const Tokenizer& tokenizer, PipelineConfig* config) {
  SetPrefix(json.value("query_prefix", ""), tokenizer, &config->query);
  SetPrefix(json.value("document_prefix", ""), tokenizer, &config->passage);
  if (json.contains("query_length")) {
    config->query.max_tokens = json.value("query_length", size_t{32});
    if (json.value("do_query_expansion", true))
      config->query.pad_to_tokens = config->query.max_tokens;
  }
  if (json.contains("document_length"))
    config->passage.max_tokens = json.value("document_length", size_t{180});
  config->query.attend_to_padding = json.value("attend_to_expansion_tokens", false);
  if (const auto words = json.find("skiplist_words"); words != json.end() && words->is_array()) {
    for (const Json& word : *words) config->passage.skip_tokens.push_back(word.get<std::string>());
  }
}

// artifact.metadata of checkpoints trained with the original ColBERT code (jina-colbert-v2).
void ReadColbert(const Json& json, PipelineConfig* config) {
  config->pooling = Pooling::kNone;
  config->dense = {DenseStage{.out = json.value("dim", size_t{0})}};
  const size_t query_length = json.value("query_maxlen", size_t{32});
  config->query.insert_tokens = {json.value("query_token_id", "[unused0]")};
  config->query.max_tokens = config->query.pad_to_tokens = query_length;
  config->query.attend_to_padding = json.value("attend_to_mask_tokens", false);
  config->passage.insert_tokens = {json.value("doc_token_id", "[unused1]")};
  config->passage.max_tokens = json.value("doc_maxlen", size_t{220});
  if (json.value("mask_punctuation", true)) {
    for (char c = '!'; c <= '~'; ++c) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0)
        config->passage.skip_tokens.emplace_back(1, c);
    }
  }
}

void ReadPrompts(const Json& json, PipelineConfig* config) {
  const auto prompts = json.find("prompts");
  if (prompts == json.end() || !prompts->is_object()) return;
  config->query.prompt = prompts->value("query", "");
  for (const char* name : {"document", "passage", "corpus"}) {
    if (prompts->contains(name)) {
      config->passage.prompt = prompts->value(name, "");
      break;
    }
  }
}

Result<PipelineConfig> Read(const ModelFolder& folder, const Tokenizer& tokenizer,
                            size_t max_positions) {
  PipelineConfig config;
  SG_ASSIGN_OR_RETURN(const Json modules, ReadJson(folder, "modules.json"));
  SG_ASSIGN_OR_RETURN(const Json sentence, ReadJson(folder, "sentence_bert_config.json"));
  SG_ASSIGN_OR_RETURN(const Json settings, ReadJson(folder, "config_sentence_transformers.json"));
  SG_ASSIGN_OR_RETURN(const Json colbert, ReadJson(folder, "artifact.metadata"));
  // The longest text is what the tokenizer or the positions allow; sentence-transformers may say
  // less.
  const size_t longest =
      sentence.contains("max_seq_length") && sentence["max_seq_length"].is_number_unsigned()
          ? sentence["max_seq_length"].get<size_t>()
          : max_positions;
  config.query.max_tokens = config.passage.max_tokens = longest;
  config.lower_case = sentence.value("do_lower_case", false);
  if (modules.is_array()) SG_RETURN_IF_ERROR(ReadModules(folder, modules, &config));
  if (settings.is_object()) {
    ReadPrompts(settings, &config);
    ReadPyLate(settings, tokenizer, &config);
  }
  if (!modules.is_array() && colbert.is_object() && !colbert.empty()) ReadColbert(colbert, &config);
  if (!modules.is_array() && tokenizer.TokenToId("<encoder-only>")) {
    // UniXcoder's mode prefix: <s> <encoder-only> </s> text </s>, all of it averaged (Guo et al.
    // 2022).
    config.query.insert_tokens = config.passage.insert_tokens = {"<encoder-only>", "</s>"};
  }
  for (RoleSettings* role : {&config.query, &config.passage}) {
    role->max_tokens = std::min(role->max_tokens, max_positions);
    role->pad_to_tokens = std::min(role->pad_to_tokens, role->max_tokens);
    if (role->max_tokens < 8) return CorruptError(folder.path + ": absurd maximum length of texts");
  }
  return config;
}

}  // namespace

std::string_view PoolingName(Pooling pooling) {
  switch (pooling) {
    case Pooling::kMean: return "mean";
    case Pooling::kCls: return "cls";
    case Pooling::kLastToken: return "last token";
    case Pooling::kNone: return "none (one vector a token)";
  }
  return "unknown";
}

Result<PipelineConfig> ReadPipeline(const ModelFolder& folder, const Tokenizer& tokenizer,
                                    size_t max_positions) {
  try {
    return Read(folder, tokenizer, max_positions);
  } catch (const Json::exception& error) {  // a value of the wrong type
    return CorruptError(folder.path + ": " + error.what());
  }
}

}  // namespace sg
