#pragma once
// What `sg model list` and `sg model info` print. Pure functions.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sg/models.h"
#include "core/model/embedder.h"

namespace sg {

struct ModelReport {
  std::string dir;
  uint64_t size_bytes = 0;
  Space space;
  bool is_static = false;
};

std::string RenderModels(const std::vector<InstalledModel>& models, std::string_view default_name);
std::string RenderModel(const ModelReport& report);
std::string RenderJsonModels(const std::vector<InstalledModel>& models);
std::string RenderJsonModel(const ModelReport& report);

}  // namespace sg
