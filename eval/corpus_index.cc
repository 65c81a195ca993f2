#include "eval/corpus_index.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "core/base/hash.h"
#include "eval/shadow_corpus.h"
#include "index/store/writer_lock.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

HiddenByPath HiddenLinesOf(const SpecCorpus& corpus, Split split) {
  HiddenByPath hidden;
  for (const SpecQuery& query : corpus.queries) {
    if (!IsSelected(query, split)) continue;
    for (const HiddenLines& lines : query.hidden) hidden[lines.path].push_back(lines.lines);
  }
  return hidden;
}

// What tells this corpus, with this model, this choice of files and these hidden lines, from
// others.
std::string FolderName(const std::string& corpus, const Embedder& embedder, const WalkOptions& walk,
                       const HiddenByPath& hidden) {
  std::string key = corpus + '\0' + HashHex(embedder.space().revision);
  if (!walk.use_ignore_files) key += '\0';
  for (const std::string& glob : walk.exclude) key += '\0' + glob;
  for (const auto& [path, spans] : hidden) {
    key += '\0' + path;
    for (const LineSpan& span : spans) {
      key += ':' + std::to_string(span.begin) + '-' + std::to_string(span.end);
    }
  }
  return HashHex(ContentHash(key));
}

Status MissingCorpus(const SpecCorpus& corpus, const std::string& how_to_get) {
  return NotFoundError("the corpus of '" + corpus.name + "' is not at " + corpus.directory +
                       (how_to_get.empty() ? "" : "; " + how_to_get));
}

bool IsNamed(const Definition& definition, std::string_view symbol) {
  if (definition.name == symbol) return true;
  const std::string full =
      definition.scope.empty() ? definition.name : definition.scope + "." + definition.name;
  return full == symbol || full.ends_with("." + std::string(symbol));
}

Result<LineSpan> FindDefinition(const Snapshot& snapshot, FileId file, std::string_view symbol) {
  SG_ASSIGN_OR_RETURN(const FileRecord record, snapshot.File(file));
  for (const Chunk& chunk : record.chunks) {
    for (const Definition& definition : chunk.definitions) {
      if (!IsNamed(definition, symbol)) continue;
      return LineSpan{.begin = definition.line_begin, .end = definition.line_end};
    }
  }
  return NotFoundError("symbol '" + std::string(symbol) + "' is not defined in " +
                       record.entry.path);
}

Result<uint32_t> LastLine(const Snapshot& snapshot, FileId file) {
  SG_ASSIGN_OR_RETURN(const FileRecord record, snapshot.File(file));
  uint32_t last = 0;
  for (const Chunk& chunk : record.chunks) last = std::max(last, chunk.line_end);
  return last;
}

// The indexed file that `path` means; 0 if there is none.
Result<FileId> FindTargetFile(const Snapshot& snapshot, const std::string& path, PathRule rule) {
  SG_ASSIGN_OR_RETURN(const std::optional<FileId> exact, snapshot.FindFile(path));
  if (exact) return *exact;
  if (rule == PathRule::kExact) return FileId{0};
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, snapshot.Files());
  for (const FileRecord& file : files) {
    if (PathsMatch(file.entry.path, path, rule)) return file.id;
  }
  return FileId{0};
}

// The glob that excludes exactly `path` of the folder `root`; empty if it lies elsewhere.
std::string GlobOf(const std::string& path, const std::string& root) {
  std::error_code error;
  const fs::path file = path.empty() ? fs::path() : fs::canonical(path, error);
  if (error || file.empty()) return "";
  const std::string relative = file.lexically_relative(root).string();
  if (relative.empty() || relative.starts_with("..")) return "";
  std::string glob = "/";
  for (const char c : relative) {
    if (std::string_view("\\*?[! ").find(c) != std::string_view::npos) glob += '\\';
    glob += c;
  }
  return glob;
}

// Says that the folder is in use and removes those that have not been for long: each change of a
// spec's hidden lines makes a new copy of its corpus.
void TidyCache(const fs::path& cache, const fs::path& folder) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const fs::file_time_type now = fs::file_time_type::clock::now();
  std::error_code error;
  fs::last_write_time(folder, now, error);
  std::vector<fs::path> old;
  for (fs::directory_iterator at(cache, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    const bool ours = name.size() == folder.filename().string().size() &&
                      name.find_first_not_of(kHex) == std::string::npos;
    const fs::file_time_type used = fs::last_write_time(at->path(), error);
    if (ours && !error && now - used > std::chrono::hours(24 * kCacheDays)) {
      old.push_back(at->path());
    }
  }
  for (const fs::path& path : old) fs::remove_all(path, error);  // what cannot go stays
}

// Waits for others that prepare the same corpus: they leave work for nobody.
Result<WriterLock> WaitForLock(const std::string& path, const std::atomic<bool>* cancel) {
  while (true) {
    Result<WriterLock> lock = WriterLock::Take(path);
    if (lock.ok() || lock.status().code() != StatusCode::kBusy) return lock;
    if (cancel != nullptr && *cancel) return CancelledError("interrupted while waiting");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// The index is a cache: one that is damaged or of another version is made anew.
Result<IndexSummary> UpdateOrRemake(const IndexOptions& options, const Embedder& embedder) {
  Result<IndexSummary> summary = UpdateIndex(options, embedder);
  const StatusCode code = summary.status().code();
  if (code != StatusCode::kCorrupt && code != StatusCode::kUnsupported) return summary;
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options.db_path + suffix, ignored);
  return UpdateIndex(options, embedder);
}

}  // namespace

Result<CorpusIndex> PrepareCorpus(const SpecCorpus& corpus, const Embedder& embedder,
                                  const CorpusIndexOptions& options) {
  std::error_code error;
  std::string root = fs::canonical(corpus.directory, error).string();
  if (error) return MissingCorpus(corpus, options.how_to_get);
  const HiddenByPath hidden = HiddenLinesOf(corpus, options.split);
  IndexOptions index{.walk = {.use_ignore_files = options.use_ignore_files},
                     .threads = options.threads,
                     .on_progress = options.on_progress,
                     .cancel = options.cancel};
  if (std::string glob = GlobOf(options.spec_path, root); !glob.empty()) {
    index.walk.exclude.push_back(std::move(glob));
  }
  const fs::path folder =
      fs::path(options.cache_dir) / FolderName(root, embedder, index.walk, hidden);
  fs::create_directories(folder, error);
  if (error) return IoError("cannot make " + folder.string() + ": " + error.message());
  TidyCache(options.cache_dir, folder);
  SG_ASSIGN_OR_RETURN(const WriterLock lock,
                      WaitForLock((folder / "prepare.lock").string(), options.cancel));
  CorpusIndex result;
  if (!hidden.empty()) {
    const fs::path copy = folder / "corpus";
    SG_ASSIGN_OR_RETURN(const std::vector<std::string> absent,
                        UpdateShadow(root, copy.string(), index.walk, hidden));
    for (const std::string& path : absent) {
      result.warnings.push_back("\"hide\" file " + path + " is not in the corpus");
    }
    root = copy.string();
    index.walk = {.use_ignore_files = false};
  }
  index.root = root;
  index.db_path = (folder / "index.db").string();
  result.db_path = index.db_path;
  SG_ASSIGN_OR_RETURN(result.summary, UpdateOrRemake(index, embedder));
  if (result.summary.files_total == 0) {
    return NotFoundError("the corpus of '" + corpus.name + "', " + corpus.directory +
                         ", holds no file that can be indexed");
  }
  return result;
}

Result<std::vector<Target>> ResolveTargets(const SpecQuery& query, const Snapshot& snapshot,
                                           PathRule rule, std::vector<std::string>* warnings) {
  std::vector<Target> targets;
  const std::string where = "query " + std::to_string(query.number);
  for (const SpecTarget& entry : query.targets) {
    Target target = entry.target;
    SG_ASSIGN_OR_RETURN(const FileId file, FindTargetFile(snapshot, target.path, rule));
    if (file == 0) {
      warnings->push_back(where + ": \"relevant\" file " + target.path + " is not in the index");
    } else if (!entry.symbol.empty()) {
      const Result<LineSpan> lines = FindDefinition(snapshot, file, entry.symbol);
      if (!lines.ok()) {
        return InvalidArgumentError(where + ": \"symbol\": " + lines.status().message());
      }
      target.lines = *lines;
    } else if (!target.lines.whole_file()) {
      SG_ASSIGN_OR_RETURN(const uint32_t last, LastLine(snapshot, file));
      if (target.lines.begin > last) {
        warnings->push_back(where + ": \"relevant\" lines " + std::to_string(target.lines.begin) +
                            "-" + std::to_string(target.lines.end) + " of " + target.path +
                            " are beyond its end, line " + std::to_string(last));
      }
    }
    targets.push_back(std::move(target));
  }
  return targets;
}

}  // namespace sg
