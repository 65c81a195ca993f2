#include "apps/sg/render/text.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <vector>

#include "apps/sg/render/explanation.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

constexpr size_t kSnippetLines = 4;     // lines shown of a result when nothing else is asked
constexpr size_t kPipeLineCells = 500;  // a pipe has no width, but a minified line helps nobody
constexpr size_t kLeastLineCells = 10;  // of text, however narrow the terminal

// Some consecutive lines of a file.
struct Lines {
  uint32_t first = 1;  // 1-based number of text[0]
  std::vector<std::string_view> text;

  uint32_t last() const { return first + static_cast<uint32_t>(text.size()) - 1; }
  std::string_view at(uint32_t line) const { return text[line - first]; }
};

Lines SplitLines(std::string_view text, uint32_t first) {
  Lines lines{.first = first};
  while (!text.empty()) lines.text.push_back(TakeLine(&text));
  return lines;
}

// The lines that answer best: those that matched, else the first that say something.
std::set<uint32_t> BestLines(const SearchHit& hit, const Lines& lines, size_t count) {
  std::set<uint32_t> best;
  for (const SearchHit::LineMatch& match : hit.matches) {
    if (best.size() >= count) break;
    if (match.line >= lines.first && match.line <= lines.last()) best.insert(match.line);
  }
  if (!best.empty()) return best;
  for (uint32_t line = lines.first; line <= lines.last() && best.size() < count; ++line) {
    if (!IsBlank(lines.at(line))) best.insert(line);
  }
  return best;
}

// Short of `count`, the lines that say something behind the best one: what it begins.
void AddFollowing(const SearchHit& hit, const Lines& lines, size_t count,
                  std::set<uint32_t>& chosen) {
  uint32_t line = lines.first;
  if (!hit.matches.empty()) line = std::max(line, hit.matches.front().line + 1);
  for (; line <= lines.last() && chosen.size() < count; ++line) {
    if (!IsBlank(lines.at(line))) chosen.insert(line);
  }
}

std::set<uint32_t> WithContext(const std::set<uint32_t>& chosen, const Lines& lines,
                               const TextOptions& options) {
  std::set<uint32_t> wider;
  for (uint32_t line : chosen) {
    const uint64_t first = line > options.lines_before ? line - options.lines_before : 1;
    const uint64_t last = std::min<uint64_t>(uint64_t{line} + options.lines_after, lines.last());
    for (uint64_t l = std::max<uint64_t>(first, lines.first); l <= last; ++l) {
      wider.insert(static_cast<uint32_t>(l));
    }
  }
  return wider;
}

std::string Colored(std::string_view color, const std::string& text, const Palette& palette) {
  return std::string(color) + text + std::string(palette.reset);
}

std::string LineRange(const SearchHit& hit) {
  std::string range = std::to_string(hit.line_begin);
  if (hit.line_end > hit.line_begin) range += "-" + std::to_string(hit.line_end);
  return range;
}

std::string ShownPath(const SearchResult& result, const TextOptions& options) {
  const std::string path = options.display_path ? options.display_path(result.path) : result.path;
  // A line end in a name would break the line structure on a pipe too.
  const bool make_safe = options.style.make_safe || path.find('\n') != std::string::npos;
  return make_safe ? SafeName(path) : path;
}

std::string Header(const SearchResult& result, const TextOptions& options) {
  const Palette& palette = PaletteFor(options.style.color);
  std::string out = Colored(palette.path, ShownPath(result, options), palette) + ":" +
                    Colored(palette.line_number, LineRange(result.best), palette);
  if (!result.best.symbol.empty()) {
    out += "  " + Colored(palette.symbol, SafeName(result.best.symbol), palette);
    out += Colored(palette.dim, " (" + result.best.kind + ")", palette);
  }
  if (options.scores) out += Colored(palette.dim, "  " + FormatScore(result.score), palette);
  return out + "\n";
}

std::vector<std::pair<uint32_t, uint32_t>> SpansOf(const SearchHit& hit, uint32_t line) {
  for (const SearchHit::LineMatch& match : hit.matches) {
    if (match.line == line) return match.spans;
  }
  return {};
}

// What is left of the width behind `used` cells.
size_t CellsLeft(const Style& style, size_t used) {
  if (style.columns == 0) return kPipeLineCells;
  return style.columns > used + kLeastLineCells ? style.columns - used : kLeastLineCells;
}

std::string NumberedLine(const SearchHit& hit, uint32_t line, std::string_view text,
                         size_t number_width, const TextOptions& options) {
  const Palette& palette = PaletteFor(options.style.color);
  std::string number = std::to_string(line);
  number.insert(0, number_width > number.size() ? number_width - number.size() : 0, ' ');
  const auto spans = SpansOf(hit, line);
  return "  " + Colored(palette.line_number, number, palette) + "  " +
         RenderLine(text, spans, options.style, CellsLeft(options.style, number_width + 4)) + "\n";
}

std::string Snippet(const SearchResult& result, ResultForm form, const TextOptions& options) {
  const SearchHit& hit = result.best;
  std::string whole_file;
  Lines lines = SplitLines(hit.text, hit.line_begin);
  if (lines.text.empty()) return "";
  const size_t count = form == ResultForm::kShort ? 1 : kSnippetLines;
  std::set<uint32_t> chosen = BestLines(hit, lines, count);
  if (form == ResultForm::kFull && options.context_given) {
    if (options.file_text) {
      whole_file = options.file_text(result.path);
      if (!whole_file.empty()) lines = SplitLines(whole_file, 1);
    }
    chosen = WithContext(chosen, lines, options);
  } else if (form == ResultForm::kFull && options.whole_chunks) {
    for (uint32_t line = lines.first; line <= lines.last(); ++line) chosen.insert(line);
  } else {
    AddFollowing(hit, lines, count, chosen);
  }
  std::string out;
  const size_t number_width = chosen.empty() ? 0 : std::to_string(*chosen.rbegin()).size();
  uint32_t previous = 0;
  for (uint32_t line : chosen) {
    if (options.context_given && previous != 0 && line > previous + 1) out += "  --\n";
    out += NumberedLine(hit, line, lines.at(line), number_width, options);
    previous = line;
  }
  return out;
}

// The best line of `hit` without its indentation; empty if there is none.
std::string_view BestLine(const SearchHit& hit) {
  const Lines lines = SplitLines(hit.text, hit.line_begin);
  const std::set<uint32_t> best = BestLines(hit, lines, 1);
  if (best.empty()) return "";
  std::string_view text = lines.at(*best.begin());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text;
}

// "  also 120-140  Session.close  def close(self):", one line for each further chunk of the file.
std::string FurtherChunks(const SearchResult& result, const TextOptions& options) {
  const Palette& palette = PaletteFor(options.style.color);
  std::string out;
  for (const SearchHit& hit : result.more) {
    const std::string range = LineRange(hit);
    std::string symbol = SafeName(hit.symbol);
    if (!symbol.empty()) symbol += "  ";
    const size_t cells = CellsLeft(options.style, 9 + range.size());
    const std::string text = symbol + std::string(BestLine(hit));
    out += "  " + Colored(palette.dim, "also", palette) + " " +
           Colored(palette.line_number, range, palette) + "  " +
           RenderLine(text, {}, options.style, cells) + "\n";
  }
  return out;
}

}  // namespace

std::string RenderTextResult(const SearchResult& result, ResultForm form,
                             const TextOptions& options) {
  std::string out = Header(result, options);
  if (form == ResultForm::kHeader) return out;
  out += Snippet(result, form, options);
  if (form == ResultForm::kShort) return out;
  out += FurtherChunks(result, options);
  if (!result.explanation.label.empty()) {
    out += RenderExplanation(result.explanation, options.style, "  ");
  }
  return out;
}

}  // namespace sg
