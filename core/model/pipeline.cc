#include "core/model/pipeline.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/text/tokenizer.h"

namespace sg {
namespace {

using Json = nlohmann::json;

constexpr size_t kUnlimited = size_t{1} << 20;  // tokens

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

// The modes that "pooling_mode" names, a word or a list of words; sentence-transformers 6 writes it
// instead of a flag for each.
Result<std::vector<Pooling>> PoolingOfWords(const Json& words, const std::string& file) {
  std::vector<Pooling> modes;
  for (const Json& word : words.is_array() ? words : Json::array({words})) {
    const auto names = PoolingNames();
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const PoolingName& name) { return word == name.word; });
    if (found == names.end()) {
      return UnsupportedError(file + ": the pooling mode " + word.dump() + " is not supported");
    }
    modes.push_back(found->mode);
  }
  return modes;
}

Status ReadPooling(const ModelFolder& folder, const std::string& path, PipelineConfig* config) {
  SG_ASSIGN_OR_RETURN(const Json json, ReadJson(folder, path + "/config.json"));
  const std::string file = folder.File(path + "/config.json");
  config->pooling.clear();
  size_t known = 0, set = 0;
  for (const PoolingName& name : PoolingNames()) {
    if (!json.value(name.flag, false)) continue;
    config->pooling.push_back(name.mode);
    ++known;
  }
  for (const auto& [key, value] : json.items()) {
    if (key.rfind("pooling_mode_", 0) == 0 && value.is_boolean() && value.get<bool>()) ++set;
  }
  if (known != set) return UnsupportedError(file + " names a pooling mode that is not supported");
  if (json.contains("pooling_mode")) {
    SG_ASSIGN_OR_RETURN(config->pooling, PoolingOfWords(json["pooling_mode"], file));
  }
  if (config->pooling.empty()) config->pooling = {Pooling::kMean};
  config->pool_prompt = json.value("include_prompt", true);
  return Status::Ok();
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
  config->pooling.clear();
  for (const Json& module : modules) {
    const std::string type = module.value("type", ""), path = module.value("path", "");
    if (path.find("..") != std::string::npos || (!path.empty() && path[0] == '/')) {
      return CorruptError(folder.File("modules.json") + ": the path \"" + path +
                          "\" leaves the folder");
    }
    if (EndsWith(type, "Transformer") || EndsWith(type, ".Normalize")) continue;
    if (EndsWith(type, ".Pooling")) {
      SG_RETURN_IF_ERROR(ReadPooling(folder, path, config));
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
  config->pooling.clear();
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

// Which adapter each role takes; its instruction takes the place of a prompt.
Status ChooseTasks(const ModelFolder& folder, const std::string& task, PipelineConfig* config) {
  SG_ASSIGN_OR_RETURN(const ModelConfig model, ModelConfig::Parse(folder.config_json));
  SG_ASSIGN_OR_RETURN(config->adapters, ReadTaskAdapters(model));
  if (!config->adapters) {
    return task.empty() ? Status::Ok()
                        : UnsupportedError(folder.path + ": the model has no tasks to choose from");
  }
  for (const auto& [role, name] : {std::pair{&config->query, "retrieval.query"},
                                   std::pair{&config->passage, "retrieval.passage"}}) {
    SG_ASSIGN_OR_RETURN(role->task, config->adapters->Find(task.empty() ? name : task));
    role->prompt = config->adapters->tasks[role->task].instruction;
  }
  return Status::Ok();
}

Result<PipelineConfig> Read(const ModelFolder& folder, const Tokenizer& tokenizer,
                            const std::string& task) {
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
          : kUnlimited;
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
  SG_RETURN_IF_ERROR(ChooseTasks(folder, task, &config));
  return config;
}

}  // namespace

std::string IdentityOf(const PipelineConfig& config) {
  Json dense = Json::array();
  for (const DenseStage& stage : config.dense) {
    dense.push_back({stage.folder, stage.tensor, stage.tanh});
  }
  Json identity = {{"pooling", config.pooling},
                   {"pool_prompt", config.pool_prompt},
                   {"dense", std::move(dense)},
                   {"lower_case", config.lower_case}};
  for (const auto& [name, role] :
       {std::pair{"query", &config.query}, {"passage", &config.passage}}) {
    identity[name] = {role->prompt,        role->insert_tokens,     role->max_tokens,
                      role->pad_to_tokens, role->attend_to_padding, role->skip_tokens,
                      role->task};
  }
  return identity.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

Result<PipelineConfig> ReadPipeline(const ModelFolder& folder, const Tokenizer& tokenizer,
                                    const std::string& task) {
  try {
    return Read(folder, tokenizer, task);
  } catch (const Json::exception& error) {  // a value of the wrong type
    return CorruptError(folder.path + ": " + error.what());
  }
}

Status LimitLengths(size_t max_positions, PipelineConfig* config) {
  for (RoleSettings* role : {&config->query, &config->passage}) {
    role->max_tokens = std::min(role->max_tokens, max_positions);
    role->pad_to_tokens = std::min(role->pad_to_tokens, role->max_tokens);
    if (role->max_tokens < 8) return CorruptError("absurd maximum length of texts");
  }
  return Status::Ok();
}

}  // namespace sg
