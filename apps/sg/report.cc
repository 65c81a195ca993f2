#include "apps/sg/report.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "apps/sg/render/json.h"
#include "apps/sg/render/safe_text.h"

namespace sg {
namespace {

// SafeName for a text of several lines.
std::string SafeLines(std::string_view text) {
  std::string out;
  while (true) {
    const size_t end = text.find('\n');
    out += SafeName(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

}  // namespace

void Say(std::string_view message) {
  const std::string line = "sg: " + SafeLines(message) + "\n";
  std::fputs(line.c_str(), stderr);
}

int Fail(const Status& status, bool json) {
  if (json) {
    // The exit code tells; nothing better can be done if even this cannot be written.
    (void)Print(RenderJsonError(status));
  }
  if (status.code() == StatusCode::kCancelled) {
    Say("interrupted; the next run goes on from here");
  } else {
    Say(status.message());
  }
  return ExitCodeFor(status);
}

Status Print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError("write to", "standard output", errno);
    text.remove_prefix(static_cast<size_t>(n));
  }
  return Status::Ok();
}

Status PrintSafe(std::string_view text) {
  return ::isatty(STDOUT_FILENO) == 1 ? Print(SafeLines(text)) : Print(text);
}

}  // namespace sg
