#include "apps/sg/update.h"

#include <unistd.h>

#include <cstdlib>

#include "apps/sg/interrupt.h"
#include "apps/sg/progress.h"
#include "apps/sg/render/summary.h"
#include "apps/sg/terminal.h"
#include "core/model/catalogue.h"

namespace sg {
namespace {

const char* Getenv(const char* name) { return std::getenv(name); }

// What to try when the index cannot be written beside the tree.
Status WithPlaceHint(const Status& status, const IndexLocation& location) {
  const bool cannot_write = status.code() == StatusCode::kIo && !location.own_file &&
                            ::access(location.root.c_str(), W_OK) != 0;
  if (!cannot_write) return status;
  return IoError(status.message() +
                 "; to keep the index elsewhere: --index FILE, or SG_INDEX=FILE for every command");
}

}  // namespace

Result<Settings> SettingsOutsideProjects(const Settings& flags) {
  SG_ASSIGN_OR_RETURN(Settings user,
                      LoadSettingsFile(UserSettingsPath(Getenv), SettingsSource::kUser));
  SG_ASSIGN_OR_RETURN(const Settings environment, SettingsFromEnvironment(Getenv));
  return MergeSettings(MergeSettings(std::move(user), environment), flags);
}

Result<Settings> EffectiveSettings(const std::string& root, const Settings& flags) {
  SG_ASSIGN_OR_RETURN(Settings user,
                      LoadSettingsFile(UserSettingsPath(Getenv), SettingsSource::kUser));
  SG_ASSIGN_OR_RETURN(const Settings project,
                      LoadSettingsFile(ProjectSettingsPath(root), SettingsSource::kProject));
  SG_ASSIGN_OR_RETURN(const Settings environment, SettingsFromEnvironment(Getenv));
  Settings files = MergeSettings(std::move(user), project);
  return MergeSettings(MergeSettings(std::move(files), environment), flags);
}

WalkSettings WalkSettingsFrom(const Settings& settings) {
  WalkSettings out;
  out.walk.use_ignore_files = settings.ignore_files.value_or(true);
  out.walk.include_hidden = settings.hidden.value_or(false);
  out.walk.follow_symlinks = settings.follow.value_or(false);
  out.walk.include = settings.include.value_or(std::vector<std::string>());
  out.walk.exclude = settings.exclude.value_or(std::vector<std::string>());
  if (settings.max_file_size_bytes) {
    out.limits.max_code_bytes = *settings.max_file_size_bytes;
    out.limits.max_text_bytes = *settings.max_file_size_bytes;
  }
  out.max_tokens_per_chunk = settings.max_tokens_per_chunk.value_or(kDefaultChunkTokens);
  return out;
}

Result<std::unique_ptr<Embedder>> OpenModel(const Settings& settings,
                                            const std::string& fallback_name,
                                            const EmbedderOptions& options) {
  if (settings.model_path) return OpenEmbedder(*settings.model_path, options);
  SG_ASSIGN_OR_RETURN(const std::string dir,
                      FindModelFolder(settings.model.value_or(fallback_name)));
  return OpenEmbedder(dir, options);
}

Result<IndexSummary> RunUpdate(const UpdateRequest& request, const Embedder& embedder) {
  const Terminal terminal = DetectTerminal();
  ProgressLine progress(terminal.stderr_is_terminal && !request.quiet, terminal.columns);
  const InterruptScope interrupt;
  IndexOptions options;
  options.root = request.location.root;
  options.db_path = request.location.db_path;
  options.walk = request.files.walk;
  options.limits = request.files.limits;
  options.max_tokens_per_chunk = request.files.max_tokens_per_chunk;
  options.threads = request.threads;
  if (request.max_memory_bytes > 0) options.max_memory_bytes = request.max_memory_bytes;
  options.rebuild = request.rebuild;
  options.on_progress = [&progress](const IndexProgress& state) { progress.Show(state); };
  options.cancel = interrupt.flag();
  Result<IndexSummary> summary = UpdateIndex(options, embedder);
  if (!summary.ok()) return WithPlaceHint(summary.status(), request.location);
  return summary;
}

Status CheckNotEmpty(const IndexSummary& summary, const std::string& root) {
  if (summary.files_total > 0) return Status::Ok();
  std::string message = "nothing to index in " + root;
  const std::string skipped = RenderSkipped(summary.skipped);
  message += skipped.empty() ? ": no files there" : ": every file was skipped (" + skipped + ")";
  if (!summary.errors.empty()) message += "\n  " + summary.errors.front();
  if (!skipped.empty())
    message += "; see: sg index --help (--hidden, --no-ignore, --max-file-size)";
  return NotFoundError(std::move(message));
}

}  // namespace sg
