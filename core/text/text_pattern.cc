#include "core/text/text_pattern.h"

#include <unicode/uregex.h>
#include <unicode/utext.h>

#include <array>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kCl100k =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// The four classes that all these expressions are made of. They are disjoint.
enum class CharClass : uint8_t { kOther, kSpace, kLetter, kNumber };

constexpr std::array<CharClass, 128> kAsciiClass = [] {
  std::array<CharClass, 128> table{};
  for (size_t c = 0; c < 128; ++c) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    table[c] = space                  ? CharClass::kSpace
               : letter               ? CharClass::kLetter
               : c >= '0' && c <= '9' ? CharClass::kNumber
                                      : CharClass::kOther;
  }
  return table;
}();

// Walks text[pos, end) by character class.
class Scanner {
 public:
  Scanner(std::string_view text, size_t end) : text_(text), end_(end) {}

  // The class of the character at `pos` and, in *next, where the following one begins.
  CharClass ClassAt(size_t pos, size_t* next) const {
    const auto byte = static_cast<uint8_t>(text_[pos]);
    if (byte < 128) {
      *next = pos + 1;
      return kAsciiClass[byte];
    }
    *next = pos;
    const uint16_t flags = InfoOf(NextChar(text_, next)).flags;
    if ((flags & kLetterChar) != 0) return CharClass::kLetter;
    if ((flags & kNumberChar) != 0) return CharClass::kNumber;
    return (flags & kSpaceChar) != 0 ? CharClass::kSpace : CharClass::kOther;
  }

  // The end of the run of `wanted` that begins at or before `pos`.
  size_t RunEnd(size_t pos, CharClass wanted, size_t max_chars = SIZE_MAX) const {
    while (pos < end_ && max_chars > 0) {
      size_t next;
      if (ClassAt(pos, &next) != wanted) break;
      pos = next;
      --max_chars;
    }
    return pos;
  }

  // \s+(?!\S)|\s+ for the run of spaces [pos, run_end): all but its last character if a character
  // that is no space follows and more than one is there.
  size_t SpaceEnd(size_t pos, size_t run_end) const {
    if (run_end == end_) return run_end;
    size_t last = run_end - 1;
    while (IsContinuation(text_[last])) --last;
    return last > pos ? last : run_end;
  }

  bool IsAt(size_t pos, char c) const { return pos < end_ && text_[pos] == c; }
  char ByteAt(size_t pos) const { return pos < end_ ? text_[pos] : '\0'; }
  size_t end() const { return end_; }
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
  size_t end_;
};

// The length of the contraction after the apostrophe at `pos`, with it; 0 if there is none.
size_t ContractionLength(const Scanner& scanner, size_t pos, bool fold_case) {
  const auto letter = [&](size_t i) {
    const char c = scanner.ByteAt(i);
    return fold_case ? AsciiLower(c) : c;
  };
  const char first = letter(pos + 1);
  const char second = first == '\0' ? '\0' : letter(pos + 2);
  switch (first) {
    case 's':
    case 't':
    case 'm':
    case 'd': return 2;
    case 'r':
    case 'v': return second == 'e' ? 3 : 0;
    case 'l': return second == 'l' ? 3 : 0;
    default: break;
  }
  // U+017F, long s, is a case variant of s.
  const bool long_s = fold_case && first == '\xC5' && second == '\xBF';
  return long_s ? 3 : 0;
}

class Gpt2Pattern : public TextPattern {
 public:
  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    const Scanner scanner(text, end);
    for (size_t pos = begin; pos < end;) {
      const size_t match_end = MatchEnd(scanner, pos);
      matches->push_back({pos, match_end});
      pos = match_end;
    }
    return Status::Ok();
  }

 private:
  static size_t MatchEnd(const Scanner& scanner, size_t pos) {
    if (scanner.IsAt(pos, '\'')) {
      const size_t length = ContractionLength(scanner, pos, /*fold_case=*/false);
      if (length > 0) return pos + length;
    }
    size_t next;
    const CharClass first = scanner.ClassAt(pos, &next);
    if (first != CharClass::kSpace) return scanner.RunEnd(next, first);
    if (scanner.IsAt(pos, ' ') && next < scanner.end()) {
      size_t after;
      const CharClass second = scanner.ClassAt(next, &after);
      if (second != CharClass::kSpace) return scanner.RunEnd(after, second);
    }
    return scanner.SpaceEnd(pos, scanner.RunEnd(next, CharClass::kSpace));
  }
};

// cl100k (max_digits 3) and Qwen (1).
class Cl100kPattern : public TextPattern {
 public:
  explicit Cl100kPattern(size_t max_digits) : max_digits_(max_digits) {}

  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    const Scanner scanner(text, end);
    for (size_t pos = begin; pos < end;) {
      const size_t match_end = MatchEnd(scanner, pos);
      matches->push_back({pos, match_end});
      pos = match_end;
    }
    return Status::Ok();
  }

 private:
  static bool IsLineEnd(char c) { return c == '\r' || c == '\n'; }

  // The symbols [^\s\p{L}\p{N}]+[\r\n]* from `pos`, inside their run.
  static size_t SymbolsEnd(const Scanner& scanner, size_t pos) {
    size_t end = scanner.RunEnd(pos, CharClass::kOther);
    while (end < scanner.end() && IsLineEnd(scanner.ByteAt(end))) ++end;
    return end;
  }

  size_t MatchEnd(const Scanner& scanner, size_t pos) const {
    if (scanner.IsAt(pos, '\'')) {
      const size_t length = ContractionLength(scanner, pos, /*fold_case=*/true);
      if (length > 0) return pos + length;
    }
    size_t next;
    const CharClass first = scanner.ClassAt(pos, &next);
    if (first == CharClass::kLetter) return scanner.RunEnd(next, CharClass::kLetter);
    if (first == CharClass::kNumber) {
      return scanner.RunEnd(next, CharClass::kNumber, max_digits_ - 1);
    }
    size_t after = next;
    const bool more = next < scanner.end();
    const CharClass second = more ? scanner.ClassAt(next, &after) : CharClass::kSpace;
    if (second == CharClass::kLetter && !IsLineEnd(scanner.ByteAt(pos))) {
      return scanner.RunEnd(after, CharClass::kLetter);
    }
    if (first == CharClass::kOther) return SymbolsEnd(scanner, next);
    if (scanner.IsAt(pos, ' ') && second == CharClass::kOther) return SymbolsEnd(scanner, after);
    const size_t run_end = scanner.RunEnd(next, CharClass::kSpace);
    for (size_t i = run_end; i > pos; --i) {  // \s*[\r\n]+ ends behind the run's last line end
      if (IsLineEnd(scanner.ByteAt(i - 1))) return i;
    }
    return scanner.SpaceEnd(pos, run_end);
  }

  size_t max_digits_;
};

class LiteralPattern : public TextPattern {
 public:
  explicit LiteralPattern(std::string literal) : literal_(std::move(literal)) {}

  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    const std::string_view window = text.substr(0, end);
    for (size_t pos = window.find(literal_, begin); pos != std::string_view::npos;
         pos = window.find(literal_, pos + literal_.size())) {
      matches->push_back({pos, pos + literal_.size()});
    }
    return Status::Ok();
  }

 private:
  std::string literal_;
};

// Runs of two or more of one ASCII character: the " {2,}" of converted SentencePiece models.
class RepeatPattern : public TextPattern {
 public:
  explicit RepeatPattern(char c) : c_(c) {}

  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    for (size_t pos = begin; pos < end;) {
      const size_t run_begin = text.find(c_, pos);
      if (run_begin >= end) break;
      size_t run_end = run_begin + 1;
      while (run_end < end && text[run_end] == c_) ++run_end;
      if (run_end - run_begin >= 2) matches->push_back({run_begin, run_end});
      pos = run_end;
    }
    return Status::Ok();
  }

 private:
  char c_;
};

struct RegexCloser {
  void operator()(URegularExpression* regex) const { uregex_close(regex); }
};
using RegexPtr = std::unique_ptr<URegularExpression, RegexCloser>;

constexpr int32_t kRegexTimeSteps = 20'000;  // of about a millisecond each, per text
constexpr int32_t kRegexStackBytes = 8'000'000;

class IcuPattern : public TextPattern {
 public:
  explicit IcuPattern(RegexPtr regex) : regex_(std::move(regex)) {}

  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    UErrorCode error = U_ZERO_ERROR;
    const RegexPtr regex(uregex_clone(regex_.get(), &error));  // ICU's matcher holds state
    UText utext = UTEXT_INITIALIZER;
    utext_openUTF8(&utext, text.data() + begin, static_cast<int64_t>(end - begin), &error);
    uregex_setTimeLimit(regex.get(), kRegexTimeSteps, &error);
    uregex_setStackLimit(regex.get(), kRegexStackBytes, &error);
    uregex_setUText(regex.get(), &utext, &error);
    size_t last_end = SIZE_MAX;
    while (U_SUCCESS(error) && uregex_findNext(regex.get(), &error)) {
      const auto from = static_cast<size_t>(uregex_start64(regex.get(), 0, &error));
      const auto to = static_cast<size_t>(uregex_end64(regex.get(), 0, &error));
      if (from == to && from == last_end) continue;  // an empty match behind a match
      matches->push_back({begin + from, begin + to});
      last_end = to;
    }
    utext_close(&utext);
    if (U_SUCCESS(error)) return Status::Ok();
    return ResourceExhaustedError(std::string("the tokenizer's split expression failed: ") +
                                  u_errorName(error));
  }

 private:
  RegexPtr regex_;
};

}  // namespace

std::unique_ptr<TextPattern> MakeLiteralPattern(std::string literal) {
  return std::make_unique<LiteralPattern>(std::move(literal));
}

std::unique_ptr<TextPattern> MakeGpt2Pattern() { return std::make_unique<Gpt2Pattern>(); }

Result<std::unique_ptr<TextPattern>> MakeRegexPattern(const std::string& expression) {
  std::unique_ptr<TextPattern> known;
  if (expression == kGpt2) known = std::make_unique<Gpt2Pattern>();
  if (expression == kCl100k) known = std::make_unique<Cl100kPattern>(/*max_digits=*/3);
  if (expression == kQwen) known = std::make_unique<Cl100kPattern>(/*max_digits=*/1);
  if (expression == " {2,}") known = std::make_unique<RepeatPattern>(' ');
  if (known != nullptr) return known;
  UErrorCode error = U_ZERO_ERROR;
  UText utext = UTEXT_INITIALIZER;
  utext_openUTF8(&utext, expression.data(), static_cast<int64_t>(expression.size()), &error);
  UParseError where;
  RegexPtr regex(uregex_openUText(&utext, 0, &where, &error));
  utext_close(&utext);
  if (U_FAILURE(error)) {
    return InvalidArgumentError("the expression '" + expression +
                                "' does not compile: " + u_errorName(error));
  }
  std::unique_ptr<TextPattern> pattern = std::make_unique<IcuPattern>(std::move(regex));
  return pattern;
}

}  // namespace sg
