#pragma once
// The index of a corpus under evaluation: made or brought up to date in a folder of its own, never
// in the corpus, so that evaluating changes nothing of the user's. Who prepares a corpus waits for
// others, in this process or not, that do the same.

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"
#include "eval/spec.h"
#include "index/build/indexer.h"

namespace sg {

struct CorpusIndexOptions {
  std::string cache_dir;      // holds one folder per corpus, model and set of hidden lines
  Split split = Split::kAll;  // whose queries' lines are hidden
  bool use_ignore_files = true;
  // Of the spec: it holds the queries, so it is left out where it lies in the corpus itself.
  std::string spec_path;
  std::string how_to_get;  // added to the message when the corpus is missing
  size_t threads = 0;
  std::function<void(const IndexProgress&)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

struct CorpusIndex {
  std::string db_path;
  IndexSummary summary;
  std::vector<std::string> warnings;
};

// Folders of the cache that nothing has used for so long are removed.
inline constexpr int kCacheDays = 30;

// kNotFound if the corpus is not there.
Result<CorpusIndex> PrepareCorpus(const SpecCorpus& corpus, const Embedder& embedder,
                                  const CorpusIndexOptions& options);

// The targets of `query` with symbols replaced by the lines of their definitions. kInvalidArgument
// names the query and a symbol that its file does not define. Targets whose file is not indexed,
// or whose lines are beyond its end, stay and are named in `warnings`: nothing can find them.
Result<std::vector<Target>> ResolveTargets(const SpecQuery& query, const Snapshot& snapshot,
                                           PathRule rule, std::vector<std::string>* warnings);

}  // namespace sg
