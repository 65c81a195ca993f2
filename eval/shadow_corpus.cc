#include "eval/shadow_corpus.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "core/base/file.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;  // larger ones are in no index

bool IsHidden(const std::vector<LineSpan>& hidden, uint32_t line) {
  return std::any_of(hidden.begin(), hidden.end(), [line](const LineSpan& span) {
    return span.whole_file() || (span.begin <= line && line <= span.end);
  });
}

bool IsCurrent(const fs::path& source, const fs::path& copy) {
  std::error_code error;
  const auto size = fs::file_size(copy, error);
  if (error || size != fs::file_size(source, error) || error) return false;
  const auto time = fs::last_write_time(copy, error);
  return !error && time == fs::last_write_time(source, error) && !error;
}

Status CopyPlain(const fs::path& source, const fs::path& copy) {
  if (IsCurrent(source, copy)) return Status::Ok();
  std::error_code error;
  fs::copy_file(source, copy, fs::copy_options::overwrite_existing, error);
  if (error) return IoError("cannot copy " + source.string() + ": " + error.message());
  fs::last_write_time(copy, fs::last_write_time(source, error), error);
  return Status::Ok();
}

Status CopyBlanked(const fs::path& source, const fs::path& copy,
                   const std::vector<LineSpan>& hidden) {
  SG_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(source.string(), kMaxFileBytes));
  const std::string blanked = BlankLines(bytes, hidden);
  const Result<std::string> there = ReadFile(copy.string(), kMaxFileBytes);
  if (there.ok() && *there == blanked) return Status::Ok();
  return WriteFileAtomic(copy.string(), blanked);
}

// Removes regular files below `copy` that are not in `kept`.
Status RemoveOthers(const fs::path& copy, const std::set<std::string>& kept) {
  std::error_code error;
  std::vector<fs::path> gone;
  for (fs::recursive_directory_iterator at(copy, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_regular_file() && !kept.contains(fs::relative(at->path(), copy).string())) {
      gone.push_back(at->path());
    }
  }
  for (const fs::path& path : gone) fs::remove(path, error);
  if (error) return IoError("cannot clean up " + copy.string() + ": " + error.message());
  return Status::Ok();
}

}  // namespace

std::string BlankLines(std::string_view bytes, const std::vector<LineSpan>& hidden) {
  std::string result;
  result.reserve(bytes.size());
  for (uint32_t line = 1; !bytes.empty(); ++line) {
    const size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
    const std::string_view text = bytes.substr(0, end);
    if (!IsHidden(hidden, line)) {
      result += text;
    } else if (text.ends_with('\n')) {
      result += '\n';
    }
    bytes.remove_prefix(end);
  }
  return result;
}

Status UpdateShadow(const std::string& corpus, const std::string& copy, const WalkOptions& walk,
                    const HiddenByPath& hidden) {
  SG_ASSIGN_OR_RETURN(const WalkResult found, WalkTree(corpus, walk));
  std::error_code error;
  std::set<std::string> kept;
  for (const FileEntry& file : found.files) {
    if (file.size_bytes > kMaxFileBytes) continue;
    const fs::path source = fs::path(corpus) / file.path;
    const fs::path target = fs::path(copy) / file.path;
    fs::create_directories(target.parent_path(), error);
    if (error) return IoError("cannot make " + target.parent_path().string());
    const auto at = hidden.find(file.path);
    SG_RETURN_IF_ERROR(at == hidden.end() ? CopyPlain(source, target)
                                          : CopyBlanked(source, target, at->second));
    kept.insert(file.path);
  }
  return RemoveOthers(copy, kept);
}

}  // namespace sg
