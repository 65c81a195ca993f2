#include "index/query/parser.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/text/ascii.h"
#include "core/text/unicode.h"
#include "core/text/words.h"
#include "index/query/places.h"

namespace sg {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsIdentifierStart(char c) { return IsUpper(c) || IsLower(c) || c == '_'; }
bool IsIdentifierPart(char c) { return IsIdentifierStart(c) || (c >= '0' && c <= '9'); }

// Bytes that are no UTF-8 become spaces, as do NULs; what is too long is cut.
std::string CleanText(std::string_view text) {
  std::string out;
  out.reserve(std::min(text.size(), kMaxQueryBytes));
  while (!text.empty()) {
    const size_t n = text[0] == '\0' ? 0 : ValidCharLength(text, 0);
    if (out.size() + std::max<size_t>(n, 1) > kMaxQueryBytes) break;
    if (n == 0) {
      out += ' ';
      text.remove_prefix(1);
    } else {
      out.append(text.substr(0, n));
      text.remove_prefix(n);
    }
  }
  return out;
}

std::string CollapseSpaces(std::string_view s) {
  std::string out;
  for (char c : Trim(s)) {
    if (!IsAsciiSpace(c)) {
      out += c;
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

// The contents of "..." and of curly quotes. An unclosed quote is no phrase.
std::vector<std::string> FindPhrases(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kQuotes = {
      {{"\"", "\""}, {"\u201C", "\u201D"}}};
  std::vector<std::string> phrases;
  for (const auto& [open, close] : kQuotes) {
    size_t begin = 0;
    while ((begin = text.find(open, begin)) != std::string_view::npos) {
      begin += open.size();
      const size_t end = text.find(close, begin);
      if (end == std::string_view::npos) break;
      if (std::string phrase = CollapseSpaces(text.substr(begin, end - begin)); !phrase.empty()) {
        phrases.push_back(std::move(phrase));
      }
      begin = end + close.size();
    }
  }
  return phrases;
}

// Distinct terms of each identifier, and each two neighbours joined, so that "connection pool"
// also asks for ConnectionPool.
std::vector<std::string> KeywordTerms(const std::vector<std::string>& identifiers) {
  std::vector<std::string> all, distinct;
  for (size_t i = 0; i < identifiers.size(); ++i) {
    AppendIdentifierTerms(identifiers[i], &all);
    if (i + 1 < identifiers.size()) {
      std::string joined = JoinedWords(identifiers[i]) + JoinedWords(identifiers[i + 1]);
      if (!joined.empty()) all.push_back("=" + joined);
    }
  }
  std::unordered_set<std::string_view> seen;
  for (const std::string& term : all) {
    if (distinct.size() == kMaxQueryTerms) break;
    if (seen.insert(term).second) distinct.push_back(term);
  }
  return distinct;
}

size_t CharacterCount(std::string_view s) {
  return static_cast<size_t>(std::count_if(
      s.begin(), s.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::vector<std::string> TopicStems(const std::vector<std::string>& words) {
  std::vector<std::string> stems;
  std::unordered_set<std::string> seen;
  for (const std::string& word : words) {
    if (IsStopWord(word)) continue;
    if (CharacterCount(word) <= 1 && !HasCjk(word)) continue;
    if (std::string stem = Stem(word); seen.insert(stem).second) stems.push_back(std::move(stem));
    if (stems.size() == kMaxQueryTerms) break;
  }
  return stems;
}

// The last parts of a.b, a::b, a->b and A#b.
std::vector<std::string_view> DottedTails(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kJoints = {".", "::", "->", "#"};
  const auto identifier_end = [&](size_t i) {
    if (i >= text.size() || !IsIdentifierStart(text[i])) return i;
    while (i < text.size() && IsIdentifierPart(text[i])) ++i;
    return i;
  };
  std::vector<std::string_view> tails;
  size_t i = 0;
  while (i < text.size()) {
    size_t end = identifier_end(i);
    if (end == i) {
      ++i;
      continue;
    }
    std::string_view tail;
    for (bool more = true; more;) {
      more = false;
      for (std::string_view joint : kJoints) {
        if (text.substr(end, joint.size()) != joint) continue;
        const size_t next = end + joint.size();
        if (const size_t next_end = identifier_end(next); next_end > next) {
          tail = text.substr(next, next_end - next);
          end = next_end;
          more = true;
        }
        break;
      }
    }
    if (!tail.empty()) tails.push_back(tail);
    i = end;
  }
  return tails;
}

// Written like code: camelCase or snake_case, or capitalised inside a sentence.
bool IsNameLike(const Query& query, const std::string& identifier) {
  if (query.one_word || SplitWords(identifier).size() > 1) return true;
  const std::string_view inner = [&] {
    std::string_view s = identifier;
    while (!s.empty() && s.front() == '_') s.remove_prefix(1);
    while (!s.empty() && s.back() == '_') s.remove_suffix(1);
    return s;
  }();
  if (inner.find('_') != std::string_view::npos) return true;
  return identifier.size() >= 2 && IsUpper(identifier[0]) && IsLower(identifier[1]) &&
         identifier != query.identifiers.front();
}

std::vector<QueryName> FindNames(const Query& query) {
  std::vector<QueryName> names;
  const auto add = [&](std::string_view identifier, bool dotted) {
    std::string joined = JoinedWords(identifier);
    if (joined.size() < 2) return;
    const auto same = std::find_if(names.begin(), names.end(),
                                   [&](const QueryName& n) { return n.joined == joined; });
    if (same != names.end()) {
      same->dotted |= dotted;
    } else {
      names.push_back({.joined = std::move(joined), .dotted = dotted});
    }
  };
  for (const std::string& identifier : query.identifiers) {
    if (IsNameLike(query, identifier)) add(identifier, /*dotted=*/false);
  }
  for (std::string_view tail : DottedTails(query.text)) add(tail, /*dotted=*/true);
  if (names.size() > kMaxQueryTerms) names.resize(kMaxQueryTerms);
  return names;
}

void FillWords(Query* query) {
  for (std::string_view id : SplitIdentifiers(query->text)) query->identifiers.emplace_back(id);
  for (const std::string& id : query->identifiers) {
    for (std::string& word : SplitWords(id)) query->words.push_back(std::move(word));
  }
  query->terms = KeywordTerms(query->identifiers);
  query->stems = TopicStems(query->words);
}

QueryKind KindOf(const Query& query) {
  if (!query.phrases.empty()) return QueryKind::kPhrase;
  if (HasCjk(query.text)) return QueryKind::kCjk;
  return query.one_word && !query.identifiers.empty() ? QueryKind::kSymbol : QueryKind::kProse;
}

}  // namespace

std::string_view QueryKindName(QueryKind kind) {
  switch (kind) {
    case QueryKind::kProse: return "prose";
    case QueryKind::kSymbol: return "symbol";
    case QueryKind::kPhrase: return "phrase";
    case QueryKind::kPath: return "path";
    case QueryKind::kTrace: return "trace";
    case QueryKind::kCjk: return "cjk";
    case QueryKind::kLike: return "like";
  }
  return "prose";
}

Query ParseQuery(std::string_view text) {
  Query query;
  query.text = CleanText(text);
  const std::string_view trimmed = Trim(query.text);
  query.one_word = !trimmed.empty() && std::none_of(trimmed.begin(), trimmed.end(), IsAsciiSpace);
  FillWords(&query);
  query.names = FindNames(query);
  query.places = FindPlaces(query.text);
  // Traces quote file names ('File "a.py", line 1'): there a quote does not ask for a phrase.
  if (query.places.empty()) query.phrases = FindPhrases(query.text);
  query.kind = KindOf(query);
  return query;
}

Query QueryFromText(std::string_view text) {
  Query query;
  query.text = CleanText(text);
  query.kind = QueryKind::kLike;
  FillWords(&query);
  return query;
}

}  // namespace sg
