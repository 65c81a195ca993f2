#pragma once
// The queries of an evaluation and what should be found, as read from a JSON file. The format:
// docs/evaluation.md. Functions may be called from any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "eval/metrics.h"

namespace sg {

// A target as written: a symbol becomes lines once the corpus is indexed.
struct SpecTarget {
  Target target;
  std::string symbol;  // "Class.method" or "method"; empty: none named
};

// Lines that the index must not see while the query is asked: the text that the query was made of.
struct HiddenLines {
  std::string path;
  LineSpan lines;
};

enum class Split { kAll, kTune, kTest };
// "all", "tune", "test"; nullopt otherwise.
std::optional<Split> ParseSplit(std::string_view word);
std::string_view SplitName(Split split);

struct SpecQuery {
  size_t number = 0;  // 1-based, in the file
  std::string text;
  std::string category;             // may be empty
  std::vector<SpecTarget> targets;  // empty: nothing in the corpus answers this query
  Split split = Split::kAll;
  std::vector<HiddenLines> hidden;
};
// True if `split` asks `query`: a query of no half belongs to both.
bool IsSelected(const SpecQuery& query, Split split);

struct SpecCorpus {
  std::string name;
  std::string language;   // may be empty
  std::string directory;  // as it can be opened: absolute, or relative to the current folder
  std::vector<SpecQuery> queries;
};

struct Spec {
  std::string name;
  std::string path;  // of the file it was read from; empty if it was made
  std::string description, source, license;
  std::string how_to_get;  // what to do if the corpus is not there
  PathRule path_rule = PathRule::kExact;
  bool use_ignore_files = true;
  std::vector<SpecCorpus> corpora;  // at least one
};

inline constexpr int kSpecVersion = 1;

// Parses `json`, the content of the file `path` (its name gives the spec's default name, its folder
// is where corpora are relative to). kInvalidArgument names the query by its number, and the key.
Result<Spec> ParseSpec(std::string_view json, const std::string& path);

Result<Spec> LoadSpec(const std::string& path);

// The JSON of a spec; corpora are written as `directory` says.
std::string RenderSpec(const Spec& spec);

}  // namespace sg
