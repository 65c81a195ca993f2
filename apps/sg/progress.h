#pragma once
// The progress line of `sg index`, `sg eval` and `sg model pull` on a terminal: bar, share, amount,
// rate, time left. Drawn over itself on standard error; nothing is drawn when that is no terminal.

#include <chrono>
#include <cstddef>
#include <string>

#include "core/hub/pull.h"
#include "index/build/indexer.h"

namespace sg {

// The line without control characters, at most `columns` - 1 cells. Pure.
std::string FormatProgress(const IndexProgress& progress, double elapsed_s, size_t columns);
// The same for `sg model pull`.
std::string FormatPullProgress(const PullProgress& progress, double elapsed_s, size_t columns);

// Not thread-safe: call from one thread at a time.
class ProgressLine {
 public:
  // `enabled` false: every call does nothing.
  ProgressLine(bool enabled, size_t columns);
  // Erases the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void Show(const IndexProgress& progress);
  void Show(const PullProgress& progress);
  // Any other long work: `line` is cut to the width.
  void ShowText(std::string_view line);
  void Erase();

 private:
  double Elapsed_s() const;

  const bool enabled_;
  const size_t columns_;
  bool drawn_ = false;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace sg
