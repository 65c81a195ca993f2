#include "apps/sg/progress.h"

#include <algorithm>
#include <cstdio>

#include "apps/sg/render/safe_text.h"
#include "apps/sg/sizes.h"
#include "core/base/format.h"

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

std::string Rate(uint64_t bytes, double elapsed_s) {
  if (elapsed_s <= 0) return "";
  return FormatSize(static_cast<uint64_t>(static_cast<double>(bytes) / elapsed_s)) + "/s";
}

std::string TimeLeft(double share, double elapsed_s) {
  if (elapsed_s < kEtaAfter_s || share <= 0.005) return "";
  const double left_s = elapsed_s * (1 - share) / share;
  return left_s < 1 ? "  almost done" : "  " + FormatDuration(std::max(1.0, left_s)) + " left";
}

// From the right, parts are left out until the line fits.
std::string BarLine(uint64_t bytes_done, uint64_t bytes_total, const std::string& amount,
                    double elapsed_s, size_t columns) {
  const double share =
      bytes_total == 0
          ? 0
          : std::min(1.0, static_cast<double>(bytes_done) / static_cast<double>(bytes_total));
  const std::string parts[] = {Bar(share) + " ", Format("%3d%%", static_cast<int>(share * 100)),
                               "  " + amount, "  " + Rate(bytes_done, elapsed_s),
                               TimeLeft(share, elapsed_s)};
  const size_t first = columns < 60 ? 1 : 0;
  std::string line;
  for (size_t i = first; i < std::size(parts); ++i) {
    if (line.size() + parts[i].size() < columns) line += parts[i];
  }
  return line;
}

}  // namespace

std::string FormatProgress(const IndexProgress& progress, double elapsed_s, size_t columns) {
  if (progress.phase == IndexProgress::Phase::kScan) return "looking for files ...";
  if (progress.phase == IndexProgress::Phase::kFinish) return "finishing the index ...";
  return BarLine(progress.bytes_done, progress.bytes_total,
                 FormatCount(progress.files_done) + "/" + Counted(progress.files_total, "file"),
                 elapsed_s, columns);
}

std::string FormatPullProgress(const PullProgress& progress, double elapsed_s, size_t columns) {
  if (progress.bytes_total > 0 && progress.bytes_done >= progress.bytes_total) {
    return "verifying ...";
  }
  return BarLine(progress.bytes_done, progress.bytes_total,
                 FormatSize(progress.bytes_done) + "/" + FormatSize(progress.bytes_total),
                 elapsed_s, columns);
}

ProgressLine::ProgressLine(bool enabled, size_t columns) : enabled_(enabled), columns_(columns) {}

ProgressLine::~ProgressLine() { Erase(); }

double ProgressLine::Elapsed_s() const {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  return elapsed.count();
}

void ProgressLine::Show(const IndexProgress& progress) {
  ShowText(FormatProgress(progress, Elapsed_s(), columns_));
}

void ProgressLine::Show(const PullProgress& progress) {
  ShowText(FormatPullProgress(progress, Elapsed_s(), columns_));
}

void ProgressLine::ShowText(std::string_view line) {
  if (!enabled_ || Elapsed_s() < kDrawAfter_s) return;
  const Style style{.make_safe = true};
  std::fprintf(stderr, "\r%s\x1b[K", RenderLine(line, {}, style, columns_ - 1).c_str());
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
