#pragma once
// Fills the further spaces of an index from what the index holds already: after UpdateIndex, each
// chunk whose content belongs to a space (index/query/route.h) and whose passage has no vectors
// there yet is embedded. Prints nothing. Interruptible: passages that are stored stay.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/model/embedder.h"

namespace sg {

struct SpaceTarget {
  const Embedder* embedder = nullptr;  // must outlive the call
  uint32_t routes = 0;                 // RouteBit of the content it is for
  // Of multi-vector models: bits a dimension of a token's residual (2 or 4), and whether every two
  // tokens are made one.
  size_t bits = 4;
  bool pooled = false;
  size_t threads = 1;  // that code tokens; the embedder has its own
};

struct SpacesOptions {
  std::string db_path;
  // The spaces that the index shall hold; others are removed. Empty: none.
  std::vector<SpaceTarget> targets;
  bool rebuild = false;  // forget the vectors that are there
  // Called from this thread: passages embedded and to be embedded, of all spaces.
  std::function<void(uint64_t done, uint64_t total)> on_progress;
  const std::atomic<bool>* cancel = nullptr;
};

struct SpacesSummary {
  uint64_t spaces = 0;
  uint64_t passages_embedded = 0;  // in this run
  uint64_t chunks = 0;             // with vectors in some space
};

// REQUIRES: there is an index at options.db_path. kCancelled, kBusy and the errors of stores and
// embedders.
Result<SpacesSummary> UpdateSpaces(const SpacesOptions& options);

}  // namespace sg
