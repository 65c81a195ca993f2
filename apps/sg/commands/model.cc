#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "apps/sg/commands/commands.h"
#include "apps/sg/interrupt.h"
#include "apps/sg/progress.h"
#include "apps/sg/render/models.h"
#include "apps/sg/report.h"
#include "apps/sg/sizes.h"
#include "apps/sg/terminal.h"
#include "apps/sg/update.h"
#include "core/hub/cache_upkeep.h"
#include "core/hub/pull.h"
#include "core/model/catalogue.h"

namespace sg {
namespace {

struct ModelFlags {
  std::optional<std::string> name;
  std::vector<std::string> names;
  Settings settings;
  bool json = false;
  bool offline = false;
  bool accept_licence = false;
};

int Finish(const Status& printed) { return printed.ok() ? kExitFound : Fail(printed); }

int RunList(const ModelFlags& flags) {
  const std::vector<CatalogueEntry> installed = ListModelFolders();
  return Finish(
      Print(flags.json ? RenderJsonModels(installed) : RenderModels(installed, kBundledModelName)));
}

Result<ModelReport> MakeReport(const ModelFlags& flags) {
  std::string dir;
  if (flags.settings.model_path) {
    dir = *flags.settings.model_path;
  } else {
    SG_ASSIGN_OR_RETURN(
        dir, FindModelFolder(flags.name ? std::string_view(*flags.name) : kBundledModelName));
  }
  ModelReport report;
  SG_ASSIGN_OR_RETURN(report.folder, ReadModelFolder(dir));
  report.size_bytes = ModelFolderSizeBytes(dir);
  SG_ASSIGN_OR_RETURN(report.description, DescribeModel(report.folder));
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> embedder, OpenEmbedder(dir, {}));
  report.space = embedder->space();
  return report;
}

int RunInfo(const ModelFlags& flags) {
  const Result<ModelReport> report = MakeReport(flags);
  if (!report.ok()) return Fail(report.status(), flags.json);
  return Finish(Print(flags.json ? RenderJsonModel(*report) : RenderModel(*report)));
}

// What the hub's model card says, or else the catalogue's row.
std::string LicenseOf(const PullPlan& plan, const KnownModel* known) {
  if (!plan.license.empty()) return plan.license;
  return known == nullptr ? "" : std::string(known->license);
}

// Says what is about to be downloaded; refuses what forbids commercial use unless accepted.
Status Approve(const PullPlan& plan, bool accepted) {
  const KnownModel* known = FindKnownModel(plan.repo);
  const std::string license = LicenseOf(plan, known);
  const bool non_commercial =
      IsNonCommercialLicense(license) || (known != nullptr && known->non_commercial);
  Say(plan.repo + " (" + plan.commit.substr(0, 12) + "): " + Counted(plan.files, "file") + ", " +
      FormatSize(plan.bytes_total) +
      (plan.bytes_missing < plan.bytes_total
           ? ", " + FormatSize(plan.bytes_missing) + " to download"
           : "") +
      "; licence: " + (license.empty() ? "not stated" : license) +
      (non_commercial ? " (no commercial use)" : ""));
  if (!non_commercial || accepted) return Status::Ok();
  return InvalidArgumentError("the licence of " + plan.repo +
                              " forbids commercial use; if yours is allowed: sg model pull "
                              "--accept-licence " +
                              plan.repo);
}

Result<PullSummary> Pull(const std::string& name, const ModelFlags& flags) {
  SG_ASSIGN_OR_RETURN(const ModelReference reference, ParseModelReference(name));
  SG_ASSIGN_OR_RETURN(HubSettings settings,
                      HubSettingsFromEnvironment([](const char* n) { return std::getenv(n); }));
  settings.offline |= flags.offline;
  const Terminal terminal = DetectTerminal();
  ProgressLine progress(terminal.stderr_is_terminal, terminal.columns);
  const InterruptScope interrupt;
  PullOptions options{.repo = reference.repo, .revision = reference.revision};
  options.approve = [&](const PullPlan& plan) { return Approve(plan, flags.accept_licence); };
  options.on_progress = [&](const PullProgress& state) { progress.Show(state); };
  options.cancel = interrupt.flag();
  Result<PullSummary> summary = PullModel(settings, options);
  if (!summary.ok() && settings.offline) {
    return NotFoundError(summary.status().message() + ", and sg is offline" +
                         (flags.offline ? "" : " (HF_HUB_OFFLINE)"));
  }
  return summary;
}

int RunPull(const ModelFlags& flags) {
  for (const std::string& name : flags.names) {
    const Result<PullSummary> summary = Pull(name, flags);
    if (!summary.ok()) return Fail(summary.status(), flags.json);
    const Status printed =
        Print(flags.json ? RenderJsonPull(*summary) : RenderPull(*summary, name));
    if (!printed.ok()) return Fail(printed);
  }
  return kExitFound;
}

// All names in `flags`, or every model of the hub's cache.
Result<std::vector<HubSnapshot>> Snapshots(const ModelFlags& flags) {
  if (flags.names.empty()) return ListSnapshots(HubCacheFolder());
  std::vector<HubSnapshot> snapshots;
  for (const std::string& name : flags.names) {
    SG_ASSIGN_OR_RETURN(const ModelReference reference, ParseModelReference(name));
    SG_ASSIGN_OR_RETURN(HubSnapshot snapshot,
                        FindSnapshot(HubCacheFolder(), reference.repo, reference.revision));
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

int RunVerify(const ModelFlags& flags) {
  const Result<std::vector<HubSnapshot>> snapshots = Snapshots(flags);
  if (!snapshots.ok()) return Fail(snapshots.status(), flags.json);
  const InterruptScope interrupt;
  std::vector<VerifiedModel> models;
  bool all_good = true;
  for (const HubSnapshot& snapshot : *snapshots) {
    Result<std::vector<VerifiedFile>> files = VerifySnapshot(snapshot, interrupt.flag());
    if (!files.ok()) return Fail(files.status(), flags.json);
    models.push_back({snapshot, std::move(*files)});
    for (const VerifiedFile& file : models.back().files) all_good &= file.status.ok();
  }
  const Status printed = Print(flags.json ? RenderJsonVerified(models) : RenderVerified(models));
  if (!printed.ok()) return Fail(printed);
  return all_good ? kExitFound : kExitError;
}

int RunRemove(const ModelFlags& flags) {
  for (const std::string& name : flags.names) {
    const Result<ModelReference> reference = ParseModelReference(name);
    if (!reference.ok()) return Fail(reference.status());
    const Result<uint64_t> freed = RemoveRepo(HubCacheFolder(), reference->repo);
    if (!freed.ok()) return Fail(freed.status());
    const Status printed =
        Print("removed " + reference->repo + ", " + FormatSize(*freed) + " freed\n");
    if (!printed.ok()) return Fail(printed);
  }
  return kExitFound;
}

void DefinePull(CLI::App& command, const std::shared_ptr<ModelFlags>& flags, Action& run) {
  CLI::App* pull = command.add_subcommand("pull", "Download a model from the Hugging Face hub");
  pull->add_option("NAME", flags->names, "A known model, or ORG/NAME; either with @REVISION")
      ->required();
  pull->add_flag("--accept-licence,--accept-license", flags->accept_licence,
                 "Accept a licence that forbids commercial use");
  pull->add_flag("--offline", flags->offline, "Only look whether it is in the cache");
  pull->add_flag("--json", flags->json, "Print JSON");
  pull->footer(
      "What is downloaded lies in the hub's cache (~/.cache/huggingface/hub) that Python uses, "
      "too.\n"
      "An interrupted download goes on where it stopped. Environment: HF_ENDPOINT, HF_TOKEN,\n"
      "HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, https_proxy, SSL_CERT_FILE.\n"
      "\n"
      "Examples:\n"
      "  sg model pull minilm\n"
      "  sg model pull jinaai/jina-embeddings-v2-base-code@main");
  pull->callback([flags, &run] { run = [flags] { return RunPull(*flags); }; });
}

void DefineVerifyAndRemove(CLI::App& command, const std::shared_ptr<ModelFlags>& flags,
                           Action& run) {
  CLI::App* verify = command.add_subcommand("verify", "Compare downloaded files with their hashes");
  verify->add_option("NAME", flags->names, "Which models (default: all in the hub's cache)");
  verify->add_flag("--json", flags->json, "Print JSON");
  verify->footer("Examples:\n  sg model verify minilm");
  verify->callback([flags, &run] { run = [flags] { return RunVerify(*flags); }; });
  CLI::App* remove = command.add_subcommand("remove", "Delete a downloaded model");
  remove->add_option("NAME", flags->names, "Which models, with all their revisions")->required();
  remove->footer("Examples:\n  sg model remove minilm");
  remove->callback([flags, &run] { run = [flags] { return RunRemove(*flags); }; });
}

}  // namespace

void DefineModel(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<ModelFlags>();
  command.require_subcommand(1);
  CLI::App* list = command.add_subcommand("list", "List the installed models and the known ones");
  list->add_flag("--json", flags->json, "Print JSON");
  list->footer("Examples:\n  sg model list");
  list->callback([flags, &run] { run = [flags] { return RunList(*flags); }; });
  CLI::App* info = command.add_subcommand("info", "Show one model");
  info->add_option("NAME", flags->name, "Its name (default: the bundled one)");
  info->add_option("--model-path", flags->settings.model_path, "Show the model in this folder")
      ->type_name("DIR");
  info->add_flag("--json", flags->json, "Print JSON");
  info->footer("Examples:\n  sg model info\n  sg model info --model-path ~/models/potion-code-16M");
  info->callback([flags, &run] { run = [flags] { return RunInfo(*flags); }; });
  DefinePull(command, flags, run);
  DefineVerifyAndRemove(command, flags, run);
  command.footer(
      "Models are folders in ~/.local/share/sg/models and in share/sg/models beside the program's\n"
      "bin folder, and what was pulled. Any folder with a published model works with "
      "--model-path.");
}

}  // namespace sg
