#include "core/text/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <span>

namespace sg {
namespace {

constexpr size_t kPageSize = 256;
constexpr size_t kPageCount = 0x110000 / kPageSize;

// Versions as major * 256 + minor.
constexpr int kUnicode7 = 7 << 8, kUnicode8 = 8 << 8, kUnicode9 = 9 << 8, kUnicode15 = 15 << 8;

struct LowerRange {
  char32_t first, last;
  int32_t delta;
};

// What Unicode 15.1 and 16 add to L*, N*, \w (of the regex syntax of UTS 18), and what 17 adds to
// N* and to lower-casing: the published libraries are newer than the ICU that we may rely on. Found
// by asking them about every code point (tools/reference/tokenizer_diff.py --code-points).
constexpr CodeRange kNewLetters[] = {
    {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3},
    {0x10D4A, 0x10D65}, {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x11380, 0x11389},
    {0x1138B, 0x1138B}, {0x1138E, 0x1138E}, {0x11390, 0x113B5}, {0x113B7, 0x113B7},
    {0x113D1, 0x113D1}, {0x113D3, 0x113D3}, {0x11BC0, 0x11BE0}, {0x13460, 0x143FA},
    {0x16100, 0x1611D}, {0x16D40, 0x16D6C}, {0x18CFF, 0x18CFF}, {0x1E5D0, 0x1E5ED},
    {0x1E5F0, 0x1E5F0}, {0x2EBF0, 0x2EE5D}};
constexpr CodeRange kNewNumbers[] = {{0x10D40, 0x10D49}, {0x116D0, 0x116E3}, {0x11BF0, 0x11BF9},
                                     {0x16130, 0x16139}, {0x16D70, 0x16D79}, {0x1CCF0, 0x1CCF9},
                                     {0x1E5F1, 0x1E5FA}};
constexpr CodeRange kNewestNumbers[] = {{0x11DE0, 0x11DE9}, {0x16FF4, 0x16FF6}};
constexpr CodeRange kNewMarks[] = {{0x897, 0x897},     {0x10D69, 0x10D6D}, {0x10EFC, 0x10EFC},
                                   {0x113B8, 0x113C0}, {0x113C2, 0x113C2}, {0x113C5, 0x113C5},
                                   {0x113C7, 0x113CA}, {0x113CC, 0x113D0}, {0x113D2, 0x113D2},
                                   {0x113E1, 0x113E2}, {0x11F5A, 0x11F5A}, {0x1611E, 0x1612F},
                                   {0x1E5EE, 0x1E5EF}};
// Marks of Unicode 17 that join the grapheme before them.
constexpr CodeRange kNewestMarks[] = {{0x1ACF, 0x1ADD},   {0x1AE0, 0x1AEB},   {0x10EFA, 0x10EFB},
                                      {0x11B60, 0x11B67}, {0x1E6E3, 0x1E6E3}, {0x1E6E6, 0x1E6E6},
                                      {0x1E6EE, 0x1E6EF}, {0x1E6F5, 0x1E6F5}};
constexpr LowerRange kNewLower[] = {
    {0x1C89, 0x1C89, 1},    {0xA7CB, 0xA7CB, -42343}, {0xA7CC, 0xA7CC, 1}, {0xA7CE, 0xA7CE, 1},
    {0xA7D2, 0xA7D2, 1},    {0xA7D4, 0xA7D4, 1},      {0xA7DA, 0xA7DA, 1}, {0xA7DC, 0xA7DC, -42561},
    {0x10D50, 0x10D65, 32}, {0x16EA0, 0x16EB8, 27}};

// The CJK blocks of BERT's tokenization.py.
constexpr CodeRange kBertCjkBlocks[] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                                        {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF},
                                        {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};

// Whether `c` was assigned in the given version.
bool AssignedIn(char32_t c, int version) {
  UVersionInfo age;
  u_charAge(static_cast<UChar32>(c), age);
  return age[0] != 0 && age[0] * 256 + age[1] <= version;
}

uint32_t CategoryMask(char32_t c, int version) {
  return AssignedIn(c, version) ? U_GET_GC_MASK(static_cast<UChar32>(c)) : U_GC_CN_MASK;
}

// Where a category changed after the version that the reference has.
bool IsBertPunctuation(char32_t c) {
  if (c < 0x80) return c > ' ' && c < 0x7F && !u_isalnum(static_cast<UChar32>(c));
  if (c == 0x166D || c == 0x111C9) return true;
  return (CategoryMask(c, kUnicode8) & U_GC_P_MASK) != 0;
}

bool IsBertAccent(char32_t c) {
  if (c == 0x1885 || c == 0x1886 || c == 0xA9BD || c == 0x111C9) return false;
  return c == 0x1734 || (CategoryMask(c, kUnicode8) & U_GC_MN_MASK) != 0;
}

bool IsMark(char32_t c) {
  if (c == 0x111C9) return false;
  if (c == 0x1CF2 || c == 0x1CF3) return true;
  return (CategoryMask(c, kUnicode9) & U_GC_M_MASK) != 0;
}

bool IsWord(char32_t c) {
  if (InRanges(c, kNewLetters) || InRanges(c, kNewNumbers) || InRanges(c, kNewMarks)) return true;
  const uint32_t mask = CategoryMask(c, kUnicode15);
  if (mask == U_GC_CN_MASK) return false;
  return (mask & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0 ||
         u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_ALPHABETIC) ||
         u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_JOIN_CONTROL);
}

const icu::Normalizer2& Nfc() {
  static const icu::Normalizer2* const instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    return icu::Normalizer2::getNFCInstance(error);
  }();
  return *instance;
}

const icu::Normalizer2& Nfkc() {
  static const icu::Normalizer2* const instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    return icu::Normalizer2::getNFKCInstance(error);
  }();
  return *instance;
}

bool Decomposes(char32_t c, const icu::Normalizer2& form) {
  icu::UnicodeString unused;
  return AssignedIn(c, kUnicode9) && form.getDecomposition(static_cast<UChar32>(c), unused);
}

uint16_t FlagsOf(char32_t c) {
  const auto icu_char = static_cast<UChar32>(c);
  const uint32_t latest = CategoryMask(c, kUnicode15);
  const bool number = (latest & U_GC_N_MASK) != 0 || InRanges(c, kNewNumbers);
  uint32_t flags = 0;
  const auto set = [&](bool condition, uint32_t flag) { flags |= condition ? flag : 0; };
  set(u_isUWhiteSpace(icu_char), kSpaceChar);
  set((CategoryMask(c, kUnicode7) & (U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK)) != 0,
      kBertControl);
  set(IsBertPunctuation(c), kBertPunctuation);
  set(IsBertAccent(c), kBertAccent);
  set(IsMark(c), kMarkChar);
  set((latest & U_GC_L_MASK) != 0 || InRanges(c, kNewLetters), kLetterChar);
  set(number, kNumberChar);
  set(number || InRanges(c, kNewestNumbers), kNumericChar);
  set(IsWord(c), kWordChar);
  set(InRanges(c, kBertCjkBlocks), kBertCjk);
  set(Decomposes(c, Nfc()), kDecomposes);
  set(Decomposes(c, Nfkc()), kDecomposesCompat);
  const bool nfc_yes = u_getIntPropertyValue(icu_char, UCHAR_NFC_QUICK_CHECK) == UNORM_YES &&
                       u_getCombiningClass(icu_char) == 0;
  set(nfc_yes || !AssignedIn(c, kUnicode9), kNfcSafe);
  return static_cast<uint16_t>(flags);
}

char32_t LowerOf(char32_t c) {
  for (const LowerRange& range : kNewLower) {
    if (c >= range.first && c <= range.last) {
      return static_cast<char32_t>(static_cast<int32_t>(c) + range.delta);
    }
  }
  return static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
}

GraphemeBreak GraphemeOf(char32_t c) {
  if (InRanges(c, kNewMarks) || InRanges(c, kNewestMarks)) return GraphemeBreak::kExtend;
  const auto icu_char = static_cast<UChar32>(c);
  switch (u_getIntPropertyValue(icu_char, UCHAR_GRAPHEME_CLUSTER_BREAK)) {
    case U_GCB_CR: return GraphemeBreak::kCr;
    case U_GCB_LF: return GraphemeBreak::kLf;
    case U_GCB_CONTROL: return GraphemeBreak::kControl;
    case U_GCB_EXTEND: return GraphemeBreak::kExtend;
    case U_GCB_ZWJ: return GraphemeBreak::kZwj;
    case U_GCB_REGIONAL_INDICATOR: return GraphemeBreak::kRegionalIndicator;
    case U_GCB_PREPEND: return GraphemeBreak::kPrepend;
    case U_GCB_SPACING_MARK: return GraphemeBreak::kSpacingMark;
    case U_GCB_L: return GraphemeBreak::kL;
    case U_GCB_V: return GraphemeBreak::kV;
    case U_GCB_T: return GraphemeBreak::kT;
    case U_GCB_LV: return GraphemeBreak::kLv;
    case U_GCB_LVT: return GraphemeBreak::kLvt;
    default: break;
  }
  return u_hasBinaryProperty(icu_char, UCHAR_EXTENDED_PICTOGRAPHIC) ? GraphemeBreak::kPictographic
                                                                    : GraphemeBreak::kOther;
}

// Derived as UAX 44 defines Indic_Conjunct_Break since Unicode 15.1.
ConjunctBreak ConjunctOf(char32_t c) {
  const auto icu_char = static_cast<UChar32>(c);
  UErrorCode error = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(icu_char, &error);
  const bool indic = script == USCRIPT_BENGALI || script == USCRIPT_DEVANAGARI ||
                     script == USCRIPT_GUJARATI || script == USCRIPT_MALAYALAM ||
                     script == USCRIPT_ORIYA || script == USCRIPT_TELUGU;
  const int32_t syllabic = u_getIntPropertyValue(icu_char, UCHAR_INDIC_SYLLABIC_CATEGORY);
  if (indic && syllabic == U_INSC_VIRAMA) return ConjunctBreak::kLinker;
  if (indic && syllabic == U_INSC_CONSONANT) return ConjunctBreak::kConsonant;
  const GraphemeBreak grapheme = GraphemeOf(c);
  if (c == 0x200C) return ConjunctBreak::kNone;
  const bool extends = grapheme == GraphemeBreak::kZwj || grapheme == GraphemeBreak::kExtend;
  return extends ? ConjunctBreak::kExtend : ConjunctBreak::kNone;
}

struct Page {
  CodePointInfo info[kPageSize];
};

std::unique_ptr<Page> BuildPage(size_t number) {
  auto page = std::make_unique<Page>();
  for (size_t i = 0; i < kPageSize; ++i) {
    const auto c = static_cast<char32_t>(number * kPageSize + i);
    CodePointInfo& info = page->info[i];
    info.flags = FlagsOf(c);
    info.combining_class =
        AssignedIn(c, kUnicode9) ? u_getCombiningClass(static_cast<UChar32>(c)) : uint8_t{0};
    info.grapheme = GraphemeOf(c);
    info.conjunct = ConjunctOf(c);
    info.lower = LowerOf(c);
  }
  return page;
}

// Built block by block on demand and kept for the life of the process: 3 KB a block.
std::atomic<const Page*> g_pages[kPageCount];

const Page* MakePage(size_t number) {
  std::unique_ptr<Page> built = BuildPage(number);
  const Page* expected = nullptr;
  if (g_pages[number].compare_exchange_strong(expected, built.get(), std::memory_order_acq_rel)) {
    return built.release();
  }
  return expected;  // another thread was first
}

// The valid second bytes of a multi-byte sequence, by its lead byte (Unicode table 3-7).
// Length of the well-formed character at text[pos] (Unicode 15, table 3-7: no overlong forms, no
// surrogates), or 0; *broken is then the length of the maximal ill-formed part.
size_t SequenceLength(std::string_view text, size_t pos, size_t* broken) {
  const auto byte = [&](size_t i) -> unsigned {
    return pos + i < text.size() ? static_cast<unsigned char>(text[pos + i]) : 0u;
  };
  const unsigned lead = byte(0);
  *broken = 1;
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  unsigned low = 0x80, high = 0xBF;  // of the second byte
  if (lead == 0xE0) low = 0xA0;
  if (lead == 0xED) high = 0x9F;
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;
  if (byte(1) < low || byte(1) > high) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      *broken = i;
      return 0;
    }
  }
  return length;
}

// What the text before a boundary amounts to, for the rules that look further back.
struct ClusterState {
  size_t regional_indicators = 0;
  bool pictographic = false;  // Extended_Pictographic Extend*, perhaps then ZWJ
  bool consonant = false;     // Indic consonant (Extend | Linker)*
  bool linked = false;        // ... with at least one Linker
};

void Advance(const CodePointInfo& info, ClusterState* state) {
  const bool extend = info.grapheme == GraphemeBreak::kExtend;
  const bool zwj = info.grapheme == GraphemeBreak::kZwj;
  state->regional_indicators =
      info.grapheme == GraphemeBreak::kRegionalIndicator ? state->regional_indicators + 1 : 0;
  state->pictographic =
      info.grapheme == GraphemeBreak::kPictographic || (state->pictographic && (extend || zwj));
  switch (info.conjunct) {
    case ConjunctBreak::kConsonant:
      state->consonant = true;
      state->linked = false;
      break;
    case ConjunctBreak::kLinker: state->linked = state->consonant; break;
    case ConjunctBreak::kExtend: break;
    case ConjunctBreak::kNone: state->consonant = state->linked = false; break;
  }
}

// Whether the rules GB3 to GB13 forbid a boundary between `before` and `after`.
bool Joined(const CodePointInfo& before, const CodePointInfo& after, const ClusterState& state) {
  using enum GraphemeBreak;
  const GraphemeBreak a = before.grapheme, b = after.grapheme;
  if (a == kCr) return b == kLf;
  if (a == kControl || a == kLf || b == kControl || b == kCr || b == kLf) return false;
  if (a == kL) {
    if (b == kL || b == kV || b == kLv || b == kLvt) return true;
  } else if (a == kLv || a == kV) {
    if (b == kV || b == kT) return true;
  } else if ((a == kLvt || a == kT) && b == kT) {
    return true;
  }
  if (b == kExtend || b == kZwj || b == kSpacingMark || a == kPrepend) return true;
  if (after.conjunct == ConjunctBreak::kConsonant && state.linked) return true;
  if (a == kZwj && b == kPictographic && state.pictographic) return true;
  return a == kRegionalIndicator && b == kRegionalIndicator && state.regional_indicators % 2 == 1;
}

}  // namespace

const CodePointInfo& InfoOf(char32_t c) {
  const Page* page = g_pages[c / kPageSize].load(std::memory_order_acquire);
  if (page == nullptr) page = MakePage(c / kPageSize);
  return page->info[c % kPageSize];
}

bool InRanges(char32_t c, std::span<const CodeRange> ranges) {
  for (const CodeRange& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

void AppendUtf8(char32_t c, std::string* out) {
  const auto put = [&](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

size_t CountChars(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) count += IsContinuation(byte) ? 0 : 1;
  return count;
}

size_t AsciiEnd(std::string_view text, size_t pos) {
  while (pos + 8 <= text.size()) {
    uint64_t word;
    std::memcpy(&word, text.data() + pos, sizeof(word));
    if ((word & 0x8080808080808080u) != 0) break;
    pos += 8;
  }
  while (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80) ++pos;
  return pos;
}

size_t ValidCharLength(std::string_view text, size_t pos) {
  size_t broken;
  return SequenceLength(text, pos, &broken);
}

size_t BrokenUtf8Length(std::string_view text, size_t pos) {
  size_t broken;
  SequenceLength(text, pos, &broken);
  return broken;
}

size_t ValidUtf8Prefix(std::string_view text) {
  size_t broken;
  size_t pos = AsciiEnd(text, 0);
  while (pos < text.size()) {
    const size_t length = SequenceLength(text, pos, &broken);
    if (length == 0) return pos;
    pos += length;
    if (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80) {
      pos = AsciiEnd(text, pos);
    }
  }
  return pos;
}

std::string_view ClipUtf8(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

void AppendDecomposition(char32_t c, bool compatibility, std::vector<char32_t>* out) {
  if (!HasFlag(c, compatibility ? kDecomposesCompat : kDecomposes)) {
    out->push_back(c);
    return;
  }
  icu::UnicodeString decomposition;
  const icu::Normalizer2& form = compatibility ? Nfkc() : Nfc();
  form.getDecomposition(static_cast<UChar32>(c), decomposition);
  for (int32_t i = 0; i < decomposition.length(); i = decomposition.moveIndex32(i, 1)) {
    out->push_back(static_cast<char32_t>(decomposition.char32At(i)));
  }
}

char32_t Compose(char32_t first, char32_t second) {
  const UChar32 composed =
      Nfc().composePair(static_cast<UChar32>(first), static_cast<UChar32>(second));
  if (composed < 0 || !AssignedIn(static_cast<char32_t>(composed), kUnicode9)) return 0;
  return static_cast<char32_t>(composed);
}

size_t GraphemeEnd(std::string_view text, size_t begin) {
  size_t end = begin;
  CodePointInfo before = InfoOf(NextChar(text, &end));
  ClusterState state;
  Advance(before, &state);
  while (end < text.size()) {
    size_t next = end;
    const CodePointInfo& after = InfoOf(NextChar(text, &next));
    if (!Joined(before, after, state)) break;
    Advance(after, &state);
    before = after;
    end = next;
  }
  return end;
}

}  // namespace sg
