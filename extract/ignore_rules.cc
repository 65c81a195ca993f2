#include "extract/ignore_rules.h"

#include <algorithm>

#include "core/base/file.h"
#include "core/text/ascii.h"

namespace sg {
namespace {

// Longer patterns match no path that the system allows in any way a person would write.
constexpr size_t kMaxPatternBytes = 4096;

bool IsGlobByte(char c) { return c == '*' || c == '?' || c == '[' || c == '\\'; }

// The bytes of a POSIX class, by git's own ASCII tables (its isspace has no \v and \f).
bool InClass(std::string_view name, unsigned char c, bool* known) {
  *known = true;
  const bool digit = c >= '0' && c <= '9';
  const bool lower = c >= 'a' && c <= 'z';
  const bool upper = c >= 'A' && c <= 'Z';
  const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
  const bool print = c >= 0x20 && c <= 0x7E;
  if (name == "alnum") return digit || lower || upper;
  if (name == "alpha") return lower || upper;
  if (name == "blank") return c == ' ' || c == '\t';
  if (name == "cntrl") return c < 0x20 || c == 0x7F;
  if (name == "digit") return digit;
  if (name == "graph") return print && !space;
  if (name == "lower") return lower;
  if (name == "print") return print;
  if (name == "punct") return print && !space && !digit && !lower && !upper;
  if (name == "space") return space;
  if (name == "upper") return upper;
  if (name == "xdigit") return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  *known = false;
  return false;
}

// Adds the class "[:name:]" to `set`; false for an unknown name.
bool AddClass(std::string_view name, std::bitset<256>* set) {
  for (unsigned c = 0; c < 256; ++c) {
    bool known;
    if (InClass(name, static_cast<unsigned char>(c), &known)) set->set(c);
    if (!known) return false;
  }
  return true;
}

// Cuts unescaped spaces from the end.
std::string_view TrimTrailingSpaces(std::string_view line) {
  size_t end = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\') {
      if (++i == line.size()) return line;
      end = i + 1;
    } else if (line[i] != ' ') {
      end = i + 1;
    }
  }
  return line.substr(0, end);
}

}  // namespace

std::optional<IgnorePattern> IgnorePattern::Compile(std::string_view line) {
  IgnorePattern pattern;
  if (line.size() > kMaxPatternBytes) return std::nullopt;
  if (!line.empty() && line[0] == '!') {
    pattern.negated_ = true;
    line.remove_prefix(1);
  }
  if (!line.empty() && line.back() == '/') {
    pattern.directory_only_ = true;
    line.remove_suffix(1);
  }
  pattern.whole_path_ = line.find('/') != line.npos;
  if (!line.empty() && line[0] == '/') line.remove_prefix(1);
  if (line.empty()) return std::nullopt;

  const size_t literal_size =
      static_cast<size_t>(std::find_if(line.begin(), line.end(), IsGlobByte) - line.begin());
  if (literal_size == line.size()) {
    pattern.literal_ = line;
    return pattern;
  }
  const std::string_view after_star = line.substr(1);
  if (!pattern.whole_path_ && line[0] == '*' &&
      std::none_of(after_star.begin(), after_star.end(), IsGlobByte)) {
    pattern.shape_ = Shape::kSuffix;
    pattern.literal_ = after_star;
    return pattern;
  }
  pattern.shape_ = Shape::kGlob;
  // git compares the literal start of a path pattern first and matches the rest as a pattern of its
  // own, so "a**/b" is "a" then "**/b".
  if (pattern.whole_path_) {
    pattern.literal_ = line.substr(0, literal_size);
    line.remove_prefix(literal_size);
  }
  if (!pattern.CompileGlob(line)) return std::nullopt;
  return pattern;
}

bool IgnorePattern::CompileGlob(std::string_view glob) {
  for (size_t at = 0; at < glob.size();) {
    switch (glob[at]) {
      case '\\':
        if (++at == glob.size()) return false;
        tokens_.push_back({.kind = TokenKind::kByte, .byte = static_cast<unsigned char>(glob[at])});
        ++at;
        break;
      case '?':
        tokens_.push_back({.kind = TokenKind::kAnyByte});
        ++at;
        break;
      case '[':
        if (!CompileSet(glob, &at)) return false;
        break;
      case '*': {
        const size_t begin = at;
        while (at < glob.size() && glob[at] == '*') ++at;
        const std::string_view rest = glob.substr(at);
        const bool component = begin == 0 || glob[begin - 1] == '/';
        const bool two = whole_path_ && at - begin >= 2 && component;
        if (two && rest.empty()) {
          tokens_.push_back({.kind = TokenKind::kRest});
        } else if (two && rest[0] == '/') {
          tokens_.push_back({.kind = TokenKind::kDirs});
          ++at;
        } else if (two && rest.substr(0, 2) == "\\/") {
          tokens_.push_back({.kind = TokenKind::kDirsEscaped});
          at += 2;
        } else {
          tokens_.push_back({.kind = TokenKind::kStar});
        }
        break;
      }
      default:
        tokens_.push_back({.kind = TokenKind::kByte, .byte = static_cast<unsigned char>(glob[at])});
        ++at;
    }
  }
  return true;
}

bool IgnorePattern::CompileSet(std::string_view glob, size_t* at) {
  std::bitset<256> set;
  const auto byte_at = [&](size_t i) {
    return i < glob.size() ? static_cast<unsigned char>(glob[i]) : static_cast<unsigned char>(0);
  };
  size_t i = *at + 1;
  const bool negated = byte_at(i) == '!' || byte_at(i) == '^';
  if (negated) ++i;
  unsigned previous = 0;  // start of a possible range; 0 after a range or class
  for (bool first = true; first || byte_at(i) != ']'; first = false, ++i) {
    unsigned char c = byte_at(i);
    if (c == 0) return false;
    if (c == '\\') {
      c = byte_at(++i);
      if (c == 0) return false;
      set.set(c);
      previous = c;
    } else if (c == '-' && previous != 0 && byte_at(i + 1) != 0 && byte_at(i + 1) != ']') {
      c = byte_at(++i);
      if (c == '\\') c = byte_at(++i);
      if (c == 0) return false;
      for (unsigned b = previous; b <= c; ++b) set.set(b);
      previous = 0;
    } else if (c == '[' && byte_at(i + 1) == ':') {
      const size_t end = glob.find(']', i + 2);
      if (end == glob.npos) return false;
      if (end == i + 2 || glob[end - 1] != ':') {  // no ":]": an ordinary '['
        set.set('[');
        previous = '[';
        continue;
      }
      if (!AddClass(glob.substr(i + 2, end - 1 - (i + 2)), &set)) return false;
      i = end;
      previous = 0;
    } else {
      set.set(c);
      previous = c;
    }
  }
  if (negated) set.flip();
  set.reset('/');
  tokens_.push_back({.kind = TokenKind::kSet, .set = static_cast<uint32_t>(sets_.size())});
  sets_.push_back(set);
  *at = i + 1;
  return true;
}

bool IgnorePattern::Matches(std::string_view path, std::string_view base_name,
                            bool is_directory) const {
  if (directory_only_ && !is_directory) return false;
  return MatchesText(whole_path_ ? path : base_name);
}

bool IgnorePattern::MatchesText(std::string_view text) const {
  switch (shape_) {
    case Shape::kLiteral: return text == literal_;
    case Shape::kSuffix: return text.ends_with(literal_);
    case Shape::kGlob: break;
  }
  if (!text.starts_with(literal_)) return false;
  return MatchesTokens(text.substr(literal_.size()));
}

bool IgnorePattern::MatchesByte(const Token& token, char c) const {
  const auto byte = static_cast<unsigned char>(c);
  switch (token.kind) {
    case TokenKind::kByte: return byte == token.byte;
    case TokenKind::kAnyByte: return byte != '/';
    case TokenKind::kSet: return sets_[token.set].test(byte);
    default: return false;
  }
}

// Greedy with two places to come back to. The last '*' is enough: '*' never crosses a '/', so what
// an earlier one took cannot change where the next component begins. The last "**/" is enough: the
// earliest place where the part behind it matches leaves the most text for what follows.
bool IgnorePattern::MatchesTokens(std::string_view text) const {
  constexpr size_t kUnset = std::string_view::npos;
  size_t t = 0, p = 0;
  size_t star_t = 0, star_p = kUnset;
  size_t dirs_t = 0, dirs_p = kUnset;
  while (true) {
    if (p == tokens_.size()) {
      if (t == text.size()) return true;
    } else if (tokens_[p].kind == TokenKind::kRest) {
      return true;
    } else if (tokens_[p].kind == TokenKind::kStar) {
      star_p = ++p;
      star_t = t;
      continue;
    } else if (tokens_[p].kind == TokenKind::kDirs || tokens_[p].kind == TokenKind::kDirsEscaped) {
      const bool needs_one = tokens_[p].kind == TokenKind::kDirsEscaped;
      dirs_p = ++p;
      dirs_t = t;
      star_p = kUnset;
      if (!needs_one) continue;
    } else if (t < text.size() && MatchesByte(tokens_[p], text[t])) {
      ++t;
      ++p;
      continue;
    }
    if (star_p != kUnset && star_t < text.size() && text[star_t] != '/') {
      t = ++star_t;
      p = star_p;
      continue;
    }
    star_p = kUnset;
    if (dirs_p == kUnset) return false;
    const size_t slash = text.find('/', dirs_t);
    if (slash == text.npos) return false;
    t = dirs_t = slash + 1;
    p = dirs_p;
  }
}

IgnoreList::IgnoreList(std::string_view content) {
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  while (!content.empty()) {
    AddLine(TakeTextLine(&content));
  }
}

IgnoreList::IgnoreList(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) AddLine(line);
}

void IgnoreList::AddLine(std::string_view line) {
  line = line.substr(0, line.find('\0'));
  if (line.empty() || line[0] == '#') return;
  if (std::optional<IgnorePattern> pattern = IgnorePattern::Compile(TrimTrailingSpaces(line))) {
    patterns_.push_back(std::move(*pattern));
  }
}

IgnoreDecision IgnoreList::Match(std::string_view path, bool is_directory) const {
  const std::string_view base_name = BaseName(path);
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    if (pattern->Matches(path, base_name, is_directory)) {
      return pattern->negated() ? IgnoreDecision::kInclude : IgnoreDecision::kIgnore;
    }
  }
  return IgnoreDecision::kNone;
}

}  // namespace sg
