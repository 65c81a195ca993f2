#include "index/build/indexer.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "core/base/file.h"
#include "index/build/change_plan.h"
#include "index/build/file_worker.h"
#include "index/build/ordered_pipeline.h"
#include "index/build/walk_settings.h"

namespace sg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxErrors = 1000;
// One transaction: the more, the less is merged later; a killed run loses at most one.
constexpr uint64_t kBatchBytes = uint64_t{16} << 20;
constexpr auto kBatchTime = std::chrono::seconds(5);
// An estimate of what a source byte costs while it is worked on: text, syntax tree, vectors,
// postings.
constexpr uint64_t kMemoryPerByte = 8;
constexpr uint64_t kMemoryPerFile = 64 << 10;
constexpr auto kProgressInterval = std::chrono::milliseconds(50);
// What the dictionary of texts is made of: heads of 512 files.
constexpr size_t kSampleFiles = 512;
constexpr size_t kSampleFileBytes = 16 << 10;

// One run of UpdateIndex.
class IndexRun {
 public:
  IndexRun(const IndexOptions& options, const Embedder& embedder)
      : options_(options), embedder_(embedder), root_(options.root) {}

  Result<IndexSummary> Run();

 private:
  Status Scan();
  Status WalkFile();
  Status OpenWriter();
  Status TrainTexts();
  Status Index();
  void Work(OrderedPipeline<WorkResult>* pipeline);
  Status Consume(OrderedPipeline<WorkResult>* pipeline);
  Status Accept(WorkResult result);
  Status Commit();
  Status Finish();

  uint64_t Cost(size_t i) const {
    return plan_.to_read[i].entry.size_bytes * kMemoryPerByte + kMemoryPerFile;
  }
  uint64_t BatchBytes() const {
    return std::min(kBatchBytes, options_.max_memory_bytes / (4 * kMemoryPerByte));
  }
  bool Cancelled() const { return options_.cancel != nullptr && options_.cancel->load(); }
  void Report(IndexProgress::Phase phase, bool always);
  void AddError(std::string message);

  const IndexOptions& options_;
  const Embedder& embedder_;
  std::string root_;  // the folder; options_.root may be one file in it
  WalkResult walk_;
  std::unique_ptr<IndexWriter> writer_;
  std::vector<FileRecord> known_;
  ChangePlan plan_;
  std::unique_ptr<Snapshot> before_;  // the index as it was, for vectors of known passages
  std::optional<PassageCache> passages_;

  // Of the batch under way.
  std::vector<FileBatchEntry> batch_;
  std::vector<FileRecord> touched_;
  uint64_t batch_bytes_ = 0;
  Clock::time_point batch_begin_ = Clock::now();

  std::vector<SkippedFile> skipped_;
  IndexProgress progress_;
  Clock::time_point last_report_{};
  IndexSummary summary_;
};

Result<IndexSummary> IndexRun::Run() {
  const Clock::time_point begin = Clock::now();
  Report(IndexProgress::Phase::kScan, /*always=*/true);
  SG_RETURN_IF_ERROR(Scan());
  SG_RETURN_IF_ERROR(OpenWriter());
  SG_RETURN_IF_ERROR(TrainTexts());
  SG_RETURN_IF_ERROR(Index());
  SG_RETURN_IF_ERROR(Finish());
  summary_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return std::move(summary_);
}

Status IndexRun::Scan() {
  std::error_code error;
  if (std::filesystem::is_regular_file(root_, error)) return WalkFile();
  SG_ASSIGN_OR_RETURN(walk_, WalkTree(root_, options_.walk));
  return Status::Ok();
}

// A single named file is a tree of one.
Status IndexRun::WalkFile() {
  const std::filesystem::path path(root_);
  root_ = path.has_parent_path() ? path.parent_path().string() : ".";
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return ErrnoError("read", path.string(), errno);
  walk_.files.push_back(
      {.path = path.filename().string(),
       .size_bytes = static_cast<uint64_t>(info.st_size),
       .mtime_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec,
       .inode = info.st_ino,
       .explicitly_named = true});
  walk_.skipped.resize(static_cast<size_t>(SkipReason::kCount));
  return Status::Ok();
}

Status IndexRun::OpenWriter() {
  const IndexSettings settings{.space = embedder_.space(),
                               .chunker_version = kChunkerVersion,
                               .terms_version = kTermsVersion,
                               .walk_settings = WalkSettingsText(options_.walk, options_.limits,
                                                                 options_.max_tokens_per_chunk)};
  SG_ASSIGN_OR_RETURN(writer_,
                      IndexWriter::Open(options_.db_path, root_, settings, options_.rebuild));
  std::vector<SkippedFile> known_skipped;
  if (!writer_->must_rebuild()) {
    SG_ASSIGN_OR_RETURN(known_, writer_->KnownFiles());
    SG_ASSIGN_OR_RETURN(known_skipped, writer_->KnownSkipped());
  }
  summary_.rebuilt = writer_->must_rebuild();
  plan_ = PlanChanges(walk_.files, known_, known_skipped);
  skipped_ = plan_.still_skipped;
  summary_.files_unchanged = plan_.unchanged;
  summary_.files_removed = plan_.removed.size();
  for (const std::string& message : walk_.errors) AddError(message);
  if (embedder_.static_model() == nullptr && !known_.empty()) {
    if (auto snapshot = Snapshot::Open(options_.db_path); snapshot.ok()) {
      before_ = std::move(snapshot).value();
    }
  }
  passages_.emplace(before_.get());
  return Status::Ok();
}

// Heads of files spread over the tree.
Status IndexRun::TrainTexts() {
  if (!known_.empty()) return Status::Ok();
  const size_t step = std::max<size_t>(1, plan_.to_read.size() / kSampleFiles);
  std::vector<std::string> samples;
  for (size_t i = 0; i < plan_.to_read.size(); i += step) {
    const FileEntry& entry = plan_.to_read[i].entry;
    if (entry.size_bytes > options_.limits.max_code_bytes) continue;
    Result<std::string> text = ReadFile(root_ + "/" + entry.path, options_.limits.max_code_bytes);
    if (!text.ok() || text->find('\0') != std::string::npos) continue;
    text->resize(std::min<size_t>(text->size(), kSampleFileBytes));
    samples.push_back(std::move(text).value());
  }
  const std::vector<std::string_view> views(samples.begin(), samples.end());
  return writer_->TrainTexts(views);
}

Status IndexRun::Index() {
  progress_.files_total = plan_.to_read.size();
  for (const PlannedFile& file : plan_.to_read) progress_.bytes_total += file.entry.size_bytes;
  OrderedPipeline<WorkResult> pipeline(plan_.to_read.size(), options_.max_memory_bytes,
                                       [this](size_t i) { return Cost(i); });
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const size_t threads = std::min(options_.threads == 0 ? cores : options_.threads,
                                  std::max<size_t>(1, plan_.to_read.size()));
  std::vector<std::thread> workers;
  for (size_t i = 0; i < threads; ++i) workers.emplace_back([&] { Work(&pipeline); });
  Status status = Consume(&pipeline);
  pipeline.Stop();
  for (std::thread& worker : workers) worker.join();
  return status;
}

void IndexRun::Work(OrderedPipeline<WorkResult>* pipeline) {
  FileWorker worker(root_, options_.limits, options_.chunk, embedder_, *writer_, &*passages_);
  while (const std::optional<size_t> i = pipeline->Next()) {
    pipeline->Put(*i, worker.Process(plan_.to_read[*i]));
  }
}

Status IndexRun::Consume(OrderedPipeline<WorkResult>* pipeline) {
  using Taken = OrderedPipeline<WorkResult>::Taken;
  WorkResult result;
  for (Taken taken = Taken::kResult; taken != Taken::kEnd && !Cancelled();) {
    taken = pipeline->Take(&result);
    if (taken == Taken::kResult) {
      SG_RETURN_IF_ERROR(Accept(std::move(result)));
      result = WorkResult();
      Report(IndexProgress::Phase::kIndex, /*always=*/false);
    }
    const bool full = batch_bytes_ >= BatchBytes() || Clock::now() - batch_begin_ >= kBatchTime;
    if (!full && taken != Taken::kNeedsRoom) continue;
    SG_RETURN_IF_ERROR(Commit());
    pipeline->Release();
  }
  SG_RETURN_IF_ERROR(Commit());
  if (Cancelled()) return CancelledError("indexing was stopped; what was done so far stays");
  return Status::Ok();
}

Status IndexRun::Accept(WorkResult result) {
  SG_RETURN_IF_ERROR(result.status);
  ++progress_.files_done;
  progress_.bytes_done += result.size_bytes;
  const FileRecord* known = plan_.to_read[progress_.files_done - 1].known;
  if (!result.error.empty()) AddError(std::move(result.error));
  if (result.entry) {
    ++(known != nullptr ? summary_.files_changed : summary_.files_added);
    summary_.bytes_indexed += result.size_bytes;
    batch_bytes_ += result.size_bytes;
    batch_.push_back(std::move(*result.entry));
  } else if (result.touched) {
    ++summary_.files_unchanged;
    touched_.push_back(std::move(*result.touched));
  } else {
    if (known != nullptr) {  // it was fit to be indexed, and is no more
      ++summary_.files_removed;
      plan_.removed.push_back(known->id);
    }
    skipped_.push_back(std::move(*result.skipped));
  }
  return Status::Ok();
}

Status IndexRun::Commit() {
  if (!touched_.empty()) SG_RETURN_IF_ERROR(writer_->Touch(touched_));
  if (!batch_.empty()) SG_RETURN_IF_ERROR(writer_->Apply(std::move(batch_), {}));
  batch_.clear();
  touched_.clear();
  batch_bytes_ = 0;
  batch_begin_ = Clock::now();
  return Status::Ok();
}

Status IndexRun::Finish() {
  Report(IndexProgress::Phase::kFinish, /*always=*/true);
  // Removals come last: a file that was moved is found at one of its places at any moment.
  if (!plan_.removed.empty()) SG_RETURN_IF_ERROR(writer_->Apply({}, plan_.removed));
  summary_.skipped = walk_.skipped;
  summary_.skipped.resize(static_cast<size_t>(SkipReason::kCount));
  for (const SkippedFile& file : skipped_) ++summary_.skipped[static_cast<size_t>(file.reason)];
  // What could not be read is tried again next time.
  std::erase_if(skipped_, [](const SkippedFile& f) { return f.reason == SkipReason::kUnreadable; });
  SG_RETURN_IF_ERROR(writer_->SetSkipped(skipped_));
  before_.reset();
  SG_RETURN_IF_ERROR(writer_->Finish(summary_.skipped));
  writer_.reset();
  SG_ASSIGN_OR_RETURN(const auto snapshot, Snapshot::Open(options_.db_path));
  summary_.files_total = snapshot->counts().files;
  summary_.chunks_total = snapshot->counts().chunks;
  std::error_code error;
  const auto size = std::filesystem::file_size(options_.db_path, error);
  if (!error) summary_.index_bytes = size;
  return Status::Ok();
}

void IndexRun::Report(IndexProgress::Phase phase, bool always) {
  if (!options_.on_progress) return;
  const Clock::time_point now = Clock::now();
  if (!always && now - last_report_ < kProgressInterval) return;
  last_report_ = now;
  progress_.phase = phase;
  options_.on_progress(progress_);
}

void IndexRun::AddError(std::string message) {
  if (summary_.errors.size() < kMaxErrors) summary_.errors.push_back(std::move(message));
}

}  // namespace

Result<IndexSummary> UpdateIndex(const IndexOptions& options, const Embedder& embedder) {
  if (embedder.space().multi_vector) {
    return UnsupportedError("the model " + embedder.space().model_name +
                            " gives one vector a token, which cannot be the primary space of an "
                            "index yet; choose another with --model-path");
  }
  return IndexRun(options, embedder).Run();
}

Result<StaleReport> CheckStale(const Snapshot& snapshot, const WalkOptions& walk) {
  SG_ASSIGN_OR_RETURN(const WalkResult tree, WalkTree(snapshot.root(), walk));
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> known, snapshot.Files());
  SG_ASSIGN_OR_RETURN(const std::vector<SkippedFile> skipped, snapshot.SkippedFiles());
  const ChangePlan plan = PlanChanges(tree.files, known, skipped);
  StaleReport report{.removed = plan.removed.size()};
  for (const PlannedFile& file : plan.to_read) {
    ++(file.known != nullptr ? report.changed : report.added);
    report.changed_bytes += file.entry.size_bytes;
  }
  return report;
}

}  // namespace sg
