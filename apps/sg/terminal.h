#pragma once
// What the program's output goes to: a terminal of some width, or a pipe. The only place that asks.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/status.h"

namespace sg {

struct Terminal {
  bool stdout_is_terminal = false;
  bool stderr_is_terminal = false;
  size_t columns = 80;  // of the terminal, else $COLUMNS, else 80; at least 20
};

// Looks at file descriptors 1 and 2 and the environment.
Terminal DetectTerminal();

enum class ColorChoice { kAuto, kAlways, kNever };

// "auto", "always", "never"; kInvalidArgument otherwise.
Result<ColorChoice> ParseColorChoice(std::string_view word);

// kAuto colors a terminal unless NO_COLOR (https://no-color.org) is set to something or TERM is
// "dumb". `no_color` and `term` are the environment's values, null if unset.
bool UseColor(ColorChoice choice, bool is_terminal, const char* no_color, const char* term);

}  // namespace sg
