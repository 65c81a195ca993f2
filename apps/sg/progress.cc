#include "apps/sg/progress.h"

#include <algorithm>
#include <cstdio>

#include "apps/sg/sizes.h"

namespace sg {
namespace {

constexpr size_t kBarCells = 24;
constexpr double kEtaAfter_s = 0.5;   // before that a rate is a guess
constexpr double kDrawAfter_s = 0.2;  // a short run needs no bar

std::string Bar(double share) {
  const auto filled = static_cast<size_t>(share * kBarCells);
  std::string bar = "[";
  for (size_t i = 0; i < kBarCells; ++i) bar += i < filled ? '=' : i == filled ? '>' : ' ';
  return bar + "]";
}

std::string Rate(const IndexProgress& progress, double elapsed_s) {
  if (elapsed_s <= 0) return "";
  return FormatSize(static_cast<uint64_t>(static_cast<double>(progress.bytes_done) / elapsed_s)) +
         "/s";
}

std::string TimeLeft(double share, double elapsed_s) {
  if (elapsed_s < kEtaAfter_s || share <= 0.005) return "";
  const double left_s = elapsed_s * (1 - share) / share;
  return left_s < 1 ? "  almost done" : "  " + FormatDuration(std::max(1.0, left_s)) + " left";
}

}  // namespace

std::string FormatProgress(const IndexProgress& progress, double elapsed_s, size_t columns) {
  if (progress.phase == IndexProgress::Phase::kScan) return "looking for files ...";
  if (progress.phase == IndexProgress::Phase::kFinish) return "finishing the index ...";
  const double share = progress.bytes_total == 0
                           ? 0
                           : std::min(1.0, static_cast<double>(progress.bytes_done) /
                                               static_cast<double>(progress.bytes_total));
  char percent[16];
  std::snprintf(percent, sizeof(percent), "%3d%%", static_cast<int>(share * 100));
  // From the right, parts are left out until the line fits.
  const std::string files =
      "  " + FormatCount(progress.files_done) + "/" + Counted(progress.files_total, "file");
  const std::string parts[] = {Bar(share) + " ", percent, files, "  " + Rate(progress, elapsed_s),
                               TimeLeft(share, elapsed_s)};
  const size_t first = columns < 60 ? 1 : 0;
  std::string line;
  for (size_t i = first; i < std::size(parts); ++i) {
    if (line.size() + parts[i].size() < columns) line += parts[i];
  }
  return line;
}

ProgressLine::ProgressLine(bool enabled, size_t columns) : enabled_(enabled), columns_(columns) {}

ProgressLine::~ProgressLine() { Erase(); }

void ProgressLine::Show(const IndexProgress& progress) {
  if (!enabled_) return;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  ShowText(FormatProgress(progress, elapsed.count(), columns_));
}

void ProgressLine::ShowText(std::string line) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  if (!enabled_ || elapsed.count() < kDrawAfter_s) return;
  if (line.size() >= columns_) line.resize(columns_ - 1);
  std::fprintf(stderr, "\r%s\x1b[K", line.c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::Erase() {
  if (!drawn_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace sg
