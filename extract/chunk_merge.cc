#include "extract/chunk_merge.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/ascii.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr size_t kHeaderCommentBytes = 600;  // chunk.h
constexpr size_t kSignatureBytes = 240;
constexpr uint32_t kSignatureRows = 4;

// A run of rows [begin, end).
struct Segment {
  uint32_t begin = 0;
  uint32_t end = 0;
  Cut cut = Cut::kStatement;  // before it
  size_t bytes = 0;
};

size_t RowsBytes(const SourceText& source, uint32_t begin, uint32_t end) {
  const auto offset = [&](uint32_t row) -> size_t {
    return row < source.line_starts.size() ? source.line_starts[row] : source.utf8.size();
  };
  return offset(end) - offset(begin);
}

// --- splitting of long segments ----------------------------------------------------------------

// How good it is to cut before row `row` of code: after a blank line, before little indentation,
// not before a closing bracket.
double CodeCutScore(const SourceText& source, uint32_t row) {
  double score = 0;
  if (IsBlank(RowText(source, row - 1))) score += 2;
  const std::string_view text = RowText(source, row);
  const size_t indent = text.find_first_not_of(" \t");
  if (indent == std::string_view::npos) return score;
  score += indent == 0 ? 3 : indent <= 4 ? 1.5 : 0;
  const char first = text[indent];
  if (first == '}' || first == ')' || first == ']') score -= 3;
  return score;
}

constexpr std::array<std::string_view, 10> kSentenceEnds = {".",  "!",  "?",  ":",  ";",
                                                            "。", "！", "？", "」", "．"};

// How good it is to cut before row `row` of prose: between paragraphs, else between sentences.
double ProseCutScore(const SourceText& source, uint32_t row) {
  std::string_view before = RowText(source, row - 1);
  if (IsBlank(before)) return 5;
  before = before.substr(0, before.find_last_not_of(" \t") + 1);
  const bool sentence = std::any_of(kSentenceEnds.begin(), kSentenceEnds.end(),
                                    [&](std::string_view end) { return before.ends_with(end); });
  return sentence ? 2 : 0;
}

class Splitter {
 public:
  Splitter(const Outline& outline, const SourceText& source, const ChunkOptions& options)
      : outline_(outline), source_(source), options_(options) {}

  // Appends pieces of at most target_bytes of `segment` (a single longer line stays whole).
  void Split(const Segment& segment, std::vector<Segment>* pieces) const {
    Cut cut = segment.cut;
    for (uint32_t begin = segment.begin; begin < segment.end;) {
      const uint32_t full = FullPiece(begin, segment.end);
      uint32_t end = full < segment.end ? BestCut(begin, full) : full;
      while (end < segment.end && outline_.glued_rows[end]) ++end;
      pieces->push_back(
          {.begin = begin, .end = end, .cut = cut, .bytes = RowsBytes(source_, begin, end)});
      cut = Cut::kStatement;
      begin = end;
    }
  }

 private:
  // The last row until which [begin, row) is within the target; at least one row.
  uint32_t FullPiece(uint32_t begin, uint32_t end) const {
    uint32_t row = begin + 1;
    while (row < end && RowsBytes(source_, begin, row + 1) <= options_.target_bytes) ++row;
    return row;
  }

  // The best row to cut at in the second half of [begin, full].
  uint32_t BestCut(uint32_t begin, uint32_t full) const {
    uint32_t best = full;
    double best_score = -1;
    for (uint32_t row = full; row > begin + 1; --row) {
      if (RowsBytes(source_, begin, row - 1) < options_.target_bytes / 2) break;
      if (outline_.glued_rows[row]) continue;
      double score =
          outline_.is_document ? ProseCutScore(source_, row) : CodeCutScore(source_, row);
      score += 0.5 * (row - begin) / (full - begin);  // rather a full piece
      if (score > best_score) {
        best_score = score;
        best = row;
      }
    }
    return best;
  }

  const Outline& outline_;
  const SourceText& source_;
  const ChunkOptions& options_;
};

std::vector<Segment> MakeSegments(const Outline& outline, const SourceText& source,
                                  const ChunkOptions& options) {
  const Splitter splitter(outline, source, options);
  std::vector<Segment> segments;
  const uint32_t rows = outline.row_count();
  for (uint32_t begin = 0; begin < rows;) {
    uint32_t end = begin + 1;
    while (end < rows && (outline.cuts[end] == Cut::kNone || outline.glued_rows[end])) ++end;
    Segment segment{.begin = begin,
                    .end = end,
                    .cut = std::max(outline.cuts[begin], Cut::kStatement),
                    .bytes = RowsBytes(source, begin, end)};
    if (segment.bytes <= options.max_bytes) {
      segments.push_back(segment);
    } else {
      splitter.Split(segment, &segments);
    }
    begin = end;
  }
  return segments;
}

// --- merging -----------------------------------------------------------------------------------

bool EndsBefore(const Segment& current, const Segment& next, const ChunkOptions& options) {
  const bool full = current.bytes + next.bytes > options.target_bytes;
  if (full && current.bytes > options.min_bytes) return true;
  return next.cut == Cut::kDefinition && current.bytes >= options.flush_bytes;
}

// Greedy: segments join the current one until it is full, or until a definition begins and it is
// large enough.
std::vector<Segment> MergeSegments(const std::vector<Segment>& segments,
                                   const ChunkOptions& options) {
  std::vector<Segment> merged;
  for (const Segment& segment : segments) {
    if (merged.empty() || EndsBefore(merged.back(), segment, options)) {
      merged.push_back(segment);
      continue;
    }
    merged.back().end = segment.end;
    merged.back().bytes += segment.bytes;
  }
  if (merged.size() < 2) return merged;
  const Segment tail = merged.back();
  Segment& before = merged[merged.size() - 2];
  if (tail.bytes < options.min_bytes && before.bytes + tail.bytes <= options.max_bytes) {
    before.end = tail.end;
    before.bytes += tail.bytes;
    merged.pop_back();
  }
  return merged;
}

bool IsBlankSegment(const SourceText& source, const Segment& segment) {
  for (uint32_t row = segment.begin; row < segment.end; ++row) {
    if (!IsBlank(RowText(source, row))) return false;
  }
  return true;
}

// Runs of blank lines that are chunks of their own join the chunk before them (after, at the top).
std::vector<Segment> JoinBlank(const std::vector<Segment>& segments, const SourceText& source) {
  std::vector<Segment> joined;
  for (const Segment& segment : segments) {
    const bool joins =
        !joined.empty() && (IsBlankSegment(source, segment) ||
                            (joined.size() == 1 && IsBlankSegment(source, joined[0])));
    if (!joins) {
      joined.push_back(segment);
      continue;
    }
    joined.back().end = segment.end;
    joined.back().bytes += segment.bytes;
  }
  return joined;
}

// --- chunks ------------------------------------------------------------------------------------

bool IsScope(DefinitionKind kind) {
  return kind != DefinitionKind::kVariable && kind != DefinitionKind::kType &&
         kind != DefinitionKind::kDeclaration;
}

std::string Signature(const OutlinedDefinition& outlined, const SourceText& source) {
  const uint32_t end = std::min({std::max(outlined.row_body, outlined.row_begin + 1),
                                 outlined.row_begin + kSignatureRows, outlined.row_end + 1});
  std::string signature;
  for (uint32_t row = outlined.row_begin; row < end; ++row) {
    std::string_view text = RowText(source, row);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (!signature.empty()) signature += ' ';
    signature += text;
  }
  signature.resize(ClipUtf8(signature, kSignatureBytes).size());
  return signature;
}

// Gives each chunk its definitions, scope and signature in one sweep over both lists.
class DefinitionSweep {
 public:
  DefinitionSweep(const Outline& outline, const SourceText& source)
      : outline_(outline), source_(source), definitions_(outline.definitions) {}

  // REQUIRES: called for the segments of a file in order.
  void Describe(const Segment& segment, Chunk* chunk) {
    std::erase_if(open_, [&](size_t i) { return definitions_[i].row_end < segment.begin; });
    for (size_t i : open_) AddScope(definitions_[i].definition.name, &chunk->scope);
    const size_t first = next_;
    for (; next_ < definitions_.size() && definitions_[next_].row_begin < segment.end; ++next_) {
      chunk->definitions.push_back(definitions_[next_].definition);
      if (IsScope(definitions_[next_].definition.kind)) open_.push_back(next_);
    }
    const bool starts_own = first < next_ && definitions_[first].row_attached <= segment.begin;
    if (!starts_own) chunk->signature = ContinuedSignature(segment, first);
  }

 private:
  void AddScope(const std::string& name, std::string* scope) const {
    if (!scope->empty()) *scope += outline_.is_document ? " > " : ".";
    *scope += name;
  }

  // Of the innermost function (or of the innermost definition, for a chunk without one of its own)
  // that began before the segment.
  std::string ContinuedSignature(const Segment& segment, size_t first) const {
    for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
      const OutlinedDefinition& outlined = definitions_[*it];
      if (outlined.row_begin >= segment.begin) continue;
      if (outlined.definition.kind == DefinitionKind::kSection) return {};
      const bool is_function = outlined.definition.kind == DefinitionKind::kFunction;
      if (!is_function && first < next_) return {};
      return Signature(outlined, source_);
    }
    return {};
  }

  const Outline& outline_;
  const SourceText& source_;
  const std::vector<OutlinedDefinition>& definitions_;
  std::vector<size_t> open_;  // scopes that reach into the rows from here on, outer first
  size_t next_ = 0;           // first definition that begins in a later segment
};

std::string HeaderComment(const Outline& outline, const SourceText& source,
                          const Segment& segment) {
  std::string comment;
  for (uint32_t row = segment.begin; row < segment.end && comment.size() < kHeaderCommentBytes;
       ++row) {
    if (!outline.comment_rows[row]) continue;
    comment += ClipUtf8(RowText(source, row), kHeaderCommentBytes);
    comment += '\n';
  }
  comment.resize(ClipUtf8(comment, kHeaderCommentBytes).size());
  return comment;
}

}  // namespace

ChunkedFile MergeOutline(const Outline& outline, const SourceText& source,
                         const ChunkOptions& options) {
  ChunkedFile file;
  std::vector<Segment> segments =
      JoinBlank(MergeSegments(MakeSegments(outline, source, options), options), source);
  DefinitionSweep sweep(outline, source);
  for (const Segment& segment : segments) {
    Chunk chunk;
    chunk.line_begin = segment.begin + 1;
    chunk.line_end = segment.end;
    chunk.byte_begin = source.line_starts[segment.begin];
    chunk.byte_end = static_cast<uint32_t>(chunk.byte_begin + segment.bytes);
    sweep.Describe(segment, &chunk);
    file.chunks.push_back(std::move(chunk));
  }
  if (!segments.empty()) file.header_comment = HeaderComment(outline, source, segments.front());
  return file;
}

}  // namespace sg
