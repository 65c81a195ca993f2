#pragma once
// Words, identifiers and keyword terms: how text becomes the units that keyword search counts.
// Pure functions, callable from any thread.
//
// A word of ASCII text is a match of [A-Z]+(?![a-z]) | [A-Z]?[a-z]+ | [0-9]{1,4}, lower-cased:
// camelCase, snake_case, HTTPServer and sha256 all fall into their parts. Letters beyond ASCII: a
// run of letters of one script is a word (case-folded); a run of CJK characters gives its
// overlapping bigrams (a single character itself).

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

// Returns the identifiers of `text`, [A-Za-z_][A-Za-z0-9_]*, and runs of letters beyond ASCII, as
// views into it.
std::vector<std::string_view> SplitIdentifiers(std::string_view text);

// Appends the keyword terms of one identifier: the stem of each word; "=" + its joined words (the
// whole identifier); for more than two words also "=" + each adjacent pair joined. CJK runs give
// their bigrams.
void AppendIdentifierTerms(std::string_view identifier, std::vector<std::string>* terms);

// The terms of every identifier of `text`, in order, with repetition.
std::vector<std::string> TextTerms(std::string_view text);

// True if `text` holds a Han, Hiragana, Katakana, Hangul or Bopomofo character.
bool HasCjk(std::string_view text);

}  // namespace sg
