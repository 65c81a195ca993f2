#include "core/model/known_models.h"

#include <string>

#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr ModelRoute kCode = ModelRoute::kCode, kProse = ModelRoute::kProse,
                     kCjk = ModelRoute::kCjk;

// clang-format off
// Licences and sizes as the model cards stated them (docs/models.md says how that was checked);
// `pull` shows what the hub says today.
constexpr KnownModel kModels[] = {
    // name               repository                                  revision  route  multi  licence         non-com. MB
    {"minilm",            "sentence-transformers/all-MiniLM-L6-v2",   "main", kProse, false, "apache-2.0",       false, 92},
    {"unixcoder",         "microsoft/unixcoder-base",                 "main", kCode,  false, "apache-2.0",       false, 506},
    {"jina-code",         "jinaai/jina-embeddings-v2-base-code",      "main", kCode,  false, "apache-2.0",       false, 325},
    {"coderank",          "nomic-ai/CodeRankEmbed",                   "main", kCode,  false, "mit",              false, 548},
    {"potion-code",       "minishlab/potion-code-16M",                "main", kCode,  false, "mit",              false, 64},
    {"lateon-code",       "lightonai/LateOn-Code",                    "main", kCode,  true,  "apache-2.0",       false, 600},
    {"lateon-code-edge",  "lightonai/LateOn-Code-edge",               "main", kCode,  true,  "apache-2.0",       false, 70},
    {"qodo-embed",        "Qodo/Qodo-Embed-1-1.5B",                   "main", kCode,  false, "qodoai-open-rail-m", false, 6200},
    {"xtr",               "google/xtr-base-en",                       "main", kProse, true,  "apache-2.0",       false, 440},
    {"gte-moderncolbert", "lightonai/GTE-ModernColBERT-v1",           "main", kProse, true,  "apache-2.0",       false, 600},
    {"jina-small-en",     "jinaai/jina-embeddings-v2-small-en",       "main", kProse, false, "apache-2.0",       false, 66},
    {"jina-base-en",      "jinaai/jina-embeddings-v2-base-en",        "main", kProse, false, "apache-2.0",       false, 276},
    {"bge-small",         "BAAI/bge-small-en-v1.5",                   "main", kProse, false, "mit",              false, 134},
    {"bge-base",          "BAAI/bge-base-en-v1.5",                    "main", kProse, false, "mit",              false, 439},
    {"e5-small",          "intfloat/e5-small-v2",                     "main", kProse, false, "mit",              false, 134},
    {"gte-small",         "thenlper/gte-small",                       "main", kProse, false, "mit",              false, 67},
    {"jina-colbert",      "jinaai/jina-colbert-v2",                   "main", kCjk,   true,  "cc-by-nc-4.0",     true,  1120},
    {"jina-v3",           "jinaai/jina-embeddings-v3",                "main", kCjk,   false, "cc-by-nc-4.0",     true,  1145},
};
// clang-format on

}  // namespace

std::string_view ModelRouteName(ModelRoute route) {
  switch (route) {
    case ModelRoute::kCode: return "code";
    case ModelRoute::kProse: return "prose";
    case ModelRoute::kCjk: return "cjk";
  }
  return "unknown";
}

std::span<const KnownModel> KnownModels() { return kModels; }

const KnownModel* FindKnownModel(std::string_view name) {
  const std::string wanted = AsciiLower(name);
  for (const KnownModel& model : kModels) {
    const std::string repo = AsciiLower(model.repo);
    if (wanted == model.name || wanted == repo || wanted == repo.substr(repo.find('/') + 1)) {
      return &model;
    }
  }
  return nullptr;
}

bool IsNonCommercialLicense(std::string_view license) {
  const std::string lower = "-" + AsciiLower(license) + "-";
  for (const char* mark : {"-nc-", "non-commercial", "noncommercial", "-research-only"}) {
    if (lower.find(mark) != std::string::npos) return true;
  }
  return false;
}

}  // namespace sg
