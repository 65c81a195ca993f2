#include "extract/encoding.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_err.h>
#include <unicode/ucsdet.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "core/text/ascii.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kHeadBytes = 64 << 10;      // where control characters and UTF-16 are looked for
constexpr size_t kDetectorBytes = 32 << 10;  // lines with non-ASCII bytes shown to ICU
// ICU's confidences run to 100. Its multi-byte detectors give 10 for "valid, but too short to say",
// which needs further evidence (see FindWideRuns); its single-byte detectors compare n-grams, which
// is noise on the few accented words of a source file.
constexpr int kSureMultibyteConfidence = 50;
constexpr int kMinMultibyteConfidence = 10;
constexpr int kMinLatinConfidence = 30;
constexpr int kMinOtherConfidence = 40;

// Text in units of 2 or 4 bytes, and how much of it was not Unicode.
struct WideText {
  std::string utf8;
  size_t runes = 0;
  size_t errors = 0;    // unpaired surrogates, values above U+10FFFF
  size_t controls = 0;  // control characters that no text has, and noncharacters
};

WideText DecodeWide(std::string_view bytes, size_t unit_bytes, bool big_endian) {
  WideText text;
  text.utf8.reserve(bytes.size());
  const auto unit = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < unit_bytes; ++i) {
      const uint32_t byte = static_cast<unsigned char>(bytes[at + i]);
      value |= byte << 8 * (big_endian ? unit_bytes - 1 - i : i);
    }
    return value;
  };
  for (size_t at = 0; at + unit_bytes <= bytes.size(); at += unit_bytes) {
    uint32_t rune = unit(at);
    if (unit_bytes == 2 && rune >= 0xD800 && rune < 0xDC00 && at + 4 <= bytes.size()) {
      const uint32_t low = unit(at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        rune = 0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    ++text.runes;
    if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) {
      ++text.errors;
      rune = 0xFFFD;
    }
    const bool space = rune == '\t' || rune == '\n' || rune == '\r' || rune == '\f';
    if ((rune < 0x20 && !space) || (rune & 0xFFFE) == 0xFFFE) ++text.controls;
    AppendUtf8(rune, &text.utf8);
  }
  return text;
}

bool LooksLikeText(const WideText& text) {
  return text.runes > 0 && text.errors == 0 && text.controls == 0 &&
         text.utf8.find_first_of(" \n\r") != std::string::npos;
}

// The encoding a byte-order mark states.
struct ByteOrderMark {
  std::string_view bytes;
  const char* encoding;
  size_t unit_bytes;
  bool big_endian;
};
// The longer mark first: UTF-32LE begins like UTF-16LE.
constexpr ByteOrderMark kMarks[] = {
    {{"\xFF\xFE\0\0", 4}, "UTF-32LE", 4, false}, {{"\0\0\xFE\xFF", 4}, "UTF-32BE", 4, true},
    {{"\xEF\xBB\xBF", 3}, "UTF-8", 1, false},    {{"\xFF\xFE", 2}, "UTF-16LE", 2, false},
    {{"\xFE\xFF", 2}, "UTF-16BE", 2, true},
};

const ByteOrderMark* FindMark(std::string_view bytes) {
  for (const ByteOrderMark& mark : kMarks) {
    if (bytes.substr(0, mark.bytes.size()) == mark.bytes) return &mark;
  }
  return nullptr;
}

DecodedText DecodeMarkedWide(std::string_view bytes, const ByteOrderMark& mark) {
  WideText text = DecodeWide(bytes.substr(mark.bytes.size()), mark.unit_bytes, mark.big_endian);
  // A few errors are damage; many mean that the mark was chance.
  const bool binary = (text.errors + text.controls) * 50 > text.runes;
  if (binary) return {.binary = true};
  return {.encoding = mark.encoding, .utf8 = std::move(text.utf8)};
}

// UTF-16 without a mark: ASCII characters have their NUL bytes on one side, few others have any.
std::optional<DecodedText> DecodeUnmarkedUtf16(std::string_view bytes) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  size_t zeros[2] = {0, 0};
  const size_t head = std::min(bytes.size(), kHeadBytes);
  for (size_t i = 0; i < head; ++i) zeros[i & 1] += bytes[i] == '\0' ? 1 : 0;
  const bool big_endian = zeros[0] > zeros[1];
  if (zeros[big_endian ? 0 : 1] <= 3 * zeros[big_endian ? 1 : 0]) return std::nullopt;
  WideText text = DecodeWide(bytes, /*unit_bytes=*/2, big_endian);
  if (!LooksLikeText(text)) return std::nullopt;
  return DecodedText{.encoding = big_endian ? "UTF-16BE" : "UTF-16LE",
                     .utf8 = std::move(text.utf8)};
}

// More than one control character in fifty bytes of the head is no text. ESC is allowed for
// terminal colours, BS for old manual pages.
bool HasBinaryControls(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kHeadBytes);
  size_t controls = 0;
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 ? byte == 0x7F : std::strchr("\t\n\v\f\r\b\x1B", byte) == nullptr) ++controls;
  }
  return controls * 50 > head.size();
}

// Counts of well-formed multi-byte sequences and of ill-formed parts.
struct Utf8Counts {
  size_t sequences = 0;
  size_t errors = 0;
};
Utf8Counts CountUtf8(std::string_view bytes) {
  Utf8Counts counts;
  for (size_t at = AsciiEnd(bytes, 0); at < bytes.size(); at = AsciiEnd(bytes, at)) {
    const size_t length = ValidCharLength(bytes, at);
    ++(length > 0 ? counts.sequences : counts.errors);
    at += length > 0 ? length : BrokenUtf8Length(bytes, at);
  }
  return counts;
}

// The lines with non-ASCII bytes: ASCII code around them only confuses the statistics.
std::string DetectorSample(std::string_view bytes) {
  std::string sample;
  for (size_t at = AsciiEnd(bytes, 0); at < bytes.size(); at = AsciiEnd(bytes, at)) {
    size_t begin = bytes.rfind('\n', at) == bytes.npos ? 0 : bytes.rfind('\n', at) + 1;
    begin = std::max(begin, at > 200 ? at - 200 : 0);
    const size_t end = std::min({bytes.find('\n', at), bytes.size(), at + 4096});
    sample.append(bytes.substr(begin, end - begin));
    sample += '\n';
    if (sample.size() > kDetectorBytes) break;
    at = end;
  }
  return sample;
}

struct ConverterCloser {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
struct DetectorCloser {
  void operator()(UCharsetDetector* detector) const { ucsdet_close(detector); }
};

// Converts through ICU; nullopt where `strict` and some bytes are not in the charset.
std::optional<std::string> Convert(std::string_view bytes, const char* charset, bool strict) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, ConverterCloser> from(ucnv_open(charset, &error));
  const std::unique_ptr<UConverter, ConverterCloser> to(ucnv_open("UTF-8", &error));
  if (U_FAILURE(error)) return std::nullopt;
  if (strict) {
    ucnv_setToUCallBack(from.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &error);
  }
  std::string utf8;
  UChar pivot[4096];
  char buffer[8192];
  UChar* pivot_source = pivot;
  UChar* pivot_target = pivot;
  const char* source = bytes.data();
  do {
    char* target = buffer;
    error = U_ZERO_ERROR;
    ucnv_convertEx(to.get(), from.get(), &target, buffer + sizeof(buffer), &source,
                   bytes.data() + bytes.size(), pivot, &pivot_source, &pivot_target,
                   pivot + std::size(pivot), /*reset=*/utf8.empty(), /*flush=*/true, &error);
    utf8.append(buffer, target);
  } while (error == U_BUFFER_OVERFLOW_ERROR);
  if (U_FAILURE(error)) return std::nullopt;
  return utf8;
}

constexpr std::string_view kMultibyte[] = {"Shift_JIS", "EUC-JP", "GB18030", "Big5", "EUC-KR"};
constexpr std::string_view kLatin[] = {"ISO-8859-1",   "ISO-8859-2",   "ISO-8859-9",
                                       "windows-1250", "windows-1252", "windows-1254"};

// East Asian text as decoded: words of two and more ideographs, kana or syllables. Accented Latin
// letters taken for it give single ones amid ASCII letters, half-width kana or private characters.
struct WideRuns {
  size_t wide = 0;  // ideographs, kana, Hangul, their punctuation
  size_t runs = 0;  // of those, plus every other non-ASCII character
  bool kana = false;
};
WideRuns FindWideRuns(std::string_view utf8) {
  WideRuns found;
  bool in_run = false;
  for (size_t at = 0; at < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[at]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t rune = lead & (length == 1 ? 0x7F : 0x3F >> (length - 1));
    for (size_t i = 1; i < length; ++i) {
      rune = rune << 6 | (static_cast<unsigned char>(utf8[at + i]) & 0x3F);
    }
    at += length;
    const bool odd = (rune >= 0xE000 && rune < 0xF900) || (rune >= 0xFF61 && rune <= 0xFF9F);
    const bool wide = rune >= 0x2E80 && !odd;
    found.wide += wide ? 1 : 0;
    found.runs += (wide && !in_run) || (rune >= 0x80 && !wide) ? 1 : 0;
    found.kana = found.kana || (rune >= 0x3041 && rune <= 0x30FF);
    in_run = wide;
  }
  return found;
}

// Average length of the runs of non-ASCII bytes: about 1 in Latin text, 2 and more in others.
double AverageHighRun(std::string_view bytes) {
  size_t high = 0, runs = 0;
  bool in_run = false;
  for (const char c : bytes) {
    const bool is_high = static_cast<unsigned char>(c) >= 0x80;
    high += is_high ? 1 : 0;
    runs += is_high && !in_run ? 1 : 0;
    in_run = is_high;
  }
  return runs == 0 ? 0 : static_cast<double>(high) / static_cast<double>(runs);
}

struct Candidate {
  std::string charset;
  int confidence;
};

std::vector<Candidate> DetectCandidates(std::string_view sample) {
  std::vector<Candidate> candidates;
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, DetectorCloser> detector(ucsdet_open(&error));
  if (U_FAILURE(error)) return candidates;
  ucsdet_setText(detector.get(), sample.data(), static_cast<int32_t>(sample.size()), &error);
  int32_t count = 0;
  const UCharsetMatch** matches = ucsdet_detectAll(detector.get(), &count, &error);
  for (int32_t i = 0; i < count && U_SUCCESS(error); ++i) {
    const char* charset = ucsdet_getName(matches[i], &error);
    const int confidence = ucsdet_getConfidence(matches[i], &error);
    if (U_SUCCESS(error)) candidates.push_back({charset, confidence});
  }
  return candidates;
}

// `bytes` decoded as the multi-byte charset of `candidate` if they are valid in it and read like
// it.
std::optional<DecodedText> DecodeMultibyte(std::string_view bytes, const Candidate& candidate,
                                           bool needs_kana) {
  if (candidate.confidence < kMinMultibyteConfidence) return std::nullopt;
  std::optional<std::string> utf8 = Convert(bytes, candidate.charset.c_str(), /*strict=*/true);
  if (!utf8.has_value()) return std::nullopt;
  const WideRuns runs = FindWideRuns(*utf8);
  const bool plausible = runs.wide >= 2 * runs.runs;
  if (candidate.confidence < kSureMultibyteConfidence && !plausible) return std::nullopt;
  if (needs_kana && !runs.kana) return std::nullopt;
  return DecodedText{.encoding = candidate.charset, .utf8 = std::move(*utf8)};
}

// GB18030 and Big5 hold kana too, at the places of EUC-JP's: text with kana that is as likely
// Japanese is Japanese.
std::optional<DecodedText> DecodeAsEquallyLikelyJapanese(std::string_view bytes,
                                                         const std::vector<Candidate>& candidates,
                                                         int confidence) {
  for (const Candidate& other : candidates) {
    const bool japanese = other.charset == "EUC-JP" || other.charset == "Shift_JIS";
    if (!japanese || other.confidence != confidence) continue;
    if (auto text = DecodeMultibyte(bytes, other, /*needs_kana=*/true)) return text;
  }
  return std::nullopt;
}

// The first of ICU's candidates, likeliest first, in which every byte is valid and which passes its
// test of likelihood.
std::optional<DecodedText> DecodeDetected(std::string_view bytes) {
  const std::string sample = DetectorSample(bytes);
  const bool isolated = AverageHighRun(sample) < 2;
  const std::vector<Candidate> candidates = DetectCandidates(sample);
  for (const Candidate& candidate : candidates) {
    if (IsOneOf(candidate.charset, kMultibyte)) {
      std::optional<DecodedText> text = DecodeMultibyte(bytes, candidate, /*needs_kana=*/false);
      if (!text.has_value()) continue;
      if (candidate.confidence >= kSureMultibyteConfidence) return text;
      auto japanese = DecodeAsEquallyLikelyJapanese(bytes, candidates, candidate.confidence);
      return japanese.has_value() ? std::move(japanese) : std::move(text);
    }
    const bool latin = IsOneOf(candidate.charset, kLatin);
    if (candidate.charset.starts_with("UTF") || (latin && !isolated)) continue;
    if (candidate.confidence < (latin ? kMinLatinConfidence : kMinOtherConfidence)) continue;
    const bool latin1 = candidate.charset == "ISO-8859-1" || candidate.charset == "windows-1252";
    const char* charset = latin1 ? "windows-1252" : candidate.charset.c_str();
    if (std::optional<std::string> utf8 = Convert(bytes, charset, /*strict=*/true)) {
      return DecodedText{.encoding = charset, .utf8 = std::move(*utf8)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::string RepairUtf8(std::string_view bytes) {
  std::string repaired;
  repaired.reserve(bytes.size());
  while (true) {
    const size_t valid = ValidUtf8Prefix(bytes);
    repaired.append(bytes.substr(0, valid));
    bytes.remove_prefix(valid);
    if (bytes.empty()) return repaired;
    repaired.append(kReplacement);
    bytes.remove_prefix(BrokenUtf8Length(bytes, 0));
  }
}

DecodedText DecodeToUtf8(std::string bytes) {
  if (const ByteOrderMark* mark = FindMark(bytes)) {
    if (mark->unit_bytes > 1) return DecodeMarkedWide(bytes, *mark);
    bytes.erase(0, mark->bytes.size());
  }
  if (std::memchr(bytes.data(), '\0', bytes.size()) != nullptr) {
    if (std::optional<DecodedText> text = DecodeUnmarkedUtf16(bytes)) return std::move(*text);
    return {.binary = true};
  }
  if (HasBinaryControls(bytes)) return {.binary = true};
  if (IsValidUtf8(bytes)) return {.encoding = "UTF-8", .utf8 = std::move(bytes)};
  // Damaged UTF-8: legacy encodings do not form valid sequences by chance this often.
  const Utf8Counts counts = CountUtf8(bytes);
  if (counts.sequences >= 4 * counts.errors) {
    return {.encoding = "UTF-8", .utf8 = RepairUtf8(bytes)};
  }
  if (std::optional<DecodedText> text = DecodeDetected(bytes)) return std::move(*text);
  std::optional<std::string> latin1 = Convert(bytes, "windows-1252", /*strict=*/false);
  if (!latin1.has_value()) return {.undecodable = true};
  return {.encoding = "windows-1252", .utf8 = std::move(*latin1)};
}

}  // namespace sg
