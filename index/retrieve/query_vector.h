#pragma once
// From words to the vector that chunk vectors are compared with. Pure.

#include <functional>
#include <string>
#include <vector>

#include "core/model/static_model.h"
#include "index/query/query.h"

namespace sg {

// Returns n(sum over the words w of g(w) * bag(w)): g is .3 for stop words, else the root of the
// word's idf over files, clipped to [.1, 1], so that words which every file holds (the project's
// name) count less. `files_with_stem` gives the number of files that hold a stem.
std::vector<float> StaticQueryVector(
    const StaticModel& model, const Query& query, uint64_t files,
    const std::function<uint64_t(const std::string&)>& files_with_stem);

}  // namespace sg
