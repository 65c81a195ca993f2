#include <CLI/CLI.hpp>

#include "apps/sg/commands/commands.h"
#include "apps/sg/models.h"
#include "apps/sg/render/models.h"
#include "apps/sg/report.h"
#include "apps/sg/update.h"

namespace sg {
namespace {

struct ModelFlags {
  std::optional<std::string> name;
  Settings settings;
  bool json = false;
};

int RunList(const ModelFlags& flags) {
  const std::vector<InstalledModel> models = ListModels(ModelRoots());
  if (models.empty() && !flags.json) {
    return Fail(FindModel(kDefaultModel, ModelRoots()).status());
  }
  const Status printed =
      Print(flags.json ? RenderJsonModels(models) : RenderModels(models, kDefaultModel));
  return printed.ok() ? kExitFound : Fail(printed);
}

Result<ModelReport> MakeReport(const ModelFlags& flags) {
  ModelReport report;
  if (flags.settings.model_path) {
    report.dir = *flags.settings.model_path;
  } else {
    SG_ASSIGN_OR_RETURN(report.dir, FindModel(flags.name.value_or(kDefaultModel), ModelRoots()));
  }
  report.size_bytes = FolderBytes(report.dir);
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Embedder> embedder, OpenEmbedder(report.dir, {}));
  report.space = embedder->space();
  report.is_static = embedder->static_model() != nullptr;
  return report;
}

int RunInfo(const ModelFlags& flags) {
  const Result<ModelReport> report = MakeReport(flags);
  if (!report.ok()) return Fail(report.status(), flags.json);
  const Status printed = Print(flags.json ? RenderJsonModel(*report) : RenderModel(*report));
  return printed.ok() ? kExitFound : Fail(printed);
}

}  // namespace

void DefineModel(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<ModelFlags>();
  command.require_subcommand(1);
  CLI::App* list = command.add_subcommand("list", "List the installed models");
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
  command.footer(
      "Models are folders in ~/.local/share/sg/models and in share/sg/models beside the program's\n"
      "bin folder. Any folder with a published model2vec model works with --model-path.");
}

}  // namespace sg
