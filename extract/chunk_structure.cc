#include "extract/chunk_structure.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/ascii.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr size_t kMaxNameBytes = 80;   // chunk.h
constexpr size_t kMaxHeadBytes = 400;  // longer lines are no heads of definitions

// A word that begins a definition in some language, and what it defines.
struct HeadWord {
  std::string_view word;
  DefinitionKind kind;
};
constexpr HeadWord kHeadWords[] = {
    {"abbrev", DefinitionKind::kFunction},     {"axiom", DefinitionKind::kFunction},
    {"class", DefinitionKind::kClass},         {"contract", DefinitionKind::kClass},
    {"coinductive", DefinitionKind::kClass},   {"corollary", DefinitionKind::kFunction},
    {"def", DefinitionKind::kFunction},        {"define", DefinitionKind::kFunction},
    {"definition", DefinitionKind::kFunction}, {"defmacro", DefinitionKind::kFunction},
    {"defn", DefinitionKind::kFunction},       {"defun", DefinitionKind::kFunction},
    {"defvar", DefinitionKind::kVariable},     {"entity", DefinitionKind::kClass},
    {"enum", DefinitionKind::kClass},          {"fn", DefinitionKind::kFunction},
    {"fun", DefinitionKind::kFunction},        {"func", DefinitionKind::kFunction},
    {"function", DefinitionKind::kFunction},   {"inductive", DefinitionKind::kClass},
    {"instance", DefinitionKind::kImpl},       {"interface", DefinitionKind::kClass},
    {"lemma", DefinitionKind::kFunction},      {"macro", DefinitionKind::kFunction},
    {"message", DefinitionKind::kClass},       {"module", DefinitionKind::kClass},
    {"namespace", DefinitionKind::kNamespace}, {"opaque", DefinitionKind::kFunction},
    {"package", DefinitionKind::kNamespace},   {"procedure", DefinitionKind::kFunction},
    {"proc", DefinitionKind::kFunction},       {"record", DefinitionKind::kClass},
    {"resource", DefinitionKind::kClass},      {"rpc", DefinitionKind::kFunction},
    {"service", DefinitionKind::kClass},       {"struct", DefinitionKind::kClass},
    {"structure", DefinitionKind::kClass},     {"sub", DefinitionKind::kFunction},
    {"subroutine", DefinitionKind::kFunction}, {"table", DefinitionKind::kClass},
    {"theorem", DefinitionKind::kFunction},    {"trait", DefinitionKind::kClass},
    {"trigger", DefinitionKind::kFunction},    {"type", DefinitionKind::kType},
    {"view", DefinitionKind::kClass},
};

// Words that may stand before a head word.
constexpr std::array<std::string_view, 28> kModifiers = {
    "abstract", "async",   "const",    "create",   "data",      "export",    "extern",
    "final",    "global",  "inline",   "internal", "local",     "mutual",    "noncomputable",
    "open",     "or",      "override", "partial",  "private",   "protected", "pub",
    "public",   "replace", "scoped",   "static",   "temporary", "unsafe",    "virtual"};

struct BlockComment {
  std::string_view begin;
  std::string_view end;
};
constexpr BlockComment kBlockComments[] = {
    {"/*", "*/"}, {"/-", "-/"}, {"(*", "*)"}, {"{-", "-}"}, {"<!--", "-->"}};
constexpr std::array<std::string_view, 6> kLineComments = {"//", "#", "--", ";", "%", "'"};

bool IsWord(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) || c == '_' || byte >= 0x80;
}

// Takes the next word of `*text` (letters, digits, '_', bytes beyond ASCII) and the blanks after.
std::string_view TakeWord(std::string_view* text) {
  size_t end = 0;
  while (end < text->size() && IsWord((*text)[end])) ++end;
  const std::string_view word = text->substr(0, end);
  text->remove_prefix(end);
  text->remove_prefix(std::min(text->find_first_not_of(" \t"), text->size()));
  return word;
}

struct Head {
  std::string_view name;
  DefinitionKind kind;
};

const HeadWord* FindHeadWord(std::string_view lower) {
  const auto it = std::find_if(std::begin(kHeadWords), std::end(kHeadWords),
                               [&](const HeadWord& head) { return head.word == lower; });
  return it == std::end(kHeadWords) ? nullptr : it;
}

// The name that ends at a blank, bracket, ':' and the like: `Nat.add_comm`, `foo'`, `set-car!`.
std::string_view TakeName(std::string_view text) {
  if (text.starts_with('(')) text.remove_prefix(1);  // (define (name args) ...)
  if (text.starts_with('"')) text.remove_prefix(1);
  size_t end = text.find_first_of(" \t(){}[]<>:;,=\"");
  if (end == std::string_view::npos) end = text.size();
  if (end == 0 || !IsWord(text[0])) return {};
  return ClipUtf8(text.substr(0, end), kMaxNameBytes);
}

// Reads `line` as the head of a definition: modifiers, a head word, a name.
std::optional<Head> ReadHead(std::string_view line) {
  if (line.size() > kMaxHeadBytes) return std::nullopt;
  if (line.starts_with('(')) line.remove_prefix(1);  // Lisp
  for (int words = 0; words < 6 && !line.empty(); ++words) {
    if (line.starts_with("@[")) {  // Lean attribute
      const size_t close = line.find(']');
      if (close == std::string_view::npos) return std::nullopt;
      line = Trim(line.substr(close + 1));
      continue;
    }
    const std::string lower = AsciiLower(TakeWord(&line));
    if (const HeadWord* head = FindHeadWord(lower)) {
      const std::string_view name = TakeName(line);
      if (name.empty() || FindHeadWord(AsciiLower(name))) continue;  // `create table`, `type class`
      return Head{.name = name, .kind = head->kind};
    }
    if (std::find(kModifiers.begin(), kModifiers.end(), lower) == kModifiers.end()) break;
  }
  return std::nullopt;
}

class CodeOutliner {
 public:
  explicit CodeOutliner(const SourceText& source)
      : source_(source), outline_(static_cast<uint32_t>(source.line_count())) {}

  Outline Build() {
    for (uint32_t row = 0; row < outline_.row_count(); ++row) VisitRow(row);
    CloseFrom(/*indent=*/0, outline_.row_count());
    return std::move(outline_);
  }

 private:
  struct Open {
    size_t definition;  // in outline_.definitions
    size_t indent;
    bool until_end;  // Lean: `namespace X` reaches to `end X`, whatever the indentation
  };

  void VisitRow(uint32_t row) {
    const std::string_view text = RowText(source_, row);
    const std::string_view line = Trim(text);
    if (line.empty()) {
      after_blank_ = true;
      attached_ = false;
      return;
    }
    const size_t indent = text.find_first_not_of(" \t\f\v");
    if (ReadComment(line)) {
      outline_.comment_rows[row] = true;
      Attach(row, indent);
    } else if (line.starts_with("@") && !ReadHead(line)) {
      Attach(row, indent);
    } else {
      VisitCode(row, indent, line);
      attached_ = false;
    }
    after_blank_ = false;
  }

  void Attach(uint32_t row, size_t indent) {
    if (!attached_) {
      attached_row_ = row;
      if (after_blank_ && indent == 0) outline_.AddCut(row, Cut::kStatement);
    }
    attached_ = true;
  }

  void VisitCode(uint32_t row, size_t indent, std::string_view line) {
    const uint32_t begin = attached_ ? attached_row_ : row;
    if (indent == 0 && after_blank_) outline_.AddCut(begin, Cut::kStatement);
    CloseNamespace(line, row);
    const std::optional<Head> head = ReadHead(line);
    if (!head) return;
    outline_.AddCut(begin, Cut::kDefinition);
    CloseFrom(indent, begin);
    OutlinedDefinition outlined;
    outlined.definition = {.name = std::string(head->name),
                           .kind = head->kind,
                           .line_begin = row + 1,
                           .line_end = row + 1,
                           .scope = Scope()};
    outlined.row_begin = outlined.row_end = row;
    outlined.row_body = row + 1;
    outlined.row_attached = begin;
    open_.push_back({.definition = outline_.definitions.size(),
                     .indent = indent,
                     .until_end = head->kind == DefinitionKind::kNamespace});
    outline_.definitions.push_back(std::move(outlined));
  }

  // True if the line is part of a comment.
  bool ReadComment(std::string_view line) {
    if (!comment_end_.empty()) {
      if (line.find(comment_end_) != std::string_view::npos) comment_end_ = {};
      return true;
    }
    for (const BlockComment& block : kBlockComments) {
      if (!line.starts_with(block.begin)) continue;
      if (line.find(block.end, block.begin.size()) == std::string_view::npos) {
        comment_end_ = block.end;
      }
      return true;
    }
    return std::any_of(kLineComments.begin(), kLineComments.end(),
                       [&](std::string_view start) { return line.starts_with(start); });
  }

  // Ends the definitions that are indented by `indent` or more, before row `row`.
  void CloseFrom(size_t indent, uint32_t row) {
    while (!open_.empty() && open_.back().indent >= indent) {
      if (open_.back().until_end && row < outline_.row_count()) return;
      Close(row);
    }
  }

  void CloseNamespace(std::string_view line, uint32_t row) {
    if (!line.starts_with("end")) return;
    std::string_view rest = line;
    if (TakeWord(&rest) != "end" || rest.empty()) return;
    const auto names = [&](const Open& open) {
      return open.until_end && outline_.definitions[open.definition].definition.name == rest;
    };
    if (std::none_of(open_.begin(), open_.end(), names)) return;
    while (!names(open_.back())) Close(row);
    Close(row + 1);
  }

  void Close(uint32_t row_end) {
    uint32_t last = row_end - 1;
    OutlinedDefinition& outlined = outline_.definitions[open_.back().definition];
    while (last > outlined.row_begin && IsBlank(RowText(source_, last))) --last;
    outlined.row_end = std::max(last, outlined.row_begin);
    outlined.definition.line_end = outlined.row_end + 1;
    open_.pop_back();
  }

  std::string Scope() const {
    std::string scope;
    for (const Open& open : open_) {
      const Definition& definition = outline_.definitions[open.definition].definition;
      if (definition.kind == DefinitionKind::kFunction) continue;
      if (!scope.empty()) scope += '.';
      scope += definition.name;
    }
    return scope;
  }

  const SourceText& source_;
  Outline outline_;
  std::vector<Open> open_;
  std::string_view comment_end_;  // of the block comment that is open
  bool after_blank_ = true;
  bool attached_ = false;  // comments directly above
  uint32_t attached_row_ = 0;
};

// A line of one repeated sign under a title, as in reStructuredText.
bool IsUnderline(std::string_view line, std::string_view title) {
  constexpr std::string_view kSigns = "=-~^\"'`#*+";
  if (line.size() < 3 || title.empty() || kSigns.find(line[0]) == std::string_view::npos) {
    return false;
  }
  if (line.find_first_not_of(line[0]) != std::string_view::npos) return false;
  return title.size() <= line.size() * 3 && IsWord(title[0]);
}

class ProseOutliner {
 public:
  explicit ProseOutliner(const SourceText& source)
      : source_(source), outline_(static_cast<uint32_t>(source.line_count())) {
    outline_.is_document = true;
  }

  Outline Build() {
    std::string_view before;
    for (uint32_t row = 0; row < outline_.row_count(); ++row) {
      const std::string_view line = Trim(RowText(source_, row));
      if (!line.empty() && before.empty()) outline_.AddCut(row, Cut::kStatement);
      if (row > 0 && IsUnderline(line, before)) AddHeading(row - 1, before, line[0]);
      before = line;
    }
    NestHeadings(&outline_);
    return std::move(outline_);
  }

 private:
  void AddHeading(uint32_t row, std::string_view title, char sign) {
    outline_.AddCut(row, Cut::kDefinition);
    OutlinedDefinition outlined;
    outlined.definition = {.name = std::string(ClipUtf8(title, kMaxNameBytes)),
                           .kind = DefinitionKind::kSection,
                           .line_begin = row + 1,
                           .line_end = row + 1,
                           .scope = {}};
    outlined.row_begin = outlined.row_end = outlined.row_attached = row;
    outlined.row_body = row + 1;
    outlined.level = LevelOf(sign);
    outline_.definitions.push_back(std::move(outlined));
  }

  // reStructuredText: the first sign that underlines a title is of the highest level, and so on.
  uint32_t LevelOf(char sign) {
    size_t at = signs_.find(sign);
    if (at == std::string::npos) {
      at = signs_.size();
      signs_ += sign;
    }
    return static_cast<uint32_t>(at + 1);
  }

  const SourceText& source_;
  Outline outline_;
  std::string signs_;
};

}  // namespace

Outline OutlineStructure(const SourceText& source) {
  if (source.language->family == LanguageFamily::kProse) return ProseOutliner(source).Build();
  return CodeOutliner(source).Build();
}

}  // namespace sg
