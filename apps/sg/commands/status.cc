#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>

#include "apps/sg/commands/commands.h"
#include "apps/sg/locate.h"
#include "apps/sg/paths.h"
#include "apps/sg/render/summary.h"
#include "apps/sg/report.h"
#include "apps/sg/tuned_weights.h"
#include "apps/sg/update.h"

namespace sg {
namespace {

struct StatusFlags {
  std::optional<std::string> dir;
  Settings settings;
  bool json = false;
};

// Files by language, most frequent first, ties by name.
std::vector<std::pair<std::string, uint64_t>> CountLanguages(const std::vector<FileRecord>& files) {
  std::map<std::string, uint64_t> counts;
  for (const FileRecord& file : files) ++counts[file.language];
  std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

uint64_t FileBytes(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

Result<StatusReport> MakeReport(const IndexLocation& location) {
  SG_ASSIGN_OR_RETURN(const std::unique_ptr<Snapshot> snapshot, Snapshot::Open(location.db_path));
  SG_ASSIGN_OR_RETURN(const std::vector<FileRecord> files, snapshot->Files());
  SG_ASSIGN_OR_RETURN(std::vector<uint64_t> skipped, snapshot->SkippedCounts());
  StatusReport report{.root = snapshot->root(),
                      .index_path = location.db_path,
                      .index_bytes = FileBytes(location.db_path),
                      .space = snapshot->settings().space,
                      .counts = snapshot->counts(),
                      .finished_at_ms = snapshot->finished_at_ms(),
                      .skipped = std::move(skipped),
                      .languages = CountLanguages(files)};
  SG_ASSIGN_OR_RETURN(const WalkSettings walk,
                      ParseWalkSettings(snapshot->settings().walk_settings));
  SG_ASSIGN_OR_RETURN(const auto spaces, SpaceReader::Open(location.db_path));
  report.further_spaces = spaces->spaces();
  // The tree may be gone or unreadable; the rest of the report is still worth having.
  const Result<StaleReport> stale = CheckStale(*snapshot, walk.walk);
  if (stale.ok()) report.stale = *stale;
  return report;
}

// Where the weights of the ranking come from; empty: they are the built-in ones. A settings file
// that cannot be read is no reason to show no status: searches will complain.
std::string RankingOf(const std::string& root, const Settings& flags) {
  const Result<Settings> settings = EffectiveSettings(root, flags);
  if (!settings.ok()) return "";
  const RankingChoice choice = ChooseRanking(*settings);
  if (!choice.warning.empty()) return "built-in: " + choice.warning;
  if (!choice.weights) return "";
  const std::string& prose = choice.weights->prose_origin;
  const std::string& symbol = choice.weights->symbol_origin;
  if (!prose.empty() && !symbol.empty()) return prose + " (sg tune rank)";
  if (!prose.empty()) return prose + " of several words; built-in for one word";
  return symbol.empty() ? "" : symbol + " of one word; built-in for several";
}

int RunStatus(const StatusFlags& flags) {
  const Result<Settings> settings = SettingsOutsideProjects(flags.settings);
  if (!settings.ok()) return Fail(settings.status(), flags.json);
  const Result<std::string> dir = AbsolutePath(flags.dir.value_or("."));
  if (!dir.ok()) return Fail(dir.status(), flags.json);
  const Result<IndexLocation> location = LocateIndex(*dir, settings->index);
  if (!location.ok()) return Fail(location.status(), flags.json);
  if (!location->exists) {
    return Fail(NotFoundError("no index at " + location->db_path + "; make one: sg index"),
                flags.json);
  }
  Result<StatusReport> report = MakeReport(*location);
  if (!report.ok()) return Fail(report.status(), flags.json);
  report->ranking = RankingOf(location->own_file ? report->root : location->root, flags.settings);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const Status printed =
      Print(flags.json ? RenderJsonStatus(*report) : RenderStatus(*report, now_ms));
  return printed.ok() ? kExitFound : Fail(printed);
}

}  // namespace

void DefineStatus(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<StatusFlags>();
  command.add_option("DIR", flags->dir, "A folder of the project (default: the current one)");
  AddIndexFlag(command, flags->settings);
  command.add_flag("--json", flags->json, "Print JSON");
  command.footer(
      "Examples:\n"
      "  sg status\n"
      "  sg status --json | jq .stale");
  command.callback([flags, &run] { run = [flags] { return RunStatus(*flags); }; });
}

}  // namespace sg
