#pragma once
// The published models that sg knows by name: one row each. A row adds nothing that a model folder
// does not say itself, except where to get it, under which licence, and for which text it is good.
// Pure; callable from any thread.

#include <cstdint>
#include <span>
#include <string_view>

namespace sg {

// The kind of text that a model is best at; routes of docs/models.md.
enum class ModelRoute { kCode, kProse, kCjk };
std::string_view ModelRouteName(ModelRoute route);

struct KnownModel {
  std::string_view name;      // short, e.g. "minilm"
  std::string_view repo;      // of the Hugging Face hub
  std::string_view revision;  // branch, tag or commit that is pulled
  ModelRoute route = ModelRoute::kProse;
  bool multi_vector = false;  // one vector a token
  std::string_view license;   // as the model card says
  bool non_commercial = false;
  uint32_t size_mb = 0;  // of the download, about
};

// In the order of `sg model list`.
std::span<const KnownModel> KnownModels();

// By short name, repository or the last part of a repository's name, in any letter case; null if
// there is none.
const KnownModel* FindKnownModel(std::string_view name);

// True for the licences of model cards that forbid commercial use, e.g. "cc-by-nc-4.0".
bool IsNonCommercialLicense(std::string_view license);

}  // namespace sg
