#include "core/text/words.h"

#include <libstemmer.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>

#include "core/base/hash.h"

namespace sg {
namespace {

// What a code point is to the rules of words.
enum class CharClass : uint8_t { kSeparator, kUnderscore, kDigit, kUpper, kLower, kOther, kCjk };

constexpr std::array<CharClass, 128> MakeAsciiClasses() {
  std::array<CharClass, 128> classes{};
  for (int c = '0'; c <= '9'; ++c) classes[c] = CharClass::kDigit;
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = CharClass::kUpper;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = CharClass::kLower;
  classes['_'] = CharClass::kUnderscore;
  return classes;
}
constexpr std::array<CharClass, 128> kAsciiClasses = MakeAsciiClasses();

// Bytes that may stand inside an ASCII identifier.
constexpr std::array<bool, 256> MakeIdentifierBytes() {
  std::array<bool, 256> bytes{};
  for (int c = 0; c < 128; ++c) bytes[c] = kAsciiClasses[c] != CharClass::kSeparator;
  return bytes;
}
constexpr std::array<bool, 256> kIdentifierBytes = MakeIdentifierBytes();

CharClass AsciiClass(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 128 ? kAsciiClasses[byte] : CharClass::kSeparator;
}

// Blocks of Han, Hiragana, Katakana, Hangul and Bopomofo letters (Unicode 15 Blocks.txt); the few
// punctuation marks inside them are excluded by IsCjk.
struct CodeRange {
  UChar32 first, last;
};
constexpr CodeRange kCjkRanges[] = {
    {0x1100, 0x11FF},   {0x2E80, 0x2FDF},   {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3031, 0x3035},
    {0x3038, 0x303C},   {0x3041, 0x30FF},   {0x3105, 0x312F}, {0x3131, 0x318E}, {0x31A0, 0x31BF},
    {0x31F0, 0x31FF},   {0x3400, 0x4DBF},   {0x4E00, 0x9FFF}, {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
    {0xD7B0, 0xD7FB},   {0xF900, 0xFAFF},   {0xFF66, 0xFF9F}, {0xFFA0, 0xFFDC}, {0x1AFF0, 0x1B16F},
    {0x20000, 0x2FA1F}, {0x30000, 0x323AF},
};

bool IsCjk(UChar32 c) {
  if (c < kCjkRanges[0].first || c == 0x30A0 || c == 0x30FB || c == 0x309B || c == 0x309C) {
    return false;
  }
  const auto* range =
      std::upper_bound(std::begin(kCjkRanges), std::end(kCjkRanges), c,
                       [](UChar32 code_point, const CodeRange& r) { return code_point < r.first; });
  return c <= std::prev(range)->last;
}

CharClass ClassOf(UChar32 c) {
  if (c < 0) return CharClass::kSeparator;
  if (c < 128) return kAsciiClasses[static_cast<size_t>(c)];
  if (IsCjk(c)) return CharClass::kCjk;
  switch (u_charType(c)) {
    case U_UPPERCASE_LETTER:
    case U_TITLECASE_LETTER: return CharClass::kUpper;
    case U_LOWERCASE_LETTER: return CharClass::kLower;
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
    case U_NON_SPACING_MARK:
    case U_COMBINING_SPACING_MARK: return CharClass::kOther;
    default: return CharClass::kSeparator;
  }
}

// Decodes the code point at `*position` (negative if it is not UTF-8) and moves behind it.
UChar32 NextCodePoint(std::string_view text, size_t* position) {
  const char* bytes = text.data() + *position;
  const auto length = static_cast<int32_t>(std::min<size_t>(text.size() - *position, 4));
  int32_t used = 0;
  UChar32 c;
  U8_NEXT(bytes, used, length, c);
  *position += static_cast<size_t>(used);
  return c;
}

void AppendCodePoint(UChar32 c, std::string* out) {
  char bytes[U8_MAX_LENGTH];
  int32_t used = 0;
  U8_APPEND_UNSAFE(bytes, used, c);
  out->append(bytes, static_cast<size_t>(used));
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

void AppendLowerAscii(std::string_view word, std::string* out) {
  for (char c : word) out->push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
}

// Returns the end of the word that begins at `begin`, by `class_at(i)` over units [0, size): ASCII
// bytes or code points of one script.
// REQUIRES: the unit at `begin` is a digit or a letter.
template <typename ClassAt>
size_t WordEnd(size_t begin, size_t size, ClassAt class_at) {
  const auto run = [&](size_t i, CharClass wanted) {
    while (i < size && class_at(i) == wanted) ++i;
    return i;
  };
  switch (class_at(begin)) {
    case CharClass::kDigit: size = std::min(size, begin + 4); return run(begin, CharClass::kDigit);
    case CharClass::kUpper: {
      const size_t end = run(begin, CharClass::kUpper);
      if (end >= size || class_at(end) != CharClass::kLower) return end;
      return end - begin > 1 ? end - 1 : run(end, CharClass::kLower);
    }
    default: return run(begin, class_at(begin));
  }
}

// Calls sink(word), as written, for each word of ASCII text.
template <typename Sink>
void ScanAsciiWords(std::string_view text, Sink sink) {
  const auto class_at = [text](size_t i) { return AsciiClass(text[i]); };
  for (size_t i = 0; i < text.size();) {
    if (class_at(i) <= CharClass::kUnderscore) {
      ++i;
      continue;
    }
    const size_t end = WordEnd(i, text.size(), class_at);
    sink(text.substr(i, end - i));
    i = end;
  }
}

// A code point of a run without separators.
struct Letter {
  UChar32 code_point;
  CharClass char_class;
  UScriptCode script;
};

// Decodes the run without separators at `*position` (at least one unit is consumed).
void ReadRun(std::string_view text, size_t* position, std::vector<Letter>* run) {
  run->clear();
  while (*position < text.size()) {
    const UChar32 c = NextCodePoint(text, position);
    const CharClass char_class = ClassOf(c);
    if (char_class <= CharClass::kUnderscore) return;
    UErrorCode error = U_ZERO_ERROR;
    UScriptCode script = char_class == CharClass::kDigit ? USCRIPT_COMMON
                         : c < 128                       ? USCRIPT_LATIN
                         : char_class == CharClass::kCjk ? USCRIPT_HAN
                                                         : uscript_getScript(c, &error);
    // Marks belong to the letter before them.
    CharClass effective = char_class;
    if (!run->empty() && (script == USCRIPT_INHERITED || script == USCRIPT_COMMON) &&
        char_class == CharClass::kOther) {
      script = run->back().script;
      effective = run->back().char_class;
    }
    run->push_back({c, effective, script});
  }
}

// Replaces the UTF-8 `word` by its composed form (NFC).
void Compose(std::string* word) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  if (U_FAILURE(error)) return;
  std::string composed;
  icu::StringByteSink<std::string> sink(&composed);
  nfc->normalizeUTF8(0, *word, sink, nullptr, error);
  if (U_SUCCESS(error)) *word = std::move(composed);
}

std::string FoldWord(const Letter* begin, const Letter* end) {
  std::string word;
  for (const Letter* l = begin; l != end; ++l) {
    AppendCodePoint(u_foldCase(l->code_point, U_FOLD_CASE_DEFAULT), &word);
  }
  if (!IsAscii(word)) Compose(&word);
  return word;
}

// Calls sink(letters_begin, letters_end) for the words of one run; a stretch of CJK is one call.
template <typename Sink>
void ScanRunWords(const std::vector<Letter>& run, Sink sink) {
  for (size_t begin = 0; begin < run.size();) {
    size_t script_end = begin + 1;  // words do not cross a change of script
    while (script_end < run.size() && run[script_end].script == run[begin].script) ++script_end;
    const auto class_at = [&](size_t i) { return run[i].char_class; };
    while (begin < script_end) {
      const size_t end = WordEnd(begin, script_end, class_at);
      sink(run.data() + begin, run.data() + end);
      begin = end;
    }
  }
}

// Calls sink(bigram) for the overlapping bigrams of a stretch of CJK.
template <typename Sink>
void ScanBigrams(const Letter* begin, const Letter* end, Sink sink) {
  if (end - begin == 1) return sink(FoldWord(begin, end));
  for (const Letter* l = begin; l + 2 <= end; ++l) sink(FoldWord(l, l + 2));
}

// Calls sink(word, is_cjk_bigram) for each word of any text, lower-cased.
template <typename Sink>
void ScanWords(std::string_view text, Sink sink) {
  std::vector<Letter> run;
  for (size_t position = 0; position < text.size();) {
    ReadRun(text, &position, &run);
    ScanRunWords(run, [&](const Letter* begin, const Letter* end) {
      if (begin->char_class == CharClass::kCjk) {
        ScanBigrams(begin, end, [&](const std::string& bigram) { sink(bigram, true); });
      } else {
        sink(FoldWord(begin, end), false);
      }
    });
  }
}

// libstemmer's "porter"; one per thread because a stemmer holds its last result.
class PorterStemmer {
 public:
  PorterStemmer() : stemmer_(sb_stemmer_new("porter", nullptr)) {}
  // REQUIRES: `word` is lower-case ASCII. The result is valid until the next call.
  std::string_view operator()(std::string_view word) {
    // Words of one and two letters stay, as in Porter's own program (snowball would cut "as").
    if (word.size() <= 2 || word[0] < 'a' || word[0] > 'z' || stemmer_ == nullptr) return word;
    const auto* stem =
        sb_stemmer_stem(stemmer_.get(), reinterpret_cast<const sb_symbol*>(word.data()),
                        static_cast<int>(word.size()));
    if (stem == nullptr) return word;  // out of memory
    return {reinterpret_cast<const char*>(stem),
            static_cast<size_t>(sb_stemmer_length(stemmer_.get()))};
  }

 private:
  struct Delete {
    void operator()(sb_stemmer* s) const { sb_stemmer_delete(s); }
  };
  std::unique_ptr<sb_stemmer, Delete> stemmer_;
};

void AppendTerm(std::string_view prefix, std::string_view a, std::string_view b,
                std::string* packed) {
  if (prefix.size() + a.size() + b.size() > kMaxTermBytes) return;
  packed->append(prefix).append(a).append(b).push_back(' ');
}

// Identifier -> packed terms, for one thread. Open addressing over an arena; when either is full,
// everything is forgotten (identifiers of the next files come back at once).
class TermMemo {
 public:
  std::string_view Get(std::string_view identifier) {
    if (identifier.size() > kMaxMemoBytes) {
      scratch_.clear();
      MakeTerms(identifier, &scratch_);
      return scratch_;
    }
    const uint64_t hash = Hash64(identifier);
    size_t slot = hash & (kSlots - 1);
    for (; slots_[slot].key_length != 0; slot = (slot + 1) & (kSlots - 1)) {
      const Slot& s = slots_[slot];
      if (s.hash == static_cast<uint32_t>(hash >> 32) && Key(s) == identifier) return Value(s);
    }
    if (used_ >= kSlots / 2 || arena_.size() > kArenaBytes) {
      Clear();
      slot = hash & (kSlots - 1);
    }
    return Insert(slot, static_cast<uint32_t>(hash >> 32), identifier);
  }

  PorterStemmer& stemmer() { return stemmer_; }

 private:
  static constexpr size_t kSlots = size_t{1} << 16;
  static constexpr size_t kArenaBytes = size_t{3} << 20;
  static constexpr size_t kMaxMemoBytes = 64;

  struct Slot {
    uint32_t hash = 0;
    uint32_t begin = 0;  // of the key in the arena; the value follows it
    uint32_t value_length = 0;
    uint32_t key_length = 0;  // 0: free
  };

  std::string_view Key(const Slot& s) const { return {arena_.data() + s.begin, s.key_length}; }
  std::string_view Value(const Slot& s) const {
    return {arena_.data() + s.begin + s.key_length, s.value_length};
  }

  void Clear() {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    arena_.clear();
    used_ = 0;
  }

  std::string_view Insert(size_t slot, uint32_t hash, std::string_view identifier) {
    Slot& s = slots_[slot];
    s = {.hash = hash,
         .begin = static_cast<uint32_t>(arena_.size()),
         .key_length = static_cast<uint32_t>(identifier.size())};
    arena_.append(identifier);
    const size_t value_begin = arena_.size();
    MakeTerms(identifier, &arena_);
    s.value_length = static_cast<uint32_t>(arena_.size() - value_begin);
    ++used_;
    return Value(s);
  }

  void MakeTerms(std::string_view identifier, std::string* packed) {
    words_.clear();
    joined_.clear();
    if (IsAscii(identifier)) {
      ScanAsciiWords(identifier, [&](std::string_view word) {
        const size_t begin = joined_.size();
        AppendLowerAscii(word, &joined_);
        words_.push_back({begin, joined_.size() - begin});
      });
    } else {
      ScanWords(identifier, [&](std::string_view word, bool is_bigram) {
        if (is_bigram) return AppendTerm("", word, "", packed);
        words_.push_back({joined_.size(), word.size()});
        joined_.append(word);
      });
    }
    AppendWordTerms(packed);
  }

  // Appends the terms of `words_`, which lie one after the other in `joined_`.
  void AppendWordTerms(std::string* packed) {
    const std::string_view joined = joined_;
    const auto word = [&](size_t i) { return joined.substr(words_[i].begin, words_[i].length); };
    for (size_t i = 0; i < words_.size(); ++i) AppendTerm("", StemOf(word(i)), "", packed);
    if (!words_.empty()) AppendTerm("=", joined, "", packed);
    if (words_.size() <= 2) return;
    for (size_t i = 0; i + 1 < words_.size(); ++i) AppendTerm("=", word(i), word(i + 1), packed);
  }

  std::string_view StemOf(std::string_view word) {
    if (word.size() > kMaxTermBytes || !IsAscii(word)) return word;
    return stemmer_(word);
  }

  struct WordSpan {
    size_t begin, length;
  };

  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
  std::string arena_;
  size_t used_ = 0;
  PorterStemmer stemmer_;
  std::string scratch_;
  std::string joined_;
  std::vector<WordSpan> words_;
};

TermMemo& ThreadMemo() {
  thread_local TermMemo memo;
  return memo;
}

// True for an ASCII byte or code point with which an identifier may begin.
bool BeginsIdentifier(CharClass c) { return c == CharClass::kUnderscore || c >= CharClass::kUpper; }

// Returns the end of the identifier that begins at `begin` with a character of class `first`.
size_t IdentifierEnd(std::string_view text, size_t begin, CharClass first) {
  size_t end = begin;
  for (size_t next = begin; next < text.size(); end = next) {
    const auto byte = static_cast<unsigned char>(text[next]);
    if (first != CharClass::kCjk && byte < 128) {
      if (!kIdentifierBytes[byte]) return next;
      ++next;
      continue;
    }
    const CharClass c = ClassOf(NextCodePoint(text, &next));
    if (c == CharClass::kSeparator || (c == CharClass::kCjk) != (first == CharClass::kCjk)) {
      return end;
    }
  }
  return end;
}

// Sorted, for binary search.
constexpr std::string_view kStopWords[] = {
    "a",     "about", "after", "all",    "also",  "an",      "and",  "any",     "are",  "as",
    "at",    "be",    "been",  "before", "being", "between", "both", "but",     "by",   "can",
    "could", "did",   "do",    "does",   "down",  "during",  "each", "either",  "few",  "for",
    "from",  "get",   "had",   "has",    "have",  "how",     "i",    "in",      "into", "is",
    "it",    "its",   "just",  "may",    "might", "more",    "most", "neither", "no",   "nor",
    "not",   "of",    "on",    "only",   "or",    "other",   "over", "own",     "same", "should",
    "so",    "some",  "such",  "than",   "that",  "the",     "then", "they",    "this", "through",
    "to",    "too",   "under", "up",     "use",   "used",    "uses", "using",   "very", "via",
    "was",   "we",    "what",  "when",   "where", "which",   "who",  "why",     "will", "with",
    "would", "yet",   "you",   "your",
};

}  // namespace

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  if (IsAscii(text)) {
    ScanAsciiWords(text, [&](std::string_view word) {
      words.emplace_back();
      AppendLowerAscii(word, &words.back());
    });
  } else {
    ScanWords(text, [&](std::string_view word, bool) { words.emplace_back(word); });
  }
  return words;
}

std::string JoinedWords(std::string_view text) {
  std::string joined;
  if (IsAscii(text)) {  // every ASCII letter and digit belongs to a word
    for (char c : text) {
      if (AsciiClass(c) > CharClass::kUnderscore) AppendLowerAscii({&c, 1}, &joined);
    }
    return joined;
  }
  std::vector<Letter> run;
  for (size_t position = 0; position < text.size();) {
    ReadRun(text, &position, &run);
    ScanRunWords(run,
                 [&](const Letter* begin, const Letter* end) { joined += FoldWord(begin, end); });
  }
  return joined;
}

std::string Stem(std::string_view word) {
  const bool is_lower_word =
      std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!is_lower_word || word.size() > kMaxTermBytes) return std::string(word);
  return std::string(ThreadMemo().stemmer()(word));
}

bool IsStopWord(std::string_view word) {
  return std::binary_search(std::begin(kStopWords), std::end(kStopWords), word);
}

std::string_view NextIdentifier(std::string_view text, size_t* position) {
  for (size_t i = *position; i < text.size();) {
    size_t next = i + 1;
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 128) next = i;
    const CharClass c = byte < 128 ? kAsciiClasses[byte] : ClassOf(NextCodePoint(text, &next));
    if (!BeginsIdentifier(c)) {
      i = next;
      continue;
    }
    *position = IdentifierEnd(text, i, c);
    return text.substr(i, *position - i);
  }
  *position = text.size();
  return {};
}

std::vector<std::string_view> SplitIdentifiers(std::string_view text) {
  std::vector<std::string_view> identifiers;
  size_t position = 0;
  for (std::string_view id; !(id = NextIdentifier(text, &position)).empty();) {
    identifiers.push_back(id);
  }
  return identifiers;
}

std::string_view PackedIdentifierTerms(std::string_view identifier) {
  return ThreadMemo().Get(identifier);
}

void AppendIdentifierTerms(std::string_view identifier, std::vector<std::string>* terms) {
  std::string_view packed = PackedIdentifierTerms(identifier);
  for (size_t end; (end = packed.find(' ')) != std::string_view::npos;) {
    terms->emplace_back(packed.substr(0, end));
    packed.remove_prefix(end + 1);
  }
}

std::vector<std::string> TextTerms(std::string_view text) {
  std::vector<std::string> terms;
  ForEachTerm(text, [&](std::string_view term) { terms.emplace_back(term); });
  return terms;
}

size_t AppendTermText(std::string_view text, std::string* out) {
  TermMemo& memo = ThreadMemo();
  size_t count = 0;
  size_t position = 0;
  for (std::string_view id; !(id = NextIdentifier(text, &position)).empty();) {
    const std::string_view packed = memo.Get(id);
    count += static_cast<size_t>(std::count(packed.begin(), packed.end(), ' '));
    out->append(packed);
  }
  return count;
}

bool HasCjk(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    // Every CJK letter is at least U+1100, whose first byte is 0xE1.
    if (static_cast<unsigned char>(text[i]) < 0xE1) {
      ++i;
    } else if (IsCjk(NextCodePoint(text, &i))) {
      return true;
    }
  }
  return false;
}

}  // namespace sg
