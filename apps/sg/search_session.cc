#include "apps/sg/search_session.h"

#include <future>
#include <utility>

#include "apps/sg/heap.h"
#include "apps/sg/render/summary.h"
#include "apps/sg/report.h"
#include "apps/sg/sizes.h"
#include "apps/sg/update.h"
#include "core/base/file.h"
#include "core/model/catalogue.h"

namespace sg {
namespace {

// What a search re-reads without being asked: about a fifth of a second of work.
constexpr uint64_t kMostUpdateBytes = uint64_t{4} << 20;
constexpr uint64_t kMostUpdateFiles = 2000;

void SayUnlessQuiet(const SearchRequest& request, const std::string& message) {
  if (!request.quiet) Say(message);
}

// First use: no index yet.
Status CreateIndex(const SearchRequest& request) {
  const std::string& root = request.location.root;
  if (!request.update) {
    return NotFoundError("no index for " + root + "; make one: sg index");
  }
  SG_ASSIGN_OR_RETURN(const IndexModels models, OpenModelsFor(request.settings));
  SayUnlessQuiet(request, "first search here: indexing " + root);
  for (const std::string& notice : models.notices) SayUnlessQuiet(request, notice);
  const Result<IndexSummary> summary =
      RunUpdate({.location = request.location,
                 .files = WalkSettingsFrom(request.settings),
                 .threads = request.settings.threads.value_or(0),
                 .max_memory_bytes = request.settings.max_memory_bytes.value_or(0),
                 .quiet = request.quiet},
                *models.primary);
  if (!summary.ok()) return summary.status();
  if (Status filled = CheckNotEmpty(*summary, root); !filled.ok()) {
    (void)RemoveIndex(request.location);
    return filled;
  }
  const Result<SpacesSummary> spaces =
      RunSpacesUpdate(request.location.db_path, models, request.quiet);
  if (!spaces.ok()) return spaces.status();
  std::string line = RenderIndexSummary(*summary);
  line.pop_back();
  SayUnlessQuiet(request, line);
  return Status::Ok();
}

// How much of a chunk the models of this index read.
size_t ChunkTokensOf(const Snapshot& snapshot) {
  const Result<WalkSettings> made_with = ParseWalkSettings(snapshot.settings().walk_settings);
  return made_with.ok() ? made_with->max_tokens_per_chunk : kDefaultChunkTokens;
}

// `request`'s settings with what the index is made with.
Settings SettingsOf(const Snapshot& snapshot, const SearchRequest& request) {
  Settings settings = request.settings;
  settings.max_tokens_per_chunk = ChunkTokensOf(snapshot);
  return settings;
}

// The model that made the index, or the one that the user insists on.
Result<std::unique_ptr<Embedder>> OpenModelOf(const Snapshot& snapshot,
                                              const SearchRequest& request, TextRole first_role) {
  const std::string& name = snapshot.settings().space.model_name;
  Settings wanted;
  wanted.model = request.model.value_or(name);
  if (wanted.model == kAutoModel) wanted.model = name;
  const std::optional<std::string>& path = request.settings.model_path;
  if (path && !request.model && LastComponent(*path) == name) wanted.model_path = path;
  const EmbedderOptions options = {.max_tokens = ChunkTokensOf(snapshot), .first_role = first_role};
  Result<std::unique_ptr<Embedder>> embedder = OpenModel(wanted, name, options);
  // A multi-vector model is that of a further space.
  if (embedder.ok() && (*embedder)->space().multi_vector) {
    embedder = OpenModel(Settings{.model = name}, name, options);
  }
  if (embedder.ok()) return embedder;
  return embedder.status().WithContext("the index was made with the model '" + name + "'");
}

// The further spaces of the index and their models. An index of one space costs one look at a
// table.
Status OpenSpaces(const SearchRequest& request, const Snapshot& snapshot, OpenIndex* index) {
  SG_ASSIGN_OR_RETURN(auto spaces, SpaceSet::Open(request.location.db_path, snapshot));
  for (const std::string& name : spaces->stale_spaces()) {
    index->notices.push_back("the space of the model '" + name +
                             "' is not up to date and left out; run: sg index");
  }
  if (spaces->empty() || request.options.mode == SearchMode::kKeyword) return Status::Ok();
  index->models = std::make_unique<IndexModels>();
  SG_RETURN_IF_ERROR(AddSpacesOf(request.location.db_path, SettingsOf(snapshot, request),
                                 index->models.get(), TextRole::kQuery));
  index->notices.insert(index->notices.end(), index->models->notices.begin(),
                        index->models->notices.end());
  for (const SpaceInfo* info : spaces->spaces()) {
    for (const std::unique_ptr<Embedder>& embedder : index->models->further) {
      spaces->Attach(*info, *embedder);
    }
  }
  index->spaces = std::move(spaces);
  return Status::Ok();
}

Result<OpenIndex> Open(const SearchRequest& request) {
  SG_ASSIGN_OR_RETURN(std::unique_ptr<Snapshot> snapshot, Snapshot::Open(request.location.db_path));
  OpenIndex index;
  SG_ASSIGN_OR_RETURN(index.embedder, OpenModelOf(*snapshot, request, TextRole::kQuery));
  const StaticModel* lexical = index.embedder->static_model();
  if (lexical == nullptr) {
    SG_ASSIGN_OR_RETURN(const std::string dir, FindBundledModel());
    SG_ASSIGN_OR_RETURN(index.own_lexical, StaticModel::Open(dir));
    lexical = index.own_lexical.get();
  }
  SG_RETURN_IF_ERROR(OpenSpaces(request, *snapshot, &index));
  SG_ASSIGN_OR_RETURN(index.searcher, Searcher::Open(std::move(snapshot), *index.embedder, *lexical,
                                                     index.spaces.get()));
  return index;
}

// What has to be done before results are those of the tree as it is now.
struct Freshness {
  StaleReport report;
  WalkSettings walk;
  std::string root;
  bool moved = false;       // the tree lies elsewhere than when it was indexed
  bool unfinished = false;  // the last `sg index` was interrupted

  bool stale() const { return report.stale() || moved || unfinished; }
  bool cheap() const {
    return report.changed_bytes <= kMostUpdateBytes &&
           report.added + report.changed + report.removed <= kMostUpdateFiles;
  }
};

// Runs beside the search, with a snapshot of its own.
Result<Freshness> CheckFreshness(const IndexLocation& location) {
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Snapshot> snapshot, Snapshot::Open(location.db_path));
  Freshness out;
  SG_ASSIGN_OR_RETURN(out.walk, ParseWalkSettings(snapshot->settings().walk_settings));
  // The index beside a tree is about that tree, whatever it says: it may have been moved or come
  // from somebody else.
  out.root = location.own_file ? snapshot->root() : location.root;
  out.moved = out.root != snapshot->root();
  out.unfinished = snapshot->finished_at_ms() == 0;
  if (out.moved) return out;
  SG_ASSIGN_OR_RETURN(out.report, CheckStale(*snapshot, out.walk.walk));
  return out;
}

std::string ChangeWords(const StaleReport& report) {
  return Counted(report.added + report.changed + report.removed, "file") + " changed (" +
         FormatSize(report.changed_bytes) + ")";
}

// Opens what is there now and searches it.
Result<SearchOutcome> Ask(const SearchRequest& request) {
  SearchOutcome outcome;
  SG_ASSIGN_OR_RETURN(outcome.index, Open(request));
  const Snapshot& snapshot = outcome.index.searcher->snapshot();
  if (snapshot.counts().files == 0) {
    return NotFoundError("the index " + request.location.db_path +
                         " holds no files; see: sg status, sg index");
  }
  outcome.root = request.location.own_file ? snapshot.root() : request.location.root;
  SG_ASSIGN_OR_RETURN(outcome.response,
                      outcome.index.searcher->Search(request.query, request.options));
  return outcome;
}

Result<IndexSummary> UpdateNow(const SearchRequest& request, const Freshness& freshness) {
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Snapshot> snapshot,
                      Snapshot::Open(request.location.db_path));
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> embedder,
                      OpenModelOf(*snapshot, request, TextRole::kPassage));
  IndexLocation location = request.location;
  location.root = freshness.root;
  IndexModels models;
  SG_RETURN_IF_ERROR(AddSpacesOf(location.db_path, SettingsOf(*snapshot, request), &models));
  Result<IndexSummary> summary =
      RunUpdate({.location = location,
                 .files = freshness.walk,
                 .threads = request.settings.threads.value_or(0),
                 .max_memory_bytes = request.settings.max_memory_bytes.value_or(0),
                 .quiet = request.quiet},
                *embedder);
  if (!summary.ok()) return summary;
  const Result<SpacesSummary> spaces = RunSpacesUpdate(location.db_path, models, request.quiet);
  if (!spaces.ok()) return spaces.status();
  return summary;
}

// What the check beside the search led to.
struct Update {
  bool done = false;          // the index has changed: search again
  std::optional<bool> stale;  // of the index as it is now; nullopt: not known
  std::string notice;         // to say if there are results; may be empty
};

// kCancelled after Ctrl-C; any other failure leaves the results as they are, with a notice.
Result<Update> UpdateIfCheap(const SearchRequest& request, const Result<Freshness>& freshness) {
  if (!freshness.ok()) {
    return Update{.notice = "results may be stale: " + freshness.status().message()};
  }
  if (!freshness->stale()) return Update{.stale = false};
  if (!freshness->cheap() && !freshness->unfinished) {
    return Update{.stale = true,
                  .notice = "results may be stale: " + ChangeWords(freshness->report) +
                            " since the last run; run: sg index"};
  }
  if (freshness->unfinished) SayUnlessQuiet(request, "the index is not complete: finishing it");
  const Result<IndexSummary> summary = UpdateNow(request, *freshness);
  if (summary.ok()) return Update{.done = true, .stale = false};
  if (summary.status().code() == StatusCode::kCancelled) return summary.status();
  return Update{.stale = true, .notice = "results may be stale: " + summary.status().message()};
}

Result<SearchOutcome> SearchAndUpdate(const SearchRequest& request) {
  if (!request.location.exists) {
    SG_RETURN_IF_ERROR(CreateIndex(request));
    Result<SearchOutcome> outcome = Ask(request);
    if (outcome.ok()) outcome->stale = false;
    return outcome;
  }
  PrepareHeapForShortRun();
  if (!request.update) return Ask(request);
  // The tree is looked through on the other core while the index is opened and searched: mostly
  // nothing has changed, and then the answer is ready.
  std::future<Result<Freshness>> checking =
      std::async(std::launch::async, [&request] { return CheckFreshness(request.location); });
  Result<SearchOutcome> outcome = Ask(request);
  SG_ASSIGN_OR_RETURN(const Update update, UpdateIfCheap(request, checking.get()));
  if (update.done) {
    Result<SearchOutcome> again = Ask(request);
    if (again.ok()) again->stale = false;
    return again;
  }
  if (!outcome.ok()) return outcome;
  if (!update.notice.empty()) outcome->index.notices.push_back(update.notice);
  outcome->stale = update.stale;
  return outcome;
}

}  // namespace

Result<SearchOutcome> SearchIndex(const SearchRequest& request) {
  Result<SearchOutcome> outcome = SearchAndUpdate(request);
  if (!outcome.ok()) return outcome;
  // Said of the answer that is given only: an update makes the first one void.
  for (const std::string& notice : outcome->index.notices) SayUnlessQuiet(request, notice);
  return outcome;
}

}  // namespace sg
