#pragma once
// What a query means: its words, keyword terms, names, phrases and places, computed once and read
// by retrieval and ranking. Plain data; see parser.h for how it is made and docs/ranking.md
// "Query" for why.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

enum class QueryKind {
  kProse,   // words
  kSymbol,  // one identifier, or a dotted name
  kPhrase,  // holds a "quoted phrase" that must occur
  kPath,    // names a file of the index
  kTrace,   // names a line of a file of the index: a stack-trace or compiler line
  kCjk,     // holds Chinese, Japanese or Korean text
  kLike,    // a chunk instead of words
};

// Returns the stable name used in JSON: "prose", "symbol", "phrase", "path", "trace", "cjk",
// "like".
std::string_view QueryKindName(QueryKind kind);

// A name that the query asks for as such, so that its definition should come first.
struct QueryName {
  std::string joined;   // JoinedWords of the last part: "Foo.barBaz" -> "barbaz"
  bool dotted = false;  // written as part of a qualified name
};

// A file, and perhaps a line of it, that the query names. The path is as a tool printed it: it may
// be absolute, on another machine, or shortened.
struct QueryPlace {
  std::string path;   // '/'-separated
  uint32_t line = 0;  // 1-based; 0: none
};

struct Query {
  std::string text;  // valid UTF-8, at most kMaxQueryBytes
  QueryKind kind = QueryKind::kProse;
  bool one_word = false;  // no white space: the symbol weights apply

  std::vector<std::string> identifiers;  // in order, with repetition
  std::vector<std::string> words;        // of the identifiers, in order, with repetition
  std::vector<std::string> terms;        // distinct keyword terms, at most kMaxQueryTerms
  // Distinct stems of the words that are neither stop words nor single letters: the topic.
  std::vector<std::string> stems;
  std::vector<QueryName> names;
  std::vector<std::string> phrases;  // contents of "..." with white space collapsed
  std::vector<QueryPlace> places;  // candidates, most specific first; search checks that they exist

  bool empty() const { return terms.empty() && phrases.empty() && places.empty(); }
};

// What lies beyond is ignored: nobody means it, and a pasted log must not take minutes.
inline constexpr size_t kMaxQueryBytes = 16 * 1024;
inline constexpr size_t kMaxQueryTerms = 400;
inline constexpr size_t kMaxQueryPlaces = 24;

}  // namespace sg
