#include "index/search/space_lines.h"

#include <algorithm>
#include <map>

#include "core/base/format.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

// The 1-based lines of `text` with something on them.
std::vector<bool> LinesWithText(std::string_view text) {
  std::vector<bool> lines(1);
  while (!text.empty()) lines.push_back(!IsBlank(TakeLine(&text)));
  return lines;
}

}  // namespace

std::vector<SearchHit::LineMatch> LinesOfAlignments(const std::vector<TokenAlignment>& alignments,
                                                    uint32_t line_begin, std::string_view text,
                                                    std::vector<SearchHit::LineMatch> lexical,
                                                    size_t limit) {
  const std::vector<bool> has_text = LinesWithText(text);
  std::map<uint32_t, float> carried;
  for (const TokenAlignment& a : alignments) {
    if (a.line > 0 && a.line < has_text.size() && has_text[a.line] && a.score > 0) {
      carried[a.line] += a.score;
    }
  }
  if (carried.empty()) return lexical;
  std::vector<std::pair<uint32_t, float>> order(carried.begin(), carried.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<SearchHit::LineMatch> matches;
  for (const auto& [own_line, score] : order) {
    if (matches.size() == limit) break;
    SearchHit::LineMatch match{.line = line_begin + own_line - 1};
    for (SearchHit::LineMatch& known : lexical) {
      if (known.line == match.line) match.spans = std::move(known.spans);
    }
    matches.push_back(std::move(match));
  }
  return matches;
}

std::vector<Explanation> ExplainAlignments(const std::vector<TokenAlignment>& alignments,
                                           uint32_t line_begin, std::string_view query) {
  std::vector<Explanation> parts;
  const double count = static_cast<double>(std::max<size_t>(1, alignments.size()));
  double other = 0;
  for (const TokenAlignment& a : alignments) {
    const double share = double{a.score} / count;
    if (a.query_begin >= a.query_end || a.query_end > query.size()) {
      other += share;  // special tokens and padding
      continue;
    }
    const std::string token(query.substr(a.query_begin, a.query_end - a.query_begin));
    const std::string place =
        a.line == 0 ? "path or scope" : "line " + std::to_string(line_begin + a.line - 1);
    parts.push_back({.label = "\"" + token + "\" -> " + place,
                     .value = share,
                     .detail = Format("similarity %.3f", double{a.score})});
  }
  if (other != 0) parts.push_back({.label = "tokens without text", .value = other});
  return parts;
}

}  // namespace sg
