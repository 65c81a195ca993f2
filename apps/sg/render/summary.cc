#include "apps/sg/render/summary.h"

#include <algorithm>

#include "apps/sg/render/safe_text.h"
#include "apps/sg/sizes.h"
#include "index/query/route.h"

namespace sg {
namespace {

constexpr size_t kMostLanguages = 6;  // in `sg status`

std::string ReasonWords(size_t reason) {
  std::string words = SkipReasonName(static_cast<SkipReason>(reason));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

void AppendChange(std::string& out, uint64_t count, const char* verb) {
  if (count == 0) return;
  if (!out.empty()) out += ", ";
  out += FormatCount(count) + " " + verb;
}

std::string Changes(const IndexSummary& summary) {
  if (summary.rebuilt) return "all anew";
  std::string out;
  AppendChange(out, summary.files_added, "added");
  AppendChange(out, summary.files_changed, "changed");
  AppendChange(out, summary.files_removed, "removed");
  return out.empty() ? "nothing changed" : out;
}

std::string Row(const char* name, const std::string& value) {
  std::string out = name;
  out.resize(10, ' ');
  return out + value + "\n";
}

std::string Age(int64_t finished_at_ms, int64_t now_ms) {
  if (finished_at_ms == 0) return "never completely: run sg index";
  const int64_t seconds = std::max<int64_t>(0, (now_ms - finished_at_ms) / 1000);
  if (seconds < 90) return "just now";
  if (seconds < 5400) return Counted(static_cast<uint64_t>(seconds / 60), "minute") + " ago";
  if (seconds < 129600) return Counted(static_cast<uint64_t>(seconds / 3600), "hour") + " ago";
  return Counted(static_cast<uint64_t>(seconds / 86400), "day") + " ago";
}

std::string Languages(const StatusReport& report) {
  std::string out;
  for (size_t i = 0; i < report.languages.size() && i < kMostLanguages; ++i) {
    if (i > 0) out += ", ";
    out += report.languages[i].first + " " + FormatCount(report.languages[i].second);
  }
  if (report.languages.size() > kMostLanguages) {
    out += ", " + std::to_string(report.languages.size() - kMostLanguages) + " more";
  }
  return out;
}

std::string Freshness(const StaleReport& stale) {
  if (!stale.stale()) return "up to date";
  std::string out;
  AppendChange(out, stale.added, "added");
  AppendChange(out, stale.changed, "changed");
  AppendChange(out, stale.removed, "removed");
  return out + " since (" + FormatSize(stale.changed_bytes) + " to read); run: sg index";
}

// How the tokens of a multi-vector space are stored.
std::string TokenForm(const SpaceInfo& info) {
  return " a token, " + std::to_string(info.bits) + " bits" + (info.pooled ? ", pooled" : "");
}

}  // namespace

std::string RenderSkipped(const std::vector<uint64_t>& skipped) {
  std::vector<std::pair<uint64_t, size_t>> reasons;
  for (size_t i = 0; i < skipped.size() && i < static_cast<size_t>(SkipReason::kCount); ++i) {
    if (skipped[i] > 0) reasons.emplace_back(skipped[i], i);
  }
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (const auto& [count, reason] : reasons) {
    if (!out.empty()) out += ", ";
    out += FormatCount(count) + " " + ReasonWords(reason);
  }
  return out;
}

std::string RenderIndexSummary(const IndexSummary& summary) {
  std::string out = "indexed " + Counted(summary.files_total, "file") + ", " +
                    Counted(summary.chunks_total, "chunk") + " (" + Changes(summary) + ") in " +
                    FormatDuration(summary.seconds);
  if (summary.bytes_indexed > 0 && summary.seconds > 0) {
    const double rate = static_cast<double>(summary.bytes_indexed) / summary.seconds;
    out += ", " + FormatSize(static_cast<uint64_t>(rate)) + "/s";
  }
  out += "; index " + FormatSize(summary.index_bytes);
  if (const std::string skipped = RenderSkipped(summary.skipped); !skipped.empty()) {
    out += "; skipped " + skipped;
  }
  if (!summary.errors.empty()) out += "; " + Counted(summary.errors.size(), "error");
  return out + "\n";
}

std::string RenderStatus(const StatusReport& report, int64_t now_ms) {
  std::string out = Row("root", SafeName(report.root));
  out += Row("index", SafeName(report.index_path) + " (" + FormatSize(report.index_bytes) + ")");
  out += Row("model", SafeName(report.space.model_name) + " (" + std::to_string(report.space.dim) +
                          " dimensions)");
  for (const SpaceInfo& info : report.further_spaces) {
    out += Row("space", SafeName(info.space.model_name) + " (" + RouteNames(info.routes) + "; " +
                            std::to_string(info.space.dim) + " dimensions" +
                            (info.space.multi_vector ? TokenForm(info) : "") + ")");
  }
  if (!report.ranking.empty()) out += Row("ranking", SafeName(report.ranking));
  out += Row("files", FormatCount(report.counts.files) + " (" +
                          FormatSize(report.counts.source_bytes) + ")" +
                          (report.languages.empty() ? "" : ": " + Languages(report)));
  out += Row("chunks", FormatCount(report.counts.chunks));
  if (const std::string skipped = RenderSkipped(report.skipped); !skipped.empty()) {
    out += Row("skipped", skipped);
  }
  out += Row("indexed", Age(report.finished_at_ms, now_ms));
  if (report.stale) out += Row("state", Freshness(*report.stale));
  return out;
}

}  // namespace sg
