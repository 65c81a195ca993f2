#pragma once
// Everything that sg says on standard error, and errors as JSON: one voice. Used by commands only.

#include <string>
#include <string_view>

#include "apps/sg/exit_codes.h"
#include "core/base/status.h"

namespace sg {

// "sg: <message>" on standard error, made safe when that is a terminal.
void Say(std::string_view message);

// Reports why a command failed (with `json` also as a document on standard output). Returns the
// exit code for it; an interruption is said without the word error.
int Fail(const Status& status, bool json = false);

// Writes `text` to standard output as it is. kIo if that fails (disk full, closed pipe).
Status Print(std::string_view text);

// Print of text that may hold what strangers wrote: made safe on a terminal, line by line.
Status PrintSafe(std::string_view text);

}  // namespace sg
