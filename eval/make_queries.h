#pragma once
// A query set from somebody's own source tree, without labelling:
//
//   doc     first sentence of a doc comment -> its definition; the comment is hidden
//   readme  heading of a README (where it says too little: the first sentence below) -> the one to
//           three files that the section names, or else those of the README's folder; the section
//           is hidden
//   commit  subject of a commit -> the one to three files that it touched
//   test    the wordiest test title of a test file -> the file it tests; the test file is hidden
//
// What a query was made of is hidden wherever one query of the set is asked: nothing can be found
// by its own words. The halves "tune" and "test" are cut by a hash of the wanted path, so that no
// file is in both. Deterministic. Callable from any thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/base/status.h"
#include "eval/spec.h"
#include "extract/walker.h"

namespace sg {

struct MakeOptions {
  WalkOptions walk;
  size_t most_per_category = 200;
  size_t most_per_file = 3;
  size_t most_commits = 5000;  // looked at
  std::string corpus = ".";    // SpecCorpus::directory: relative to where the spec will lie
  std::function<void(uint64_t done, uint64_t total)> on_progress;  // files
  const std::atomic<bool>* cancel = nullptr;
};

// Spec::source of what is made here.
inline constexpr char kMadeSource[] = "sg eval --make";

struct MadeQueries {
  Spec spec;
  std::map<std::string, size_t> by_category;
  size_t tune = 0, test = 0;
  std::string note;  // why there are no commits; empty if there are
};

// kNotFound if nothing can be made a query of.
Result<MadeQueries> MakeQueries(const std::string& dir, const MakeOptions& options);

}  // namespace sg
