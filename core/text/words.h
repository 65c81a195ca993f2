#pragma once
// Words, identifiers and keyword terms: how text becomes the units that keyword search counts.
// Pure functions, callable from any thread (a bounded memo per thread, about 4 MiB, makes repeated
// identifiers cost one look-up).
//
// A word of ASCII text is a match of [A-Z]+(?![a-z]) | [A-Z]?[a-z]+ | [0-9]{1,4}, lower-cased:
// camelCase, snake_case, HTTPServer and sha256 all fall into their parts. Letters beyond ASCII: a
// run of letters of one script is a word (case-folded, composed to NFC), cut at changes of case as
// ASCII is; a run of CJK characters gives its overlapping bigrams (a single character itself).
// Bytes that are not UTF-8 separate.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

// Returns the words of `text` in order.
std::vector<std::string> SplitWords(std::string_view text);

// The words of `text` joined without separators, so that get_user_id, getUserID and GetUserId are
// one
// ("getuserid").
std::string JoinedWords(std::string_view text);

// Porter stem of a lower-case ASCII word of letters (M.F. Porter 1980, by libstemmer); anything
// else is returned as is.
std::string Stem(std::string_view word);

// True for the words that carry no topic in a query ("how", "does", "the", "use" ...). `word` is
// lower-case.
bool IsStopWord(std::string_view word);

// Returns the identifiers of `text` as views into it: [A-Za-z_][A-Za-z0-9_]*, where letters beyond
// ASCII count as letters, except that a run of CJK characters stands alone.
std::vector<std::string_view> SplitIdentifiers(std::string_view text);

// Appends the keyword terms of one identifier: the stem of each word; "=" + its joined words (the
// whole identifier); for more than two words also "=" + each adjacent pair joined. CJK runs give
// their bigrams. Terms longer than kMaxTermBytes (base64 and other noise) are left out.
void AppendIdentifierTerms(std::string_view identifier, std::vector<std::string>* terms);

inline constexpr size_t kMaxTermBytes = 128;

// The terms of every identifier of `text`, in order, with repetition.
std::vector<std::string> TextTerms(std::string_view text);

// Appends the terms of every identifier of `text` to `out`, each followed by one space (no term
// holds a space): the cheap form of TextTerms for text that is about to be indexed. Returns the
// number of terms.
size_t AppendTermText(std::string_view text, std::string* out);

// The terms of one identifier, each followed by one space; valid until this thread's next call of
// any function of this header.
std::string_view PackedIdentifierTerms(std::string_view identifier);

// Returns the next identifier of `text` at or after `*position` (see SplitIdentifiers) and moves
// `*position` behind it; an empty view at the end.
std::string_view NextIdentifier(std::string_view text, size_t* position);

// Calls callback(std::string_view term) for every term of TextTerms(text), without building
// strings. The view is valid during the call, which must not use this header itself.
template <typename Callback>
void ForEachTerm(std::string_view text, Callback&& callback) {
  size_t position = 0;
  for (std::string_view id; !(id = NextIdentifier(text, &position)).empty();) {
    std::string_view packed = PackedIdentifierTerms(id);
    for (size_t end; (end = packed.find(' ')) != std::string_view::npos;) {
      callback(packed.substr(0, end));
      packed.remove_prefix(end + 1);
    }
  }
}

// True if `text` holds a Han, Hiragana, Katakana, Hangul or Bopomofo character.
bool HasCjk(std::string_view text);

}  // namespace sg
