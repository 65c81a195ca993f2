#pragma once
// What `sg model` prints. Pure functions.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/hub/cache_upkeep.h"
#include "core/hub/pull.h"
#include "core/model/catalogue.h"
#include "core/model/description.h"
#include "core/model/embedder.h"
#include "core/model/known_models.h"

namespace sg {

struct ModelReport {
  ModelFolder folder;
  uint64_t size_bytes = 0;
  ModelDescription description;
  Space space;
};

struct VerifiedModel {
  HubSnapshot snapshot;
  std::vector<VerifiedFile> files;
};

std::string RenderModels(const std::vector<CatalogueEntry>& installed,
                         std::string_view default_name);
std::string RenderModel(const ModelReport& report);
std::string RenderPull(const PullSummary& summary, const std::string& name);
std::string RenderVerified(std::span<const VerifiedModel> models);

std::string RenderJsonModels(const std::vector<CatalogueEntry>& installed);
std::string RenderJsonModel(const ModelReport& report);
std::string RenderJsonPull(const PullSummary& summary);
std::string RenderJsonVerified(std::span<const VerifiedModel> models);

}  // namespace sg
