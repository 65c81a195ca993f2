#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>

#include "apps/sg/commands/commands.h"
#include "apps/sg/eval_session.h"
#include "apps/sg/interrupt.h"
#include "apps/sg/locate.h"
#include "apps/sg/paths.h"
#include "apps/sg/progress.h"
#include "apps/sg/render/tuning.h"
#include "apps/sg/report.h"
#include "apps/sg/terminal.h"
#include "apps/sg/tuned_weights.h"
#include "apps/sg/update.h"
#include "eval/make_queries.h"
#include "eval/tune_ranking.h"

namespace sg {
namespace {

struct TuneFlags {
  std::optional<std::string> dir;
  std::vector<std::string> specs;
  std::string split = "all", group = "file";
  size_t folds = 5;
  Settings settings;
  bool made = false, dry_run = false, reset = false, json = false, quiet = false;
};

// The top of the tree whose searches are tuned.
Result<std::string> RootOf(const TuneFlags& flags) {
  SG_ASSIGN_OR_RETURN(const std::string dir, AbsolutePath(flags.dir.value_or(".")));
  if (!IsDirectory(dir)) return InvalidArgumentError(dir + " is no folder");
  SG_ASSIGN_OR_RETURN(const IndexLocation location, LocateIndex(dir, std::nullopt));
  return location.root;
}

// The specs that were given, else one made from the tree.
Result<std::vector<Spec>> SpecsFor(const TuneFlags& flags, const std::string& root,
                                   const Settings& settings, ProgressLine& line,
                                   const std::atomic<bool>* cancel) {
  std::vector<Spec> specs;
  for (const std::string& path : flags.specs) {
    SG_ASSIGN_OR_RETURN(Spec spec, LoadSpec(path));
    specs.push_back(std::move(spec));
  }
  if (!specs.empty()) return specs;
  MakeOptions options{
      .walk = WalkSettingsFrom(settings).walk,
      .corpus = root,
      .on_progress = [&line](uint64_t done,
                             uint64_t total) { line.ShowText(MakeProgressText(done, total)); },
      .cancel = cancel};
  SG_ASSIGN_OR_RETURN(MadeQueries made, MakeQueries(root, options));
  specs.push_back(std::move(made.spec));
  return specs;
}

Result<TuneReport> Tune(const TuneFlags& flags, const std::string& root) {
  SG_ASSIGN_OR_RETURN(const Settings settings, EffectiveSettings(root, flags.settings));
  SG_ASSIGN_OR_RETURN(const std::string cache, EvalCacheFolder());
  const Terminal terminal = DetectTerminal();
  ProgressLine line(terminal.stderr_is_terminal && !flags.quiet, terminal.columns);
  const InterruptScope interrupt;
  SG_ASSIGN_OR_RETURN(const std::vector<Spec> specs,
                      SpecsFor(flags, root, settings, line, interrupt.flag()));
  SG_ASSIGN_OR_RETURN(const EvalModel model, OpenEvalModel(settings));
  TuneOptions options{
      .folds = flags.folds, .by_folder = flags.group == "folder", .accept_made = flags.made};

  options.evaluate = {
      .cache_dir = cache,
      .split = *ParseSplit(flags.split),
      .threads = settings.threads.value_or(0),
      .on_progress = [&line](const EvalProgress& p) { line.ShowText(EvalProgressText(p)); },
      .cancel = interrupt.flag()};
  std::vector<TuneQuery> queries;
  std::vector<std::string> warnings;
  for (const Spec& spec : specs) {
    SG_ASSIGN_OR_RETURN(
        std::vector<TuneQuery> more,
        CollectTuneQueries(spec, *model.embedder, model.lexical(), options, &warnings));
    std::move(more.begin(), more.end(), std::back_inserter(queries));
  }
  line.ShowText("fitting " + std::to_string(options.folds + 1) + " times");
  TuneReport report = TuneRanking(queries, options);
  report.warnings = std::move(warnings);
  return report;
}

Status Write(const TuneReport& report, const std::string& root) {
  const TunedFigures figures{
      .queries = report.usable, .ndcg_before = report.ndcg_before, .ndcg_after = report.ndcg_after};
  return WriteProjectRanking(root, RenderTunedWeights(report.weights, figures)).status();
}

int RunTune(const TuneFlags& flags, const std::string& root) {
  const Result<TuneReport> report = Tune(flags, root);
  if (!report.ok()) return Fail(report.status(), flags.json);
  const TuningOutcome outcome{
      .report = *report, .settings_path = ProjectSettingsPath(root), .dry_run = flags.dry_run};
  if (outcome.written()) {
    if (const Status written = Write(*report, root); !written.ok()) {
      return Fail(written, flags.json);
    }
  }
  for (const std::string& warning : report->warnings) {
    if (!flags.quiet) Say("warning: " + warning);
  }
  // Without evidence there are no figures, only the reason.
  const bool figures = flags.json || report->usable >= kFewestTuneQueries;
  if (figures) {
    const Status printed = Print(flags.json ? RenderJsonTuning(outcome) : RenderTuning(outcome));
    if (!printed.ok()) return Fail(printed);
  }
  if (report->refusal.empty()) return kExitFound;
  Say("the ranking stays as it is: " + report->refusal);
  return kExitError;
}

int RunReset(const TuneFlags& flags, const std::string& root) {
  const Result<bool> changed = WriteProjectRanking(root, std::nullopt);
  if (!changed.ok()) return Fail(changed.status(), flags.json);
  const std::string path = ProjectSettingsPath(root);
  const Status printed = Print(*changed ? "took the tuned weights out of " + path + "\n"
                                        : "there are no tuned weights in " + path + "\n");
  return printed.ok() ? kExitFound : Fail(printed);
}

// Fitting may take minutes: that its result cannot be written is said before.
Status CheckWritable(const std::string& root) {
  if (::access(root.c_str(), W_OK) == 0) return Status::Ok();
  return IoError("cannot write settings into " + root + ": " + std::strerror(errno) +
                 "; --dry-run shows the weights");
}

int RunTuneRank(const TuneFlags& flags) {
  const Result<std::string> root = RootOf(flags);
  if (!root.ok()) return Fail(root.status(), flags.json);
  if (!flags.dry_run) {
    if (const Status status = CheckWritable(*root); !status.ok()) return Fail(status, flags.json);
  }
  return flags.reset ? RunReset(flags, *root) : RunTune(flags, *root);
}

void AddTuneRankFlags(CLI::App& rank, TuneFlags& flags) {
  rank.add_option("DIR", flags.dir, "A folder of the project (default: the current one)");
  rank.add_option("--spec", flags.specs,
                  "Queries to learn from (see: sg eval --help); may be repeated; default: those "
                  "that sg eval --make finds in the project")
      ->type_name("FILE");
  rank.add_option("--split", flags.split, "Learn from this half of a made set only (default: all)")
      ->check(CLI::IsMember({"all", "tune", "test"}).description(""))
      ->type_name("all|tune|test");
  rank.add_option("--folds", flags.folds, "Parts of the cross-validation (default: 5)")
      ->check(CLI::Range(2, 20).description(""))
      ->type_name("N");
  rank.add_option("--group", flags.group,
                  "What a fold keeps together: queries that want the same file, or the same folder "
                  "(default: file)")
      ->check(CLI::IsMember({"file", "folder"}).description(""))
      ->type_name("file|folder");
  rank.add_flag("--made", flags.made,
                "Write weights that were learned from made queries: comments are not questions");
  CLI::Option* dry_run =
      rank.add_flag("--dry-run", flags.dry_run, "Show what would be written, write nothing");
  rank.add_flag("--reset", flags.reset, "Go back to the built-in weights")
      ->excludes(dry_run)
      ->excludes(rank.get_option("--spec"));
  AddModelFlags(rank, flags.settings);
  rank.add_flag("--json", flags.json, "Print JSON (docs/evaluation.md)");
  rank.add_flag("-q,--quiet", flags.quiet, "No progress line, no warnings");
  rank.footer(
      "Fits the weights of the ranking to this project, holding them near the built-in ones, and\n"
      "writes them as \"ranking\" into its settings file (.sg.json), if cross-validation shows a\n"
      "sure gain. Else nothing is written, and the exit code is 2.\n"
      "\n"
      "Examples:\n"
      "  sg tune rank --spec questions.json           learn from questions of your own\n"
      "  sg tune rank --dry-run                       what comments and commits here would teach\n"
      "  sg eval --make . -o queries.json && sg tune rank --spec queries.json --split tune --made\n"
      "  sg eval --spec queries.json --split test --tuned    what it brought on the other half\n"
      "  sg tune rank --reset");
}

}  // namespace

void DefineTune(CLI::App& command, Action& run) {
  command.require_subcommand(1);
  const auto flags = std::make_shared<TuneFlags>();
  CLI::App* rank = command.add_subcommand("rank", "Fit the weights of the ranking");
  AddTuneRankFlags(*rank, *flags);
  rank->callback([flags, &run] { run = [flags] { return RunTuneRank(*flags); }; });
  command.footer("Examples:\n  sg tune rank --dry-run");
}

}  // namespace sg
