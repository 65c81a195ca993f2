#include "index/search/place_resolver.h"

#include <algorithm>

#include "index/query/places.h"

namespace sg {
namespace {

// "index.js" may name hundreds of files: those beyond are left to ranking.
constexpr size_t kMaxFilesPerPlace = 20;

// The files that only agree less than the best one are other files of the same name.
void KeepBest(std::vector<ResolvedPlace>* found) {
  std::stable_sort(found->begin(), found->end(),
                   [](const auto& a, const auto& b) { return a.agreement > b.agreement; });
  std::erase_if(*found, [&](const auto& f) { return f.agreement < found->front().agreement; });
  if (found->size() > kMaxFilesPerPlace) found->resize(kMaxFilesPerPlace);
}

}  // namespace

Result<std::vector<ResolvedPlace>> ResolvePlaces(const Snapshot& snapshot,
                                                 const std::vector<QueryPlace>& places,
                                                 const SearchScope& scope) {
  std::vector<ResolvedPlace> all;
  std::vector<FileRecord> files;
  bool listed = false;
  for (size_t i = 0; i < places.size(); ++i) {
    std::vector<ResolvedPlace> found;
    SG_ASSIGN_OR_RETURN(const std::optional<FileId> exact, snapshot.FindFile(places[i].path));
    if (exact.has_value()) {
      found.push_back({.file = *exact, .line = places[i].line, .place = i, .agreement = 1});
    } else {
      if (!listed) {
        SG_ASSIGN_OR_RETURN(files, snapshot.Files());
        listed = true;
      }
      for (const FileRecord& file : files) {
        if (!PlaceNamesFile(places[i], file.entry.path)) continue;
        found.push_back({.file = file.id,
                         .line = places[i].line,
                         .place = i,
                         .agreement = PlaceAgreement(places[i], file.entry.path)});
      }
    }
    std::erase_if(found, [&](const auto& f) { return !scope.AllowsFile(f.file); });
    if (found.empty()) continue;
    KeepBest(&found);
    for (const ResolvedPlace& place : found) {
      const bool known =
          std::any_of(all.begin(), all.end(), [&](const auto& a) { return a.file == place.file; });
      if (!known) all.push_back(place);
    }
  }
  return all;
}

}  // namespace sg
