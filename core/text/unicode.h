#pragma once
// Characters as tokenizers see them: UTF-8 decoding and the properties that decide where text is
// cut. All functions may be called from any thread.
//
// The published tokenizers are defined by programs whose Unicode tables differ in age, and a model
// was trained with what they did, so each property here is pinned to the version that the
// Hugging Face `tokenizers` library has for it, whichever ICU is installed (ICU says when a code
// point was assigned). docs/tokenizers.md lists the versions; tools/reference/tokenizer_diff.py
// compares all 1,112,064 code points.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

// Bits of CodePointInfo::flags.
enum CodePointFlag : uint16_t {
  kSpaceChar = 1 << 0,          // White_Space, stable
  kBertControl = 1 << 1,        // Cc, Cf, Co of Unicode 7; includes tab and line ends
  kBertPunctuation = 1 << 2,    // P* of Unicode 8, and all ASCII symbols
  kBertAccent = 1 << 3,         // Mn of Unicode 8
  kMarkChar = 1 << 4,           // M* of Unicode 9
  kLetterChar = 1 << 5,         // L* of Unicode 16: \p{L} of split patterns
  kNumberChar = 1 << 6,         // N* of Unicode 16: \p{N} of split patterns
  kNumericChar = 1 << 7,        // N* of Unicode 17: the Digits pre-tokenizer
  kWordChar = 1 << 8,           // \w of Unicode 16
  kBertCjk = 1 << 9,            // the CJK blocks that BERT isolates
  kDecomposes = 1 << 10,        // has a canonical decomposition in Unicode 9
  kDecomposesCompat = 1 << 11,  // has a compatibility or canonical decomposition in Unicode 9
  kNfcSafe = 1 << 12,           // combining class 0 and unchanged by NFC wherever it stands
};

// Grapheme_Cluster_Break, reduced to what the rules of UAX 29 distinguish.
enum class GraphemeBreak : uint8_t {
  kOther,
  kCr,
  kLf,
  kControl,
  kExtend,
  kZwj,
  kRegionalIndicator,
  kPrepend,
  kSpacingMark,
  kL,
  kV,
  kT,
  kLv,
  kLvt,
  kPictographic,
};

// Indic_Conjunct_Break, for rule GB9c.
enum class ConjunctBreak : uint8_t { kNone, kLinker, kConsonant, kExtend };

struct CodePointInfo {
  uint16_t flags = 0;
  uint8_t combining_class = 0;  // of Unicode 9
  GraphemeBreak grapheme = GraphemeBreak::kOther;
  ConjunctBreak conjunct = ConjunctBreak::kNone;
  char32_t lower = 0;  // of Unicode 17; U+0130 also appends U+0307 (see AppendLower)
};

// Properties of `c`. The first question in a block of 256 costs some microseconds, later ones a
// load. REQUIRES: c <= 0x10FFFF.
const CodePointInfo& InfoOf(char32_t c);

inline bool HasFlag(char32_t c, uint16_t flag) { return (InfoOf(c).flags & flag) != 0; }

struct CodeRange {
  char32_t first, last;
};
bool InRanges(char32_t c, std::span<const CodeRange> ranges);

// Decodes the character at text[*pos] and moves *pos behind it. REQUIRES: valid UTF-8, *pos inside.
inline char32_t NextChar(std::string_view text, size_t* pos) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t i = *pos;
  const uint32_t lead = byte(i);
  if (lead < 0x80) {
    *pos = i + 1;
    return lead;
  }
  if (lead < 0xE0) {
    *pos = i + 2;
    return (lead & 0x1Fu) << 6 | (byte(i + 1) & 0x3Fu);
  }
  if (lead < 0xF0) {
    *pos = i + 3;
    return (lead & 0x0Fu) << 12 | (byte(i + 1) & 0x3Fu) << 6 | (byte(i + 2) & 0x3Fu);
  }
  *pos = i + 4;
  return (lead & 0x07u) << 18 | (byte(i + 1) & 0x3Fu) << 12 | (byte(i + 2) & 0x3Fu) << 6 |
         (byte(i + 3) & 0x3Fu);
}

inline bool IsContinuation(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

// Length in bytes of the character that `lead` begins. REQUIRES: a lead byte of valid UTF-8.
inline size_t CharLength(char lead) {
  const auto byte = static_cast<uint8_t>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

inline size_t Utf8Length(char32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

void AppendUtf8(char32_t c, std::string* out);

// Number of characters. REQUIRES: valid UTF-8.
size_t CountChars(std::string_view text);

// The first place at or behind `pos` that is not ASCII, or the end. Eight bytes at a time.
size_t AsciiEnd(std::string_view text, size_t pos);

// Returns the length of the longest prefix of `text` that is valid UTF-8 (Unicode 15, table 3-7: no
// overlong forms, no surrogates).
size_t ValidUtf8Prefix(std::string_view text);
inline bool IsValidUtf8(std::string_view text) { return ValidUtf8Prefix(text) == text.size(); }

// The length of the character at text[pos]; 0 if what begins there is not valid.
size_t ValidCharLength(std::string_view text, size_t pos);

// Given that text[pos..] does not begin with a valid character, the length of the maximal broken
// part that one U+FFFD replaces (Unicode 3.9, as in Python's errors="replace"). At least 1.
size_t BrokenUtf8Length(std::string_view text, size_t pos);

// At most `limit` bytes of `text`, cut between characters.
std::string_view ClipUtf8(std::string_view text, size_t limit);

// Appends the full canonical (or compatibility) decomposition of `c`, in Unicode 9.
void AppendDecomposition(char32_t c, bool compatibility, std::vector<char32_t>* out);

// The canonical composition of two characters in Unicode 9, or 0.
char32_t Compose(char32_t first, char32_t second);

// The end of the extended grapheme cluster (UAX 29) that begins at text[begin].
// REQUIRES: valid UTF-8, begin < text.size().
size_t GraphemeEnd(std::string_view text, size_t begin);

}  // namespace sg
