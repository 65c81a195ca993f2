#pragma once
// The exit codes of sg, all of them. Scripts rely on the difference between "nothing found" and
// "error"; documented in docs/cli.md. After fd's exit_codes.rs.

#include "core/base/status.h"

namespace sg {

enum ExitCode : int {
  kExitFound = 0,          // search found something; any other command did its work
  kExitNothingFound = 1,   // search worked and found nothing
  kExitError = 2,          // wrong usage, or the command could not do its work
  kExitInterrupted = 130,  // Ctrl-C: 128 + SIGINT, as shells have it
};

inline ExitCode ExitCodeFor(const Status& status) {
  if (status.ok()) return kExitFound;
  return status.code() == StatusCode::kCancelled ? kExitInterrupted : kExitError;
}

}  // namespace sg
