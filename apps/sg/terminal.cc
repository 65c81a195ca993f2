#include "apps/sg/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sg {
namespace {

constexpr size_t kDefaultColumns = 80;
constexpr size_t kLeastColumns = 20;
constexpr size_t kMostColumns = 2000;

size_t ColumnsFromEnvironment() {
  const char* columns = std::getenv("COLUMNS");
  const long value = columns == nullptr ? 0 : std::strtol(columns, nullptr, 10);
  return value > 0 ? static_cast<size_t>(value) : kDefaultColumns;
}

size_t Columns() {
  for (int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return ColumnsFromEnvironment();
}

}  // namespace

Terminal DetectTerminal() {
  return {.stdout_is_terminal = ::isatty(STDOUT_FILENO) == 1,
          .stderr_is_terminal = ::isatty(STDERR_FILENO) == 1,
          .columns = std::clamp(Columns(), kLeastColumns, kMostColumns)};
}

Result<ColorChoice> ParseColorChoice(std::string_view word) {
  if (word == "auto") return ColorChoice::kAuto;
  if (word == "always") return ColorChoice::kAlways;
  if (word == "never") return ColorChoice::kNever;
  return InvalidArgumentError("color must be auto, always or never, not '" + std::string(word) +
                              "'");
}

bool UseColor(ColorChoice choice, bool is_terminal, const char* no_color, const char* term) {
  if (choice != ColorChoice::kAuto) return choice == ColorChoice::kAlways;
  if (no_color != nullptr && *no_color != '\0') return false;
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  return is_terminal;
}

}  // namespace sg
