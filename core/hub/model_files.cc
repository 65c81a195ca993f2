#include "core/hub/model_files.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace sg {
namespace {

constexpr size_t kMaxFiles = 256;  // of a model; the largest here has some 20

constexpr std::string_view kSmallFiles[] = {
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "vocab.tsv",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "modules.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "artifact.metadata",
};

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](unsigned char c) { return std::isdigit(c) != 0; });
}

// "<stem>-00001-of-00003<suffix>".
bool IsShard(std::string_view name, std::string_view stem, std::string_view suffix) {
  if (!name.starts_with(stem) || !name.ends_with(suffix)) return false;
  if (name.size() < stem.size() + suffix.size()) return false;
  name = name.substr(stem.size(), name.size() - stem.size() - suffix.size());
  const size_t of = name.find("-of-");
  return name.starts_with('-') && of != std::string_view::npos && of > 0 &&
         AllDigits(name.substr(1, of - 1)) && AllDigits(name.substr(of + 4));
}

// "1_Pooling", "2_Dense": a stage of sentence-transformers.
bool IsStageFolder(std::string_view folder) {
  const size_t bar = folder.find('_');
  if (bar == std::string_view::npos || bar > 3 || !AllDigits(folder.substr(0, bar))) return false;
  const std::string_view word = folder.substr(bar + 1);
  return !word.empty() && word.size() <= 64 &&
         std::all_of(word.begin(), word.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

// One folder's files: those at the top ("" ) or of a stage ("1_Pooling/").
class Folder {
 public:
  Folder(const std::set<std::string, std::less<>>& names, std::string prefix)
      : names_(names), prefix_(std::move(prefix)) {}

  bool Has(std::string_view name) const { return names_.contains(prefix_ + std::string(name)); }

  // How the weights of this folder are to be had.
  bool IsWeights(std::string_view name) const {
    if (Has("model.safetensors")) return name == "model.safetensors";
    if (Has("model.safetensors.index.json")) {
      return name == "model.safetensors.index.json" || IsShard(name, "model", ".safetensors");
    }
    if (Has("pytorch_model.bin")) return name == "pytorch_model.bin";
    return name == "pytorch_model.bin.index.json" || IsShard(name, "pytorch_model", ".bin");
  }

 private:
  const std::set<std::string, std::less<>>& names_;
  const std::string prefix_;
};

bool IsWanted(std::string_view name, const std::set<std::string, std::less<>>& names) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) {
    return std::find(std::begin(kSmallFiles), std::end(kSmallFiles), name) !=
               std::end(kSmallFiles) ||
           Folder(names, "").IsWeights(name);
  }
  const std::string_view folder = name.substr(0, slash), file = name.substr(slash + 1);
  return IsStageFolder(folder) &&
         (file == "config.json" || Folder(names, std::string(folder) + "/").IsWeights(file));
}

}  // namespace

Result<std::vector<std::string>> ChooseModelFiles(std::span<const std::string> names) {
  const std::set<std::string, std::less<>> all(names.begin(), names.end());
  std::vector<std::string> chosen;
  std::set<std::string_view> seen;
  bool has_weights = false;
  for (const std::string& name : names) {
    if (!IsWanted(name, all) || !seen.insert(name).second) continue;
    has_weights |= name.find('/') == std::string::npos && Folder(all, "").IsWeights(name);
    chosen.push_back(name);
  }
  if (!all.contains("config.json")) {
    return UnsupportedError("it has no config.json, so it is no model that sg can open");
  }
  if (!has_weights) {
    return UnsupportedError("it has neither model.safetensors nor pytorch_model.bin");
  }
  if (chosen.size() > kMaxFiles) return UnsupportedError("it has absurdly many files");
  return chosen;
}

}  // namespace sg
