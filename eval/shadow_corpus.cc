#include "eval/shadow_corpus.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "core/base/file.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;  // larger ones are in no index

// Says for one line after the other whether it is hidden.
class HiddenLineSweep {
 public:
  explicit HiddenLineSweep(std::vector<LineSpan> spans) : spans_(std::move(spans)) {
    for (LineSpan& span : spans_) {
      if (span.whole_file()) span = {.begin = 1, .end = std::numeric_limits<uint32_t>::max()};
    }
    std::sort(spans_.begin(), spans_.end(),
              [](const LineSpan& a, const LineSpan& b) { return a.begin < b.begin; });
  }

  // REQUIRES: `line` is not below that of an earlier call.
  bool Holds(uint32_t line) {
    for (; next_ < spans_.size() && spans_[next_].begin <= line; ++next_) {
      hidden_to_ = std::max(hidden_to_, spans_[next_].end);
    }
    return line <= hidden_to_;
  }

 private:
  std::vector<LineSpan> spans_;
  size_t next_ = 0;
  uint32_t hidden_to_ = 0;
};

bool IsCurrent(const fs::path& source, const fs::path& copy) {
  std::error_code error;
  const auto size = fs::file_size(copy, error);
  if (error || size != fs::file_size(source, error) || error) return false;
  const auto time = fs::last_write_time(copy, error);
  return !error && time == fs::last_write_time(source, error) && !error;
}

// Whether `path` can be read. What cannot is in no index: the copy does without it.
bool IsReadable(const fs::path& path) { return ::access(path.c_str(), R_OK) == 0; }

Status CopyPlain(const fs::path& source, const fs::path& copy) {
  if (IsCurrent(source, copy)) return Status::Ok();
  std::error_code error;
  fs::remove(copy, error);  // a copy of a read-only file cannot be written over
  fs::copy_file(source, copy, error);
  if (error && !IsReadable(source)) return Status::Ok();  // gone meanwhile
  if (error) return IoError("cannot copy " + source.string() + ": " + error.message());
  fs::last_write_time(copy, fs::last_write_time(source, error), error);
  return Status::Ok();
}

Status CopyBlanked(const fs::path& source, const fs::path& copy,
                   const std::vector<LineSpan>& hidden) {
  const Result<std::string> bytes = ReadFile(source.string(), kMaxFileBytes);
  if (!bytes.ok()) return IsReadable(source) ? bytes.status() : Status::Ok();
  const std::string blanked = BlankLines(*bytes, hidden);
  const Result<std::string> there = ReadFile(copy.string(), kMaxFileBytes);
  if (there.ok() && *there == blanked) return Status::Ok();
  return WriteFileAtomic(copy.string(), blanked);
}

// Removes what is below `copy` but files in `kept` and the folders that hold them.
Status RemoveOthers(const fs::path& copy, const std::set<std::string>& kept) {
  std::error_code error;
  std::vector<fs::path> gone, folders;
  for (fs::recursive_directory_iterator at(copy, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_directory()) {
      folders.push_back(at->path());
    } else if (!kept.contains(at->path().lexically_relative(copy).string())) {
      gone.push_back(at->path());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return IoError("cannot read " + copy.string() + ": " + error.message());
  }
  for (const fs::path& path : gone) {
    if (!fs::remove(path, error) && error) {
      return IoError("cannot remove " + path.string() + ": " + error.message());
    }
  }
  // Inner folders come after the outer ones; those that are not empty stay.
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    if (fs::is_empty(*folder, error)) fs::remove(*folder, error);
  }
  return Status::Ok();
}

}  // namespace

std::string BlankLines(std::string_view bytes, const std::vector<LineSpan>& hidden) {
  std::string result;
  result.reserve(bytes.size());
  HiddenLineSweep sweep(hidden);
  for (uint32_t line = 1; !bytes.empty(); ++line) {
    const size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    const std::string_view text = bytes.substr(0, end);
    if (!sweep.Holds(line)) {
      result += text;
    } else if (text.ends_with('\n')) {
      result += '\n';
    }
    bytes.remove_prefix(end);
  }
  return result;
}

Result<std::vector<std::string>> UpdateShadow(const std::string& corpus, const std::string& copy,
                                              const WalkOptions& walk, const HiddenByPath& hidden) {
  SG_ASSIGN_OR_RETURN(const WalkResult found, WalkTree(corpus, walk));
  std::set<std::string> kept;
  for (const FileEntry& file : found.files) {
    const bool copied =
        file.size_bytes <= kMaxFileBytes && IsReadable(fs::path(corpus) / file.path);
    if (copied) kept.insert(file.path);
  }
  SG_RETURN_IF_ERROR(RemoveOthers(copy, kept));
  std::error_code error;
  for (const std::string& path : kept) {
    const fs::path source = fs::path(corpus) / path, target = fs::path(copy) / path;
    fs::create_directories(target.parent_path(), error);
    if (error) {
      return IoError("cannot make " + target.parent_path().string() + ": " + error.message());
    }
    const auto at = hidden.find(path);
    SG_RETURN_IF_ERROR(at == hidden.end() ? CopyPlain(source, target)
                                          : CopyBlanked(source, target, at->second));
  }
  std::vector<std::string> absent;
  for (const auto& [path, lines] : hidden) {
    if (!kept.contains(path)) absent.push_back(path);
  }
  return absent;
}

}  // namespace sg
