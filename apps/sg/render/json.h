#pragma once
// The JSON that programs read: search results, summaries, status, errors. The schema is versioned
// and documented in docs/json.md; within a version keys are only added. Pure functions; the only
// place in apps/sg that writes JSON.

#include <optional>
#include <string>
#include <vector>

#include "apps/sg/render/budget.h"
#include "core/base/status.h"
#include "index/build/indexer.h"
#include "index/search/searcher.h"
#include "index/store/space_store.h"

namespace sg {

inline constexpr int kJsonVersion = 1;

// What surrounds the results of a search.
struct SearchEnvelope {
  std::string query;
  std::string query_kind;
  std::string root;  // absolute; paths of results are relative to it
  std::string model;
  std::optional<bool> stale;  // nullopt: not checked (--no-update)
  uint64_t files_searched = 0;
  uint64_t chunks_searched = 0;
};

// One result as a compact JSON object. kShort keeps the best line as text and drops further chunks;
// kHeader drops the text. `typed` adds "type":"result" for --jsonl.
std::string RenderJsonResult(const SearchResult& result, ResultForm form, bool typed);

// The whole document of --json around results rendered by RenderJsonResult, on one line or, if
// `pretty`, a result a line.
std::string RenderJsonDocument(const SearchEnvelope& envelope, const BudgetedResults& results,
                               bool pretty);

// The last line of --jsonl.
std::string RenderJsonlSummary(const SearchEnvelope& envelope, const BudgetedResults& results);

// `sg index --json`.
std::string RenderJsonSummary(const IndexSummary& summary, const std::string& root,
                              const std::string& index_path, const std::string& model);

// What `sg status` reports.
struct StatusReport {
  std::string root;
  std::string index_path;
  uint64_t index_bytes = 0;
  Space space;
  std::vector<SpaceInfo> further_spaces;
  IndexCounts counts;
  int64_t finished_at_ms = 0;
  std::vector<uint64_t> skipped;                            // [SkipReason::kCount]
  std::vector<std::pair<std::string, uint64_t>> languages;  // files by language, most first
  std::optional<StaleReport> stale;
  std::string ranking;  // "tuned on 212 queries ..."; empty: built-in weights
};
std::string RenderJsonStatus(const StatusReport& report);

// A failed command with --json: goes to standard output, the same words go to standard error.
std::string RenderJsonError(const Status& status);

// `path` as JSON text: itself, or with bytes that are no UTF-8 as "\xNN".
std::string JsonPath(const std::string& path);
std::string Base64(std::string_view bytes);

}  // namespace sg
