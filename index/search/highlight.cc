#include "index/search/highlight.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/text/ascii.h"
#include "core/text/words.h"
#include "index/rank/score.h"

namespace sg {
namespace {

using Span = std::pair<uint32_t, uint32_t>;

constexpr size_t kMaxSpansPerLine = 64;
// Longer lines are looked at up to here: nobody reads further, and minified text must not cost.
constexpr size_t kMaxLineBytes = 4096;

struct LineScore {
  double score = 0;
  SearchHit::LineMatch match;
};

// Position of `word` (lower-case) in `text` at or after `from`, ignoring ASCII case.
size_t FindWord(std::string_view text, std::string_view word, size_t from) {
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), word.begin(),
                  word.end(), [](char a, char b) { return AsciiLower(a) == b; });
  return found == text.end() ? std::string_view::npos : static_cast<size_t>(found - text.begin());
}

void MergeSpans(std::vector<Span>* spans) {
  std::sort(spans->begin(), spans->end());
  std::vector<Span> merged;
  for (const Span& span : *spans) {
    if (!merged.empty() && span.first <= merged.back().second) {
      merged.back().second = std::max(merged.back().second, span.second);
    } else {
      merged.push_back(span);
    }
  }
  *spans = std::move(merged);
}

// Adds the words of one identifier that the query asks for. Returns their stems' idf, each stem
// once a line.
double ScoreIdentifier(QueryProfile& profile, std::string_view identifier, size_t offset,
                       std::set<std::string>* counted, std::vector<Span>* spans) {
  double score = 0;
  size_t cursor = 0;
  for (const std::string& word : SplitWords(identifier)) {
    const size_t at = FindWord(identifier, word, cursor);
    if (at != std::string_view::npos) {
      // Bigrams of CJK text overlap.
      cursor = HasCjk(word) ? at + 1 : at + word.size();
    }
    const std::string& stem = profile.Stemmed(word).stem;
    const double idf = profile.Idf(stem);
    if (idf <= 0) continue;
    if (at != std::string_view::npos) {
      spans->emplace_back(static_cast<uint32_t>(offset + at),
                          static_cast<uint32_t>(offset + at + word.size()));
    }
    if (counted->insert(stem).second) score += idf;
  }
  // The whole name that was asked for counts more than its words one by one.
  if (profile.FindName(JoinedWords(identifier)) != nullptr) {
    spans->emplace_back(static_cast<uint32_t>(offset),
                        static_cast<uint32_t>(offset + identifier.size()));
    score += 2;
  }
  return score;
}

LineScore ScoreLine(QueryProfile& profile, uint32_t line, std::string_view text,
                    const std::vector<TextPattern>& patterns) {
  text = text.substr(0, kMaxLineBytes);
  LineScore result;
  result.match.line = line;
  std::set<std::string> counted;
  for (std::string_view identifier : SplitIdentifiers(text)) {
    result.score +=
        ScoreIdentifier(profile, identifier, static_cast<size_t>(identifier.data() - text.data()),
                        &counted, &result.match.spans);
  }
  for (const TextPattern& pattern : patterns) {
    const std::vector<Span> found = pattern.FindAll(text, kMaxSpansPerLine);
    // What had to occur is what people look for.
    if (!found.empty()) result.score += 10;
    result.match.spans.insert(result.match.spans.end(), found.begin(), found.end());
  }
  MergeSpans(&result.match.spans);
  if (result.match.spans.size() > kMaxSpansPerLine) result.match.spans.resize(kMaxSpansPerLine);
  return result;
}

// Bonus of a line on which a definition starts.
double DefinitionLineBonus(QueryProfile& profile, const Chunk& chunk, uint32_t line) {
  double best = 0;
  for (const Definition& definition : chunk.definitions) {
    if (definition.line_begin != line) continue;
    best = std::max(best, 4 * DefinitionBonus(MatchDefinition(profile, definition)));
  }
  return best;
}

}  // namespace

std::vector<SearchHit::LineMatch> FindMatchedLines(QueryProfile& profile, const Chunk& chunk,
                                                   std::string_view text,
                                                   const std::vector<TextPattern>& patterns,
                                                   size_t limit) {
  std::vector<LineScore> lines;
  uint32_t line = chunk.line_begin, first_text = 0;
  for (; !text.empty(); ++line) {
    const std::string_view content = TakeLine(&text);
    if (first_text == 0 && !IsBlank(content)) first_text = line;
    LineScore scored = ScoreLine(profile, line, content, patterns);
    if (scored.score > 0) {
      scored.score += DefinitionLineBonus(profile, chunk, line);
      lines.push_back(std::move(scored));
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const LineScore& a, const LineScore& b) { return a.score > b.score; });
  if (lines.size() > limit) lines.resize(limit);
  std::vector<SearchHit::LineMatch> matches;
  for (LineScore& scored : lines) matches.push_back(std::move(scored.match));
  if (matches.empty() && first_text != 0) {
    const Definition* main = chunk.main_definition();
    const bool inside = main != nullptr && main->line_begin >= chunk.line_begin &&
                        main->line_begin <= chunk.line_end;
    matches.push_back({.line = inside ? main->line_begin : first_text});
  }
  return matches;
}

}  // namespace sg
