#include <CLI/CLI.hpp>
#include <filesystem>

#include "apps/sg/commands/commands.h"
#include "apps/sg/eval_session.h"
#include "apps/sg/interrupt.h"
#include "apps/sg/locate.h"
#include "apps/sg/paths.h"
#include "apps/sg/progress.h"
#include "apps/sg/report.h"
#include "apps/sg/sizes.h"
#include "apps/sg/terminal.h"
#include "apps/sg/tuned_weights.h"
#include "apps/sg/update.h"
#include "core/base/file.h"
#include "eval/ablation.h"
#include "eval/compare.h"
#include "eval/evaluate.h"
#include "eval/make_queries.h"
#include "eval/plot.h"
#include "eval/report.h"

namespace sg {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostMovedShown = 20;
constexpr uint64_t kMaxReportBytes = uint64_t{512} << 20;

struct EvalFlags {
  std::vector<std::string> specs;
  std::optional<std::string> corpus;
  std::vector<std::string> models, model_paths, modes;
  size_t k = 10;
  std::string split = "all", precision = "auto";
  bool ablate = false, tuned = false;
  bool json = false, markdown = false, verbose = false, quiet = false;
  std::optional<std::string> plot;
  std::vector<std::string> compare;  // A, B
  std::optional<std::string> make, output;
};

// One entry per model that is asked for; the default one if none is.
std::vector<Settings> ModelsOf(const EvalFlags& flags) {
  std::vector<Settings> models;
  for (const std::string& name : flags.models) {
    Settings& settings = models.emplace_back();
    if (name != "auto") settings.model = name;
  }
  for (const std::string& path : flags.model_paths) models.emplace_back().model_path = path;
  if (models.empty()) models.emplace_back();
  return models;
}

Result<std::vector<System>> SystemsOf(const EvalFlags& flags) {
  if (flags.ablate) return AblationSystems();
  std::vector<System> systems;
  for (const std::string& mode : flags.modes) {
    SG_ASSIGN_OR_RETURN(System system, SystemOfMode(mode));
    systems.push_back(std::move(system));
  }
  if (systems.empty()) systems.push_back({.name = "hybrid"});
  if (!flags.tuned) return systems;
  std::vector<System> both;
  for (System& system : systems) {
    both.push_back(system);
    system.name += ", tuned";
    system.tuned = true;
    both.push_back(std::move(system));
  }
  return both;
}

// What `sg tune rank` wrote for the project that holds the corpus.
Result<RankingWeights> TunedWeightsOf(const std::string& corpus) {
  SG_ASSIGN_OR_RETURN(const std::string dir, AbsolutePath(corpus));
  SG_ASSIGN_OR_RETURN(const IndexLocation location, LocateIndex(dir, std::nullopt));
  const std::string path = ProjectSettingsPath(location.root);
  SG_ASSIGN_OR_RETURN(const Settings settings, LoadSettingsFile(path, SettingsSource::kProject));
  RankingChoice choice = ChooseRanking(settings);
  if (!choice.warning.empty()) return InvalidArgumentError(path + ": " + choice.warning);
  if (choice.weights) return *std::move(choice.weights);
  return NotFoundError("--tuned: there are no tuned weights in " + path +
                       "; make them: sg tune rank " + location.root);
}

Result<std::vector<Spec>> SpecsOf(const EvalFlags& flags) {
  std::vector<Spec> specs;
  for (const std::string& path : flags.specs) {
    SG_ASSIGN_OR_RETURN(Spec spec, LoadSpec(path));
    if (flags.corpus) {
      if (flags.specs.size() > 1 || spec.corpora.size() > 1) {
        return InvalidArgumentError("--corpus: needs one --spec with one corpus");
      }
      spec.corpora[0].directory = *flags.corpus;
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

// Specs x models x modes, in that order.
Result<std::vector<EvalRun>> RunAll(const EvalFlags& flags) {
  SG_ASSIGN_OR_RETURN(const std::vector<Spec> specs, SpecsOf(flags));
  SG_ASSIGN_OR_RETURN(const std::vector<System> systems, SystemsOf(flags));
  SG_ASSIGN_OR_RETURN(const std::string cache, EvalCacheFolder());
  const Terminal terminal = DetectTerminal();
  ProgressLine line(terminal.stderr_is_terminal && !flags.quiet, terminal.columns);
  const InterruptScope interrupt;
  const EvaluateOptions options{
      .cache_dir = cache,
      .k = flags.k,
      .split = *ParseSplit(flags.split),
      .tuned_weights = TunedWeightsOf,
      .on_progress = [&line](const EvalProgress& p) { line.ShowText(EvalProgressText(p)); },
      .cancel = interrupt.flag()};
  std::vector<EvalRun> all;
  for (const Spec& spec : specs) {
    for (const Settings& settings : ModelsOf(flags)) {
      SG_ASSIGN_OR_RETURN(const EvalModel model, OpenEvalModel(settings, flags.precision));
      SG_ASSIGN_OR_RETURN(std::vector<EvalRun> runs,
                          Evaluate(spec, systems, *model.embedder, model.lexical(), options));
      for (EvalRun& run : runs) all.push_back(std::move(run));
    }
  }
  return all;
}

Status WritePlot(const std::string& path, const std::vector<EvalRun>& runs) {
  std::vector<RunSummary> summaries;
  for (const EvalRun& run : runs) summaries.push_back(Summarize(run));
  return WriteNamedFile(path, RenderEvalPlot(summaries));
}

// Measuring may take minutes: what would stop its report is said before.
Status CheckOutput(const std::optional<std::string>& path) {
  if (!path) return Status::Ok();
  const std::string folder = fs::path(LexicallyAbsolute(*path)).parent_path().string();
  if (!IsDirectory(folder)) return NotFoundError("cannot write " + *path + ": no folder " + folder);
  if (IsDirectory(*path)) return InvalidArgumentError("cannot write " + *path + ": it is a folder");
  return Status::Ok();
}

Status CheckOutputs(const EvalFlags& flags) {
  SG_RETURN_IF_ERROR(CheckOutput(flags.plot));
  return CheckOutput(flags.output);
}

// Where -o says, else to standard output.
int Deliver(const EvalFlags& flags, const std::string& text) {
  const Status done = flags.output ? WriteNamedFile(*flags.output, text)
                      : flags.json ? Print(text)
                                   : PrintSafe(text);
  return done.ok() ? kExitFound : Fail(done, flags.json);
}

int RunEvaluate(const EvalFlags& flags) {
  const Result<std::vector<EvalRun>> runs = RunAll(flags);
  if (!runs.ok()) return Fail(runs.status(), flags.json);
  if (flags.plot) {
    const Status written = WritePlot(*flags.plot, *runs);
    if (!written.ok()) return Fail(written, flags.json);
  }
  const ReportOptions report;
  std::string text = flags.json       ? RenderEvalJson(*runs)
                     : flags.ablate   ? RenderAblation(*runs, flags.markdown)
                     : flags.markdown ? RenderEvalMarkdown(*runs, report)
                                      : RenderEvalText(*runs, report);
  if (flags.verbose && !flags.json) text = RenderEvalQueries(*runs) + text;
  return Deliver(flags, text);
}

Result<std::vector<Comparison>> Compare(const std::string& a, const std::string& b) {
  SG_ASSIGN_OR_RETURN(const std::string json_a, ReadFile(a, kMaxReportBytes));
  SG_ASSIGN_OR_RETURN(const std::string json_b, ReadFile(b, kMaxReportBytes));
  return CompareRuns(json_a, a, json_b, b);
}

int RunCompare(const EvalFlags& flags) {
  const auto comparisons = Compare(flags.compare[0], flags.compare[1]);
  if (!comparisons.ok()) return Fail(comparisons.status(), flags.json);
  return Deliver(flags, flags.json ? RenderComparisonJson(*comparisons)
                                   : RenderComparison(*comparisons, kMostMovedShown));
}

Result<MadeQueries> Make(const EvalFlags& flags) {
  if (!flags.output) return InvalidArgumentError("--make: say where to write the spec: -o FILE");
  SG_ASSIGN_OR_RETURN(const std::string dir, AbsolutePath(*flags.make));
  SG_ASSIGN_OR_RETURN(const Settings settings, EffectiveSettings(dir, {}));
  const InterruptScope interrupt;
  const Terminal terminal = DetectTerminal();
  ProgressLine line(terminal.stderr_is_terminal && !flags.quiet, terminal.columns);
  MakeOptions options{
      .walk = WalkSettingsFrom(settings).walk,
      .on_progress = [&line](uint64_t done,
                             uint64_t total) { line.ShowText(MakeProgressText(done, total)); },
      .cancel = interrupt.flag()};
  const fs::path folder = fs::path(LexicallyAbsolute(*flags.output)).parent_path();
  options.corpus = fs::path(dir).lexically_proximate(folder).string();
  SG_ASSIGN_OR_RETURN(MadeQueries made, MakeQueries(dir, options));
  SG_RETURN_IF_ERROR(WriteNamedFile(*flags.output, RenderSpec(made.spec)));
  return made;
}

int RunMake(const EvalFlags& flags) {
  const Result<MadeQueries> made = Make(flags);
  if (!made.ok()) return Fail(made.status(), flags.json);
  std::string text = *flags.output + ": ";
  for (const auto& [category, count] : made->by_category) {
    text += std::to_string(count) + " " + category + ", ";
  }
  text += std::to_string(made->tune) + " to tune on, " + std::to_string(made->test) + " to test\n";
  if (!made->note.empty()) text += "No commit queries: " + made->note + "\n";
  const Status printed = Print(text);
  return printed.ok() ? kExitFound : Fail(printed);
}

int RunEval(const EvalFlags& flags) {
  if (const Status status = CheckOutputs(flags); !status.ok()) return Fail(status, flags.json);
  if (!flags.compare.empty()) return RunCompare(flags);
  if (flags.make) return RunMake(flags);
  if (!flags.specs.empty()) return RunEvaluate(flags);
  return Fail(InvalidArgumentError(
      "nothing to do: give --spec FILE, or make one first: sg eval --make DIR -o spec.json"));
}

void AddWhatFlags(CLI::App& command, EvalFlags& flags) {
  constexpr const char* kGroup = "What is measured";
  command.add_option("--spec", flags.specs, "Queries and what they should find; may be repeated")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("--corpus", flags.corpus, "Search this folder, not the one the spec names")
      ->type_name("DIR")
      ->group(kGroup);
  command
      .add_option("--model", flags.models,
                  "An installed model, or auto for the default one; may be repeated")
      ->type_name("NAME|auto")
      ->group(kGroup);
  command
      .add_option("--model-path", flags.model_paths, "The model in this folder; may be repeated")
      ->type_name("DIR")
      ->group(kGroup);
  command
      .add_option("--precision", flags.precision,
                  "Of encoders: auto, f32, bf16 or int8 (default: auto)")
      ->check(CLI::IsMember({"auto", "f32", "bf16", "int8"}).description(""))
      ->type_name("WORD")
      ->group(kGroup);
  command.add_option("--mode", flags.modes, "Which arms search; may be repeated (default: hybrid)")
      ->delimiter(',')
      ->check(CLI::IsMember({"hybrid", "semantic", "keyword"}).description(""))
      ->type_name("hybrid|semantic|keyword")
      ->group(kGroup);
  command
      .add_flag(
          "--ablate", flags.ablate,
          "What each part of the ranking is worth: keywords alone, vectors alone, both without "
          "ranking, and the ranking without each of its features")
      ->group(kGroup);
  command
      .add_flag("--tuned", flags.tuned,
                "Each mode also with the weights that sg tune rank wrote for the corpus")
      ->group(kGroup);
  command.add_option("-k,--k", flags.k, "How many results count (default: 10)")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N")
      ->group(kGroup);
  command.add_option("--split", flags.split, "Only this half of a made set (default: all)")
      ->check(CLI::IsMember({"all", "tune", "test"}).description(""))
      ->type_name("all|tune|test")
      ->group(kGroup);
}

void AddReportFlags(CLI::App& command, EvalFlags& flags) {
  constexpr const char* kGroup = "Report";
  command.add_flag("--json", flags.json, "Print JSON, with every query")->group(kGroup);
  command.add_flag("--markdown", flags.markdown, "Print a Markdown table")->group(kGroup);
  command
      .add_flag("--verbose", flags.verbose,
                "List every query with its rank and what was in first place")
      ->group(kGroup);
  command.add_option("--plot", flags.plot, "Draw bars with intervals into this SVG file")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_option("-o,--output", flags.output, "Write to this file")
      ->type_name("FILE")
      ->group(kGroup);
  command.add_flag("-q,--quiet", flags.quiet, "No progress line")->group(kGroup);
}

// Options that would be left unheard beside another one.
void AddExclusions(CLI::App& command) {
  struct Exclusion {
    const char* option;
    std::vector<const char*> others;
  };
  const Exclusion kExclusions[] = {
      {"--ablate", {"--mode", "--tuned"}},
      {"--json", {"--markdown"}},
      {"--compare", {"--spec", "--make", "--ablate", "--markdown", "--verbose", "--plot"}},
      {"--make", {"--spec", "--json", "--ablate", "--markdown", "--verbose", "--plot"}}};
  for (const Exclusion& exclusion : kExclusions) {
    for (const char* other : exclusion.others) {
      command.get_option(exclusion.option)->excludes(command.get_option(other));
    }
  }
}

}  // namespace

void DefineEval(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<EvalFlags>();
  AddWhatFlags(command, *flags);
  AddReportFlags(command, *flags);
  command
      .add_option("--compare", flags->compare,
                  "Compare two reports of --json, query by query, with a significance test")
      ->expected(2)
      ->type_name("A.json B.json")
      ->group("Other work");
  command
      .add_option("--make", flags->make,
                  "Make a spec (-o) from the comments, commits and tests of this folder")
      ->type_name("DIR")
      ->group("Other work");
  AddExclusions(command);
  command.footer(
      "Examples:\n"
      "  sg eval --make . -o queries.json            a query set from this repository\n"
      "  sg eval --spec queries.json --split test\n"
      "  sg eval --spec queries.json --mode keyword,semantic,hybrid --plot out.svg\n"
      "  sg eval --spec queries.json --json -o before.json\n"
      "  sg eval --compare before.json after.json\n"
      "\n"
      "Indexes of corpora are kept in ~/.cache/sg/eval (or $SG_EVAL_CACHE).");
  command.callback([flags, &run] { run = [flags] { return RunEval(*flags); }; });
}

}  // namespace sg
