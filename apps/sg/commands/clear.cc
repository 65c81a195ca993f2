#include <CLI/CLI.hpp>

#include "apps/sg/commands/commands.h"
#include "apps/sg/locate.h"
#include "apps/sg/paths.h"
#include "apps/sg/report.h"
#include "apps/sg/update.h"

namespace sg {
namespace {

struct ClearFlags {
  std::optional<std::string> dir;
  Settings settings;
  bool force = false;
  bool quiet = false;
};

// A file is only deleted if it is an index of ours that nobody writes to. With `force` a damaged
// one, too.
Status CheckMayDelete(const std::string& db_path, bool force) {
  const Result<std::unique_ptr<Snapshot>> snapshot = Snapshot::Open(db_path);
  if (!snapshot.ok()) {
    if (force) return Status::Ok();
    return snapshot.status().WithContext("not deleted without --force");
  }
  // Whoever holds the writer's lock is asked, not overruled.
  const Result<std::unique_ptr<IndexWriter>> writer =
      IndexWriter::Open(db_path, (*snapshot)->root(), (*snapshot)->settings());
  if (!writer.ok() && writer.status().code() == StatusCode::kBusy) return writer.status();
  return Status::Ok();
}

int RunClear(const ClearFlags& flags) {
  const Result<Settings> settings = SettingsOutsideProjects(flags.settings);
  if (!settings.ok()) return Fail(settings.status());
  const Result<std::string> dir = AbsolutePath(flags.dir.value_or("."));
  if (!dir.ok()) return Fail(dir.status());
  const Result<IndexLocation> location = LocateIndex(*dir, settings->index);
  if (!location.ok()) return Fail(location.status());
  if (!location->exists) {
    return Fail(NotFoundError("no index at " + location->db_path + ", nothing to delete"));
  }
  Status status = CheckMayDelete(location->db_path, flags.force);
  if (status.ok()) status = RemoveIndex(*location);
  if (status.ok() && !flags.quiet) status = Print("deleted " + location->db_path + "\n");
  return status.ok() ? kExitFound : Fail(status);
}

}  // namespace

void DefineClear(CLI::App& command, Action& run) {
  const auto flags = std::make_shared<ClearFlags>();
  command.add_option("DIR", flags->dir, "A folder of the project (default: the current one)");
  AddIndexFlag(command, flags->settings);
  command.add_flag("--force", flags->force, "Delete even a file that cannot be read as an index");
  command.add_flag("-q,--quiet", flags->quiet, "Print errors only");
  command.footer(
      "Examples:\n"
      "  sg clear                    the index of the project around the current folder\n"
      "  sg clear --index /tmp/lib.db");
  command.callback([flags, &run] { run = [flags] { return RunClear(*flags); }; });
}

}  // namespace sg
