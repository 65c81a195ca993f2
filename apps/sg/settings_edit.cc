#include "apps/sg/settings_edit.h"

#include <vector>

namespace sg {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

// A member of the outermost object, as byte offsets.
struct Member {
  std::string_view key;  // as written, escapes and all
  size_t begin = 0;      // of the key's quote
  size_t value_begin = 0, value_end = 0;
  size_t comma = 0;  // after it; 0: none
};

struct Layout {
  std::vector<Member> members;
  size_t open = 0, close = 0;  // the braces
};

// Walks over JSON with comments. Every step moves forward; a text that is no object stops it.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Result<Layout> Scan() {
    Layout layout;
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // a byte-order mark
    SkipBlanks();
    layout.open = at_;
    if (!Take('{')) return Unreadable();
    for (SkipBlanks(); !AtEnd() && text_[at_] != '}'; SkipBlanks()) {
      Member member{.begin = at_};
      if (!SkipString()) return Unreadable();
      member.key = text_.substr(member.begin + 1, at_ - member.begin - 2);
      SkipBlanks();
      if (!Take(':')) return Unreadable();
      SkipBlanks();
      member.value_begin = at_;
      SkipValue();
      member.value_end = at_;
      if (member.value_end == member.value_begin) return Unreadable();
      SkipBlanks();
      const bool more = Take(',');
      if (more) member.comma = at_ - 1;
      layout.members.push_back(member);
      if (!more) break;
    }
    SkipBlanks();
    layout.close = at_;
    if (!Take('}')) return Unreadable();
    return layout;
  }

 private:
  static Status Unreadable() { return InvalidArgumentError("the settings are no JSON object"); }

  bool AtEnd() const { return at_ >= text_.size(); }

  bool Take(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void SkipBlanks() {
    while (!AtEnd()) {
      if (kBlanks.find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (!SkipComment()) {
        return;
      }
    }
  }

  bool SkipComment() {
    const std::string_view mark = text_.substr(at_, 2);
    if (mark != "//" && mark != "/*") return false;
    // Where the parser of settings ends a comment.
    constexpr std::string_view kLineEnds("\n\r\0", 3);
    const bool line = mark == "//";
    const size_t found = line ? text_.find_first_of(kLineEnds, at_ + 2) : text_.find("*/", at_ + 2);
    at_ = found == std::string_view::npos ? text_.size() : found + (line ? 1 : 2);
    return true;
  }

  bool SkipString() {
    if (!Take('"')) return false;
    while (!AtEnd() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    return Take('"');
  }

  // A string, a number, a word, or brackets with all that is in them.
  void SkipValue() {
    size_t depth = 0;
    while (!AtEnd()) {
      const char c = text_[at_];
      if (depth == 0 && (c == ',' || c == '}' || c == ']' || c == '/')) return;
      if (c == '"') {
        if (!SkipString()) return;
      } else if (c == '/') {
        if (!SkipComment()) return;
      } else {
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++at_;
        if (depth == 0 && !AtEnd() && kBlanks.find(text_[at_]) != std::string_view::npos) return;
      }
      if (depth == 0 && (c == '"' || c == '}' || c == ']')) return;
    }
  }

  const std::string_view text_;
  size_t at_ = 0;
};

// Puts a member last, on a line of its own.
std::string Append(std::string_view text, const Layout& layout, const std::string& member) {
  std::string before(text.substr(0, layout.close));
  while (!before.empty() && (before.back() == ' ' || before.back() == '\t')) before.pop_back();
  if (before.back() != '\n') before += '\n';
  if (!layout.members.empty()) before.insert(layout.members.back().value_end, ",");
  return before + "  " + member + "\n" + std::string(text.substr(layout.close));
}

// Takes out member `i` with one comma, and its lines where nothing else is on them.
std::string Remove(std::string text, const Layout& layout, size_t i) {
  size_t begin = layout.members[i].begin;
  const size_t comma = layout.members[i].comma;
  size_t end = comma > 0 ? comma + 1 : layout.members[i].value_end;
  const size_t line = text.find_last_not_of(" \t", begin - 1);
  const size_t rest = text.find_first_not_of(" \t\r", end);
  if (line != std::string::npos && text[line] == '\n' && rest != std::string::npos &&
      text[rest] == '\n') {
    begin = line + 1;
    end = rest + 1;
  }
  text.erase(begin, end - begin);
  if (comma == 0 && i > 0) text.erase(layout.members[i - 1].comma, 1);
  return text;
}

}  // namespace

Result<std::string> EditSetting(std::string_view text, std::string_view key,
                                const std::optional<std::string>& value) {
  if (IsBlank(text)) text = "{\n}\n";
  SG_ASSIGN_OR_RETURN(const Layout layout, Scanner(text).Scan());
  for (size_t i = layout.members.size(); i-- > 0;) {  // of a key given twice the last one counts
    const Member& member = layout.members[i];
    if (member.key != key) continue;
    if (!value) {
      return EditSetting(Remove(std::string(text), layout, i), key, value);
    }
    std::string edited(text);
    return edited.replace(member.value_begin, member.value_end - member.value_begin, *value);
  }
  if (!value) return std::string(text);
  return Append(text, layout, "\"" + std::string(key) + "\": " + *value);
}

bool IsEmptySettings(std::string_view text) {
  std::string bare;
  for (const char c : text) {
    if (kBlanks.find(c) == std::string_view::npos) bare += c;
  }
  return bare.empty() || bare == "{}";
}

}  // namespace sg
