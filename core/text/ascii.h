#pragma once
// Text as bytes, for where only ASCII counts: white space, lines, lower case. Bytes of other
// characters are left as they are, and the locale is not asked. Pure functions, callable from any
// thread; core/text/unicode.h is for the rest.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace sg {

inline bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

inline char AsciiLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = AsciiLower(c);
  return lower;
}

// `text` without the white space at its ends.
inline std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsAsciiSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsAsciiSpace(text.back())) text.remove_suffix(1);
  return text;
}

inline bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), IsAsciiSpace);
}

// Takes the first line off `*text` and returns it without its end, which is "\n".
inline std::string_view TakeLine(std::string_view* text) {
  const size_t end = text->find('\n');
  const std::string_view line = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return line;
}

// The same for files that may come from Windows: the end is "\n" or "\r\n".
inline std::string_view TakeTextLine(std::string_view* text) {
  std::string_view line = TakeLine(text);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// `text` and as many spaces as it lacks to `width` bytes.
inline std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

inline bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace sg
