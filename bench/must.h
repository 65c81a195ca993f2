#pragma once
// How a benchmark ends when something fails: a message and exit code 2.

#include <errno.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/base/status.h"

namespace sg::bench {

[[noreturn]] inline void Fail(const std::string& message) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, message.c_str());
  std::exit(2);
}

// The value of `result`, or the end. `of` tells what it belongs to.
template <typename T>
T Must(Result<T> result, const std::string& of = "") {
  if (!result.ok()) Fail(of + (of.empty() ? "" : ": ") + result.status().message());
  return std::move(result).value();
}

}  // namespace sg::bench
