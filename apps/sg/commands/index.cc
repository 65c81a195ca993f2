#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/sg/commands/commands.h"
#include "apps/sg/locate.h"
#include "apps/sg/paths.h"
#include "apps/sg/render/summary.h"
#include "apps/sg/report.h"
#include "apps/sg/sizes.h"
#include "apps/sg/spaces.h"
#include "apps/sg/update.h"

namespace sg {
namespace {

constexpr size_t kMostErrorsShown = 10;

struct IndexFlags {
  std::optional<std::string> dir;
  Settings settings;
  bool rebuild = false;
  bool force = false;
  bool quiet = false;
  bool json = false;
};

// The tree that is meant: DIR itself, else the project around the current folder.
Result<IndexLocation> Locate(const IndexFlags& flags, const std::optional<std::string>& index) {
  SG_ASSIGN_OR_RETURN(const std::string dir, AbsolutePath(flags.dir.value_or(".")));
  return flags.dir ? LocationFor(dir, index) : LocateIndex(dir, index);
}

Result<IndexSummary> MakeIndex(const IndexFlags& flags, const Settings& settings,
                               const IndexLocation& location, std::string& model_name) {
  SG_ASSIGN_OR_RETURN(IndexModels models, OpenModelsFor(settings));
  // Nobody said which models: the spaces that the index holds stay.
  const bool said = settings.model.has_value() || settings.model_path.has_value();
  if (!said && location.exists) {
    const Status added = AddSpacesOf(location.db_path, settings, &models);
    // An index of an older format, and one that never got its tables, count as not found and are
    // filled anew; --rebuild also replaces a damaged one.
    if (!added.ok() && added.code() != StatusCode::kNotFound && !flags.rebuild) return added;
    for (SpaceTarget& target : models.targets) {
      target.bits = settings.token_bits.value_or(target.bits);
      target.pooled = settings.pool_tokens.value_or(target.pooled);
    }
  }
  for (const std::string& notice : models.notices) {
    if (!flags.quiet) Say(notice);
  }
  model_name = models.primary->space().model_name;
  UpdateRequest request{.location = location,
                        .files = WalkSettingsFrom(settings),
                        .threads = settings.threads.value_or(0),
                        .max_memory_bytes = settings.max_memory_bytes.value_or(0),
                        .rebuild = flags.rebuild,
                        .quiet = flags.quiet};
  request.files.walk.force = flags.force;
  Result<IndexSummary> summary = RunUpdate(request, *models.primary);
  if (!summary.ok()) return summary;
  SG_ASSIGN_OR_RETURN(const SpacesSummary spaces,
                      RunSpacesUpdate(location.db_path, models, flags.quiet, flags.rebuild));
  if (spaces.passages_embedded > 0 && !flags.quiet && !flags.json) {
    Say("embedded " + Counted(spaces.passages_embedded, "chunk") + " in " +
        Counted(spaces.spaces, "further space"));
  }
  return summary;
}

void SayErrors(const std::vector<std::string>& errors) {
  for (size_t i = 0; i < errors.size() && i < kMostErrorsShown; ++i) Say(errors[i]);
  if (errors.size() > kMostErrorsShown) {
    Say(Counted(errors.size() - kMostErrorsShown, "further error") + "; --json lists them all");
  }
}

int RunIndex(const IndexFlags& flags) {
  const Result<Settings> outside = SettingsOutsideProjects(flags.settings);
  if (!outside.ok()) return Fail(outside.status(), flags.json);
  const Result<IndexLocation> location = Locate(flags, outside->index);
  if (!location.ok()) return Fail(location.status(), flags.json);
  const Result<Settings> settings = EffectiveSettings(location->root, flags.settings);
  if (!settings.ok()) return Fail(settings.status(), flags.json);
  std::string model_name;
  const Result<IndexSummary> summary = MakeIndex(flags, *settings, *location, model_name);
  if (!summary.ok()) return Fail(summary.status(), flags.json);
  SayErrors(summary->errors);
  if (const Status filled = CheckNotEmpty(*summary, location->root); !filled.ok()) {
    // What was not there before is not left behind; failing at that changes nothing of the message.
    if (!location->exists) (void)RemoveIndex(*location);
    return Fail(filled, flags.json);
  }
  Status printed;
  if (flags.json) {
    printed = Print(RenderJsonSummary(*summary, location->root, location->db_path, model_name));
  } else if (!flags.quiet) {
    printed = Print(RenderIndexSummary(*summary));
  }
  if (!printed.ok()) return Fail(printed);
  return summary->errors.empty() ? kExitFound : kExitError;
}

void AddFileFlags(CLI::App& command, Settings& settings) {
  command.add_option("--include", settings.include, "Index only files that match; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false)
      ->group("Which files");
  command.add_option("--exclude", settings.exclude, "Leave out files that match; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false)
      ->group("Which files");
  command
      .add_flag_callback(
          "--hidden", [&] { settings.hidden = true; }, "Index hidden files and folders too")
      ->group("Which files");
  command
      .add_flag_callback(
          "--no-ignore", [&] { settings.ignore_files = false; },
          "Index also what .gitignore, .ignore and .sgignore leave out")
      ->group("Which files");
  command
      .add_flag_callback(
          "--follow", [&] { settings.follow = true; }, "Follow symbolic links")
      ->group("Which files");
  AddSizeOption(command, "--max-file-size", settings.max_file_size_bytes,
                "Skip larger files (default: 1M for code, 8M for text)", "Which files");
}

}  // namespace

void DefineIndex(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<IndexFlags>();
  command.add_option("DIR", flags->dir,
                     "Folder to index (default: the project around the current folder)");
  AddFileFlags(command, flags->settings);
  AddModelFlags(command, flags->settings);
  AddChunkTokensOption(command, flags->settings);
  AddStoredTokensOptions(command, flags->settings);
  AddIndexFlag(command, flags->settings);
  command.add_flag("--rebuild", flags->rebuild, "Forget what is indexed and do everything anew");
  command.add_flag("--force", flags->force, "Index even / or the home folder");
  command
      .add_option("--threads", flags->settings.threads,
                  "Use this many threads (default: all cores)")
      ->type_name("N");
  AddSizeOption(command, "--max-memory", flags->settings.max_memory_bytes,
                "Hold at most this much in memory (default: 1G)", "Options");
  command.add_flag("-q,--quiet", flags->quiet, "Print errors only");
  command.add_flag("--json", flags->json, "Print the summary as JSON");
  command.footer(
      "Examples:\n"
      "  sg index                          the project around the current folder\n"
      "  sg index ~/src/linux --exclude drivers/\n"
      "  sg index --index /tmp/lib.db /usr/share/lib    a tree that cannot be written to\n"
      "  sg index --rebuild --model-path ~/models/potion-code-16M\n"
      "\n"
      "Only what changed since the last run is read again. Searches keep an index up to date with\n"
      "the flags that it was made with; giving other flags here makes it anew.");
  command.callback([flags, &run] { run = [flags] { return RunIndex(*flags); }; });
}

}  // namespace sg
