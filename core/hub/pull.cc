#include "core/hub/pull.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/file.h"
#include "core/hub/blob_writer.h"
#include "core/hub/digest.h"
#include "core/hub/hub_client.h"
#include "core/hub/model_files.h"

namespace sg {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kProgressInterval{100};
constexpr milliseconds kLockPollInterval{50};
constexpr uint64_t kProgressWorthRetrying_bytes = uint64_t{1} << 20;
constexpr uint64_t kSplitBytes = uint64_t{32} << 20;  // files from this size on come in parts
constexpr size_t kParts = 4;

// What the threads of one pull share.
struct Shared {
  std::atomic<bool> stop{false};  // set by the first error and by the user
  std::atomic<uint64_t> bytes_done{0};
  std::atomic<uint64_t> bytes_downloaded{0};
  std::atomic<size_t> files_done{0};
};

class Pull {
 public:
  Pull(const HubSettings& settings, const PullOptions& options)
      : settings_(settings),
        options_(options),
        repo_dir_(settings.cache_dir + "/" + RepoFolderName(options.repo)),
        locks_dir_(settings.cache_dir + "/.locks/" + RepoFolderName(options.repo)) {}

  Result<PullSummary> Run() {
    SG_RETURN_IF_ERROR(Ask());
    plan_.bytes_missing = MissingBytes();
    if (options_.approve) SG_RETURN_IF_ERROR(options_.approve(plan_));
    SG_RETURN_IF_ERROR(MakeFolders());
    SG_RETURN_IF_ERROR(CheckSpace());
    SG_RETURN_IF_ERROR(InParallel([this](size_t i, HubClient& client) {
      return FetchBlob(files_[i], client).WithContext("cannot download " + files_[i].name);
    }));
    SG_RETURN_IF_ERROR(LinkSnapshot());
    SG_RETURN_IF_ERROR(WriteRef());
    return PullSummary{.snapshot = {options_.repo, plan_.commit, SnapshotDir()},
                       .files = files_.size(),
                       .bytes_total = plan_.bytes_total,
                       .bytes_downloaded = shared_.bytes_downloaded};
  }

 private:
  // Asks the hub what there is: fills plan_ and files_.
  Status Ask() {
    shared_.stop = false;
    SG_ASSIGN_OR_RETURN(HubClient client, HubClient::Create(settings_, options_.cancel));
    SG_ASSIGN_OR_RETURN(RepoInfo info, client.Info(options_.repo, options_.revision));
    Result<std::vector<std::string>> names = ChooseModelFiles(info.files);
    if (!names.ok()) return names.status().WithContext("cannot use " + options_.repo);
    plan_ = {.repo = options_.repo, .commit = info.commit, .license = info.license};
    for (std::string& name : *names) files_.push_back({.name = std::move(name)});
    SG_RETURN_IF_ERROR(InParallel([this](size_t i, HubClient& own) -> Status {
      SG_ASSIGN_OR_RETURN(files_[i], own.Stat(options_.repo, plan_.commit, files_[i].name));
      return Status::Ok();
    }));
    plan_.files = files_.size();
    for (const RemoteFile& file : files_) {
      constexpr uint64_t kMostBytes = uint64_t{1} << 42;  // also keeps the sum from wrapping
      if (file.size_bytes > kMostBytes) return CorruptError(file.name + " has an absurd size");
      plan_.bytes_total += file.size_bytes;
    }
    shared_.files_done = 0;
    return Status::Ok();
  }

  std::string BlobPath(const RemoteFile& file) const { return repo_dir_ + "/blobs/" + file.digest; }
  std::string SnapshotDir() const { return repo_dir_ + "/snapshots/" + plan_.commit; }

  // A blob with its final name was verified by whoever gave it the name.
  bool IsThere(const RemoteFile& file) const {
    std::error_code error;
    return fs::is_regular_file(BlobPath(file), error) &&
           fs::file_size(BlobPath(file), error) == file.size_bytes && !error;
  }

  static uint64_t IncompleteBytes(const std::string& path) {
    std::error_code error;
    const uint64_t have = fs::file_size(path + ".incomplete", error);
    return error ? 0 : have;
  }

  uint64_t MissingBytes() const {
    uint64_t missing = 0;
    for (const RemoteFile& file : files_) {
      if (IsThere(file)) continue;
      uint64_t have = IncompleteBytes(BlobPath(file));
      for (size_t p = 1; p < kParts; ++p) have += IncompleteBytes(PartPath(file, p));
      missing += file.size_bytes - (have > file.size_bytes ? 0 : have);
    }
    return missing;
  }

  Status MakeFolders() const {
    for (const std::string& dir : {repo_dir_ + "/blobs", repo_dir_ + "/refs", SnapshotDir()}) {
      std::error_code error;
      fs::create_directories(dir, error);
      if (error) return ErrnoError("create the folder", dir, error.value());
    }
    return Status::Ok();
  }

  Status CheckSpace() const {
    struct statvfs info;
    if (::statvfs(repo_dir_.c_str(), &info) != 0) return Status::Ok();  // writing will tell
    const uint64_t free_bytes = uint64_t{info.f_bavail} * info.f_frsize;
    if (free_bytes >= plan_.bytes_missing) return Status::Ok();
    return ResourceExhaustedError("not enough room in " + settings_.cache_dir + ": " +
                                  std::to_string(plan_.bytes_missing) + " bytes are needed, " +
                                  std::to_string(free_bytes) +
                                  " are free (HF_HOME names another folder)");
  }

  // Runs work(i, client) for every file on some threads, and the progress on this one. Returns the
  // first error.
  template <typename Work>
  Status InParallel(Work work) {
    std::atomic<size_t> next{0};
    std::mutex mutex;
    std::condition_variable changed;
    size_t running = std::clamp<size_t>(options_.parallel, 1, std::max<size_t>(files_.size(), 1));
    Status first_error;
    const auto run = [&] {
      Result<HubClient> client = HubClient::Create(settings_, &shared_.stop);
      Status status = client.status();
      for (size_t i; status.ok() && !shared_.stop && (i = next++) < files_.size();) {
        status = work(i, *client);
        if (status.ok()) ++shared_.files_done;
      }
      const std::lock_guard<std::mutex> lock(mutex);
      if (!status.ok() && (first_error.ok() || first_error.code() == StatusCode::kCancelled)) {
        first_error = status;
      }
      if (!status.ok()) shared_.stop = true;
      --running;
      changed.notify_all();
    };
    std::vector<std::thread> threads;
    for (size_t t = 0, count = running; t < count; ++t) threads.emplace_back(run);
    {
      std::unique_lock<std::mutex> lock(mutex);
      while (!changed.wait_for(lock, kProgressInterval, [&] { return running == 0; })) {
        if (options_.cancel != nullptr && *options_.cancel) shared_.stop = true;
        lock.unlock();
        ReportProgress();
        lock.lock();
      }
    }
    for (std::thread& thread : threads) thread.join();
    if (options_.cancel != nullptr && *options_.cancel) return CancelledError("interrupted");
    return first_error;
  }

  void ReportProgress() const {
    if (!options_.on_progress || plan_.files == 0) return;
    options_.on_progress({.files_done = shared_.files_done,
                          .files_total = plan_.files,
                          .bytes_done = shared_.bytes_done,
                          .bytes_total = plan_.bytes_total});
  }

  Status FetchBlob(const RemoteFile& file, HubClient& client) {
    while (!IsThere(file)) {
      SG_ASSIGN_OR_RETURN(const BlobLock lock,
                          BlobLock::TryTake(locks_dir_ + "/" + file.digest + ".lock"));
      if (!lock.held()) {  // another process downloads it
        if (shared_.stop) return CancelledError("interrupted");
        std::this_thread::sleep_for(kLockPollInterval);
        continue;
      }
      if (IsThere(file)) break;
      SG_RETURN_IF_ERROR(Download(file, client));
      return Status::Ok();
    }
    shared_.bytes_done += file.size_bytes;
    return Status::Ok();
  }

  // What an earlier run left may be damaged: if it was used and the hash is wrong, once more from
  // the start.
  Status Download(const RemoteFile& file, HubClient& client) {
    SG_ASSIGN_OR_RETURN(BlobWriter blob, BlobWriter::Open(BlobPath(file), file.size_bytes));
    shared_.bytes_done += blob.size();
    for (bool resumed = blob.size() > 0;; resumed = false) {
      SG_ASSIGN_OR_RETURN(const bool parts_resumed, Fill(file, client, blob));
      SG_ASSIGN_OR_RETURN(const std::string digest,
                          FileDigest(blob.incomplete_path(), file.digest, &shared_.stop));
      if (digest == file.digest) return blob.Publish();
      if (!resumed && !parts_resumed) {
        blob.Discard();
        return CorruptError("what arrived has the hash " + digest + ", the hub promises " +
                            file.digest + "; it was deleted. Try again, or another HF_ENDPOINT");
      }
      shared_.bytes_done -= blob.size();
      SG_RETURN_IF_ERROR(blob.TruncateTo(0));
    }
  }

  // Downloads until `blob` is complete: large files in parts, side by side. Returns whether parts
  // of an earlier run were gone on with.
  Result<bool> Fill(const RemoteFile& file, HubClient& client, BlobWriter& blob) {
    const std::vector<ByteRange> ranges = PartsOf(file);
    // More than the first part: of a run that did not split, or that ended while joining.
    const bool split = ranges.size() > 1 && blob.size() <= ranges[0].end;
    bool resumed = false;
    if (split) {
      SG_ASSIGN_OR_RETURN(resumed, FillParts(file, ranges, client, blob));
    }
    DiscardParts(file);
    SG_RETURN_IF_ERROR(FillRange(file, {0, file.size_bytes}, client, blob));
    return resumed;
  }

  // A file's parts, a function of its size alone: the next run finds the same.
  static std::vector<ByteRange> PartsOf(const RemoteFile& file) {
    const uint64_t count = file.size_bytes < kSplitBytes ? 1 : kParts;
    std::vector<ByteRange> ranges;
    for (uint64_t p = 0; p < count; ++p) {
      ranges.push_back({file.size_bytes / count * p,
                        p + 1 == count ? file.size_bytes : file.size_bytes / count * (p + 1)});
    }
    return ranges;
  }

  std::string PartPath(const RemoteFile& file, size_t part) const {
    return BlobPath(file) + ".part" + std::to_string(part);
  }

  void DiscardParts(const RemoteFile& file) const {
    for (size_t p = 1; p < kParts; ++p) {
      const std::string path = PartPath(file, p) + ".incomplete";
      ::unlink(path.c_str());
    }
  }

  // Downloads the first part to `blob` and the others to files of their own, then joins them: what
  // `blob` holds is the beginning of the file at any time, as Python's library expects it. A server
  // that knows no ranges sends all of the file to `blob`.
  Result<bool> FillParts(const RemoteFile& file, const std::vector<ByteRange>& ranges,
                         HubClient& client, BlobWriter& blob) {
    std::vector<BlobWriter> parts;
    bool resumed = false;
    for (size_t p = 1; p < ranges.size(); ++p) {
      SG_ASSIGN_OR_RETURN(BlobWriter part,
                          BlobWriter::Open(PartPath(file, p), ranges[p].end - ranges[p].begin));
      resumed |= part.size() > 0;
      shared_.bytes_done += part.size();
      parts.push_back(std::move(part));
    }
    std::vector<Status> statuses(ranges.size());
    std::vector<std::thread> threads;
    const auto finish = [this](Status status) {
      if (!status.ok() && status.code() != StatusCode::kUnsupported) shared_.stop = true;
      return status;
    };
    for (size_t p = 1; p < ranges.size(); ++p) {
      threads.emplace_back([&, p] {
        Result<HubClient> own = HubClient::Create(settings_, &shared_.stop);
        statuses[p] =
            finish(own.ok() ? FillRange(file, ranges[p], *own, parts[p - 1]) : own.status());
      });
    }
    statuses[0] = finish(FillRange(file, ranges[0], client, blob));
    for (std::thread& thread : threads) thread.join();
    SG_RETURN_IF_ERROR(WorstOf(statuses));
    for (size_t p = 1; p < ranges.size(); ++p) {
      BlobWriter& part = parts[p - 1];
      if (blob.size() != ranges[p].begin || !part.complete()) {  // no ranges: get the rest in order
        shared_.bytes_done -= part.size();
        continue;
      }
      SG_RETURN_IF_ERROR(blob.AppendAll(part));
      part.Discard();
    }
    return resumed;
  }

  // The first error that counts. "No ranges" is none: the file comes in order then.
  static Status WorstOf(const std::vector<Status>& statuses) {
    Status worst;
    for (const Status& status : statuses) {
      if (status.ok() || status.code() == StatusCode::kUnsupported) continue;
      if (worst.ok() || worst.code() == StatusCode::kCancelled) worst = status;
    }
    return worst;
  }

  // Appends to `blob` what it lacks of `range`; a broken connection is made anew a few times.
  // kUnsupported if the server sends the file from its beginning and `range` begins later.
  Status FillRange(const RemoteFile& file, ByteRange range, HubClient& client, BlobWriter& blob) {
    for (int attempt = 1; range.begin + blob.size() < range.end;) {
      const uint64_t before = blob.size();
      Status status = client.Read(
          options_.repo, plan_.commit, file, {range.begin + before, range.end},
          [&](ByteRange bytes) {
            if (bytes.begin < range.begin) return UnsupportedError("the server knows no ranges");
            range.end = bytes.end;
            const uint64_t kept = bytes.begin - range.begin;
            shared_.bytes_done -= blob.size() - kept;
            return blob.TruncateTo(kept);
          },
          [&](std::string_view bytes) {
            SG_RETURN_IF_ERROR(blob.Append(bytes));
            shared_.bytes_done += bytes.size();
            shared_.bytes_downloaded += bytes.size();
            return Status::Ok();
          });
      if (range.begin + blob.size() == range.end) break;
      if (status.ok()) status = BusyError("the connection ended early");
      if (status.code() != StatusCode::kBusy) return status;
      if (blob.size() >= before + kProgressWorthRetrying_bytes) attempt = 1;
      if (attempt == kHubAttempts) {
        return IoError(status.message() + "; gave up after " + std::to_string(attempt) +
                       " tries. What has arrived is kept: pull again to go on");
      }
      SG_RETURN_IF_ERROR(client.WaitBeforeRetry(attempt++));
    }
    return Status::Ok();
  }

  // config.json last: a folder without it is no model.
  Status LinkSnapshot() {
    std::stable_partition(files_.begin(), files_.end(),
                          [](const RemoteFile& file) { return file.name != "config.json"; });
    for (const RemoteFile& file : files_) SG_RETURN_IF_ERROR(Link(file));
    return Status::Ok();
  }

  Status Link(const RemoteFile& file) const {
    const std::string path = SnapshotDir() + "/" + file.name;
    std::string target = "../../blobs/" + file.digest;
    for (const char c : file.name) {
      if (c == '/') target.insert(0, "../");
    }
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return ErrnoError("create the folder of", path, error.value());
    const std::string temporary = path + ".tmp-" + std::to_string(::getpid());
    ::unlink(temporary.c_str());
    if (::symlink(target.c_str(), temporary.c_str()) != 0 ||
        std::rename(temporary.c_str(), path.c_str()) != 0) {
      const int error_number = errno;
      ::unlink(temporary.c_str());
      return ErrnoError("link", path, error_number);
    }
    return Status::Ok();
  }

  Status WriteRef() const {
    if (IsCommit(options_.revision)) return Status::Ok();
    const std::string path = repo_dir_ + "/refs/" + options_.revision;
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return ErrnoError("create the folder of", path, error.value());
    return WriteFileAtomic(path, plan_.commit);
  }

  const HubSettings& settings_;
  const PullOptions& options_;
  const std::string repo_dir_, locks_dir_;
  PullPlan plan_;
  std::vector<RemoteFile> files_;
  Shared shared_;
};

}  // namespace

Result<PullSummary> PullModel(const HubSettings& settings, const PullOptions& options) {
  if (!IsRepoId(options.repo)) {
    return InvalidArgumentError("\"" + options.repo + "\" is no repository (ORG/NAME)");
  }
  if (!IsRevision(options.revision)) {
    return InvalidArgumentError("\"" + options.revision +
                                "\" is no revision (branch, tag, commit)");
  }
  if (settings.cache_dir.empty()) {
    return InvalidArgumentError("no folder for downloads: set HF_HOME, or HOME");
  }
  if (settings.offline) {
    SG_ASSIGN_OR_RETURN(HubSnapshot snapshot,
                        FindSnapshot(settings.cache_dir, options.repo, options.revision));
    return PullSummary{.snapshot = std::move(snapshot)};
  }
  return Pull(settings, options).Run();
}

}  // namespace sg
