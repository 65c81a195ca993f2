#pragma once
// One search from index file to results: makes the index on first use, brings it up to date where
// that is cheap, and says when results may be stale. Says notices on standard error; prints
// nothing else.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/sg/locate.h"
#include "apps/sg/settings.h"
#include "apps/sg/spaces.h"
#include "core/model/embedder.h"
#include "core/model/static_model.h"
#include "index/retrieve/space_set.h"
#include "index/search/searcher.h"

namespace sg {

struct SearchRequest {
  IndexLocation location;
  Settings settings;                 // effective ones
  std::optional<std::string> model;  // --model: otherwise the model of the index is used
  std::string query;
  SearchOptions options;
  bool update = true;  // --no-update: false
  bool quiet = false;  // no notices
};

// What a search opens; members are destroyed in reverse order, as they depend on each other.
struct OpenIndex {
  std::unique_ptr<Embedder> embedder;
  std::unique_ptr<StaticModel> own_lexical;  // null if the embedder is static itself
  std::unique_ptr<IndexModels> models;       // of the further spaces; null without any
  std::unique_ptr<SpaceSet> spaces;          // null without any
  std::unique_ptr<Searcher> searcher;
  std::vector<std::string> notices;  // to be said with the results
};

struct SearchOutcome {
  OpenIndex index;
  SearchResponse response;
  std::string root;           // of the tree that results are relative to
  std::optional<bool> stale;  // nullopt: not checked
};

Result<SearchOutcome> SearchIndex(const SearchRequest& request);

}  // namespace sg
