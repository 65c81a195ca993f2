#include "core/text/normalizer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/text/ascii.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

// Keeps the characters for which keep(c) holds.
template <typename Keep>
void Filter(AlignedText* text, Keep keep) {
  std::vector<CharChange> changes;
  size_t dropped = 0;
  const std::string_view bytes = text->text();
  bool all = true;
  for (size_t pos = 0; pos < bytes.size();) {
    const char32_t c = NextChar(bytes, &pos);
    if (keep(c)) {
      changes.push_back({c, 0});
      continue;
    }
    all = false;
    if (changes.empty()) {
      ++dropped;
    } else {
      --changes.back().change;
    }
  }
  if (!all) text->Apply(changes, dropped);
}

// The lower case of `c` as one or two characters.
template <typename Put>
void PutLower(char32_t c, Put put) {
  put(InfoOf(c).lower);
  if (c == 0x130) put(char32_t{0x307});
}

void Lowercase(AlignedText* text) {
  if (IsAscii(text->text())) {
    char* bytes = text->mutable_bytes();
    std::transform(bytes, bytes + text->size(), bytes, [](char c) { return AsciiLower(c); });
    return;
  }
  std::vector<CharChange> changes;
  const std::string_view bytes = text->text();
  changes.reserve(bytes.size());
  bool changed = false;
  for (size_t pos = 0; pos < bytes.size();) {
    const char32_t c = NextChar(bytes, &pos);
    int32_t change = 0;
    PutLower(c, [&](char32_t lower) {
      changes.push_back({lower, change});
      change = 1;
    });
    changed |= change > 1 || changes.back().c != c;
  }
  if (changed) text->Apply(changes);
}

// Canonical or compatibility decomposition in canonical order.
std::vector<CharChange> Decompose(std::string_view bytes, bool compatibility) {
  std::vector<CharChange> out;
  std::vector<char32_t> parts;
  size_t ready = 0;  // out[ready..] may still be reordered
  const auto order = [&] {
    std::stable_sort(out.begin() + static_cast<std::ptrdiff_t>(ready), out.end(),
                     [](const CharChange& a, const CharChange& b) {
                       return InfoOf(a.c).combining_class < InfoOf(b.c).combining_class;
                     });
    ready = out.size();
  };
  out.reserve(bytes.size());
  for (size_t pos = 0; pos < bytes.size();) {
    parts.clear();
    AppendDecomposition(NextChar(bytes, &pos), compatibility, &parts);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (InfoOf(parts[i]).combining_class == 0) order();
      out.push_back({parts[i], i == 0 ? 0 : 1});
    }
  }
  order();
  return out;
}

// Canonical composition of decomposed characters (UAX 15); the changes add up where two characters
// become one.
std::vector<CharChange> Recompose(const std::vector<CharChange>& decomposed) {
  std::vector<CharChange> out;
  std::vector<CharChange> blocked;  // marks behind the starter that did not compose with it
  std::optional<CharChange> starter;
  const auto flush = [&] {
    if (starter) out.push_back(*starter);
    out.insert(out.end(), blocked.begin(), blocked.end());
    blocked.clear();
  };
  for (const CharChange& item : decomposed) {
    const uint8_t item_class = InfoOf(item.c).combining_class;
    if (!starter) {
      if (item_class == 0) {
        starter = item;
      } else {
        out.push_back(item);
      }
      continue;
    }
    const bool reachable = blocked.empty() || InfoOf(blocked.back().c).combining_class < item_class;
    const char32_t composed = reachable ? Compose(starter->c, item.c) : 0;
    if (composed != 0) {
      starter = CharChange{composed, starter->change + item.change - 1};
    } else if (item_class == 0) {
      flush();
      starter = item;
    } else {
      blocked.push_back(item);
    }
  }
  flush();
  return out;
}

// True if the form leaves every character of `bytes` as it is.
bool AlreadyNormal(std::string_view bytes, UnicodeForm form) {
  const bool compatibility = form == UnicodeForm::kNfkc || form == UnicodeForm::kNfkd;
  const bool composed = form == UnicodeForm::kNfc || form == UnicodeForm::kNfkc;
  for (size_t pos = 0; pos < bytes.size();) {
    const char32_t c = NextChar(bytes, &pos);
    if (c < 0x80) continue;
    const CodePointInfo& info = InfoOf(c);
    if (composed && (info.flags & kNfcSafe) == 0) return false;
    if (info.combining_class != 0) return false;
    if (!composed && (info.flags & kDecomposes) != 0) return false;
    if (compatibility && (info.flags & kDecomposesCompat) != 0) return false;
  }
  return true;
}

class UnicodeNormalizer : public Normalizer {
 public:
  explicit UnicodeNormalizer(UnicodeForm form) : form_(form) {}

  Status Normalize(AlignedText* text) const override {
    if (AlreadyNormal(text->text(), form_)) return Status::Ok();
    const bool compatibility = form_ == UnicodeForm::kNfkc || form_ == UnicodeForm::kNfkd;
    std::vector<CharChange> changes = Decompose(text->text(), compatibility);
    if (form_ == UnicodeForm::kNfc || form_ == UnicodeForm::kNfkc) changes = Recompose(changes);
    text->Apply(changes);
    return Status::Ok();
  }

 private:
  UnicodeForm form_;
};

// What BertNormalizer makes of an ASCII character: the character, or '\0' for dropped.
using AsciiMap = std::array<char, 128>;

AsciiMap BertAsciiMap(const BertNormalizerOptions& options) {
  AsciiMap map{};
  for (size_t i = 0; i < map.size(); ++i) {
    char c = static_cast<char>(i);
    if (options.clean_text) {
      if (c == '\t' || c == '\n' || c == '\r') c = ' ';
      if ((c >= 0 && c < ' ') || c == 0x7F) c = '\0';
    }
    map[i] = options.lowercase ? AsciiLower(c) : c;
  }
  return map;
}

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options)
      : options_(options),
        strip_accents_(options.strip_accents.value_or(options.lowercase)),
        ascii_(BertAsciiMap(options)) {}

  Status Normalize(AlignedText* text) const override {
    if (MapAscii(text)) return Status::Ok();
    if (NeedsReordering(text->text())) {
      Stepwise(text);
    } else {
      InOnePass(text);
    }
    return Status::Ok();
  }

 private:
  // Handles text of plain ASCII in place; returns false, with the text unchanged, if it is not.
  bool MapAscii(AlignedText* text) const {
    const std::string_view bytes = text->text();
    bool plain = true;
    for (const char c : bytes) plain &= (c & 0x80) == 0 && ascii_[c & 0x7F] != '\0';
    if (!plain) return false;
    char* out = text->mutable_bytes();
    for (size_t i = 0; i < bytes.size(); ++i) out[i] = ascii_[static_cast<unsigned char>(out[i])];
    return true;
  }

  // Decomposition may move a mark before another; where all of them are dropped anyway that has no
  // effect, otherwise the order needs the whole text.
  bool NeedsReordering(std::string_view bytes) const {
    if (!strip_accents_) return false;
    std::vector<char32_t> parts;
    for (size_t pos = 0; pos < bytes.size();) {
      const char32_t c = NextChar(bytes, &pos);
      if (c < 0x300) continue;
      const CodePointInfo& info = InfoOf(c);
      const bool accent = (info.flags & kBertAccent) != 0;
      if (info.combining_class != 0 && !accent) return true;
      if ((info.flags & kDecomposes) == 0) continue;
      parts.clear();
      AppendDecomposition(c, /*compatibility=*/false, &parts);
      for (const char32_t part : parts) {
        const CodePointInfo& part_info = InfoOf(part);
        if (part_info.combining_class != 0 && (part_info.flags & kBertAccent) == 0) return true;
      }
    }
    return false;
  }

  bool Removes(char32_t c) const {
    if (c == '\t' || c == '\n' || c == '\r') return false;
    return c == 0 || c == 0xFFFD || HasFlag(c, kBertControl);
  }

  void InOnePass(AlignedText* text) const {
    const std::string_view bytes = text->text();
    AlignedText result;
    std::vector<char32_t> parts;
    std::string buffer;
    for (size_t pos = 0; pos < bytes.size();) {
      const size_t begin = pos;
      const auto byte = static_cast<uint8_t>(bytes[pos]);
      buffer.clear();
      if (byte < 0x80) {
        ++pos;
        if (ascii_[byte] != '\0' || !options_.clean_text) buffer.push_back(ascii_[byte]);
      } else {
        PutMapped(NextChar(bytes, &pos), &parts, &buffer);
      }
      if (!buffer.empty()) result.Append(buffer, text->OriginOf(begin, pos));
    }
    *text = std::move(result);
  }

  void PutMapped(char32_t c, std::vector<char32_t>* parts, std::string* out) const {
    const uint16_t flags = InfoOf(c).flags;
    if (options_.clean_text) {
      if (Removes(c)) return;
      if ((flags & kSpaceChar) != 0) {
        out->push_back(' ');
        return;
      }
    }
    const bool isolate = options_.handle_chinese_chars && (flags & kBertCjk) != 0;
    if (isolate) out->push_back(' ');
    parts->clear();
    if (strip_accents_) {
      AppendDecomposition(c, /*compatibility=*/false, parts);
    } else {
      parts->push_back(c);
    }
    for (const char32_t part : *parts) {
      if (strip_accents_ && HasFlag(part, kBertAccent)) continue;
      if (options_.lowercase) {
        PutLower(part, [&](char32_t lower) { AppendUtf8(lower, out); });
      } else {
        AppendUtf8(part, out);
      }
    }
    if (isolate) out->push_back(' ');
  }

  // The four steps one after another, as the reference does them.
  void Stepwise(AlignedText* text) const {
    if (options_.clean_text) {
      Filter(text, [&](char32_t c) { return !Removes(c); });
      MapChars(text, [](char32_t c) { return HasFlag(c, kSpaceChar) ? U' ' : c; });
    }
    if (options_.handle_chinese_chars) IsolateChinese(text);
    if (strip_accents_) {
      text->Apply(Decompose(text->text(), /*compatibility=*/false));
      Filter(text, [](char32_t c) { return !HasFlag(c, kBertAccent); });
    }
    if (options_.lowercase) Lowercase(text);
  }

  template <typename Map>
  static void MapChars(AlignedText* text, Map map) {
    std::vector<CharChange> changes;
    for (size_t pos = 0; pos < text->size();)
      changes.push_back({map(NextChar(text->text(), &pos)), 0});
    text->Apply(changes);
  }

  static void IsolateChinese(AlignedText* text) {
    std::vector<CharChange> changes;
    for (size_t pos = 0; pos < text->size();) {
      const char32_t c = NextChar(text->text(), &pos);
      if (HasFlag(c, kBertCjk)) {
        changes.insert(changes.end(), {{U' ', 0}, {c, 1}, {U' ', 1}});
      } else {
        changes.push_back({c, 0});
      }
    }
    text->Apply(changes);
  }

  BertNormalizerOptions options_;
  bool strip_accents_;
  AsciiMap ascii_;
};

class LowercaseNormalizer : public Normalizer {
 public:
  Status Normalize(AlignedText* text) const override {
    Lowercase(text);
    return Status::Ok();
  }
};

class StripAccents : public Normalizer {
 public:
  Status Normalize(AlignedText* text) const override {
    if (!IsAscii(text->text())) Filter(text, [](char32_t c) { return !HasFlag(c, kMarkChar); });
    return Status::Ok();
  }
};

class Strip : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  Status Normalize(AlignedText* text) const override {
    const std::string_view bytes = text->text();
    size_t begin = 0, end = bytes.size();
    while (left_ && begin < end) {
      size_t next = begin;
      if (!HasFlag(NextChar(bytes, &next), kSpaceChar)) break;
      begin = next;
    }
    while (right_ && end > begin) {
      size_t last = end - 1;
      while (IsContinuation(bytes[last])) --last;
      size_t next = last;
      if (!HasFlag(NextChar(bytes, &next), kSpaceChar)) break;
      end = last;
    }
    if (begin != 0 || end != bytes.size()) text->Trim(begin, end);
    return Status::Ok();
  }

 private:
  bool left_, right_;
};

class Replace : public Normalizer {
 public:
  Replace(std::unique_ptr<TextPattern> pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}

  Status Normalize(AlignedText* text) const override {
    if (text->empty()) return Status::Ok();
    std::vector<Match> matches;
    SG_RETURN_IF_ERROR(pattern_->FindAll(text->text(), 0, text->size(), &matches));
    if (matches.empty()) return Status::Ok();
    text->StoreSpans();
    AlignedText result;
    size_t copied = 0;
    for (const Match& match : matches) {
      result.Append(*text, copied, match.begin);
      // New text stands where the last byte that it replaces stood.
      const ByteSpan origin =
          match.end == 0 ? ByteSpan{} : text->OriginOf(match.end - 1, match.end);
      result.Append(content_, origin);
      copied = match.end;
    }
    result.Append(*text, copied, text->size());
    *text = std::move(result);
    return Status::Ok();
  }

 private:
  std::unique_ptr<TextPattern> pattern_;
  std::string content_;
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}

  Status Normalize(AlignedText* text) const override {
    if (text->empty()) return Status::Ok();
    text->StoreSpans();
    AlignedText result;
    result.Append(prefix_, text->OriginOf(0, 1));
    result.Append(*text, 0, text->size());
    *text = std::move(result);
    return Status::Ok();
  }

 private:
  std::string prefix_;
};

// The rules of NMT's C++ tool chain, as SentencePiece has them.
class Nmt : public Normalizer {
 public:
  Status Normalize(AlignedText* text) const override {
    Filter(text, [](char32_t c) {
      return !((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F ||
               c == 0x8F || c == 0x9F);
    });
    std::vector<CharChange> changes;
    for (size_t pos = 0; pos < text->size();) {
      const char32_t c = NextChar(text->text(), &pos);
      changes.push_back({IsSpace(c) ? U' ' : c, 0});
    }
    text->Apply(changes);
    return Status::Ok();
  }

 private:
  static bool IsSpace(char32_t c) {
    return c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
           (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
           c == 0xFEFF || c == 0xFFFD;
  }
};

class Precompiled : public Normalizer {
 public:
  explicit Precompiled(Charsmap charsmap) : charsmap_(std::move(charsmap)) {
    for (size_t i = 0; i < ascii_.size(); ++i) {
      const char c = static_cast<char>(i);
      size_t length;
      const auto norm = charsmap_.Shortest(std::string_view(&c, 1), &length);
      const std::string_view result = norm.value_or(std::string_view(&c, 1));
      ascii_[i] = result.size() == 1 && (result[0] & 0x80) == 0 ? result[0] : kNotOne;
    }
  }

  Status Normalize(AlignedText* text) const override {
    if (MapAscii(text)) return Status::Ok();
    const std::string_view bytes = text->text();
    std::vector<CharChange> changes;
    changes.reserve(bytes.size());
    bool changed = false;
    for (size_t pos = 0; pos < bytes.size();) {
      if (StandsAlone(bytes, pos) && ascii_[static_cast<unsigned char>(bytes[pos])] != kNotOne) {
        const char mapped = ascii_[static_cast<unsigned char>(bytes[pos])];
        changed |= mapped != bytes[pos];
        changes.push_back({static_cast<char32_t>(mapped), 0});
        ++pos;
        continue;
      }
      const size_t end = GraphemeEnd(bytes, pos);
      changed |= PutGrapheme(bytes.substr(pos, end - pos), &changes);
      pos = end;
    }
    if (changed) text->Apply(changes);
    return Status::Ok();
  }

 private:
  static constexpr char kNotOne = '\x80';

  // True for an ASCII character that is a grapheme of its own.
  static bool StandsAlone(std::string_view bytes, size_t pos) {
    if ((bytes[pos] & 0x80) != 0) return false;
    if (pos + 1 == bytes.size()) return true;
    return (bytes[pos + 1] & 0x80) == 0 && !(bytes[pos] == '\r' && bytes[pos + 1] == '\n');
  }

  // Handles text of ASCII characters that each become one ASCII character, in place; returns
  // false, with the text unchanged, if it is not so.
  bool MapAscii(AlignedText* text) const {
    const std::string_view bytes = text->text();
    bool plain = true;
    char previous = '\0';
    for (const char c : bytes) {
      plain &= (c & 0x80) == 0 && ascii_[c & 0x7F] != kNotOne && !(previous == '\r' && c == '\n');
      previous = c;
    }
    if (!plain) return false;
    char* out = text->mutable_bytes();
    for (size_t i = 0; i < bytes.size(); ++i) out[i] = ascii_[static_cast<unsigned char>(out[i])];
    return true;
  }

  // The reference takes the shortest entry that begins a grapheme of less than 6 bytes for the
  // whole of it, and otherwise goes by single characters.
  bool PutGrapheme(std::string_view grapheme, std::vector<CharChange>* changes) const {
    size_t length;
    if (grapheme.size() < 6) {
      if (const auto norm = charsmap_.Shortest(grapheme, &length)) {
        PutReplacement(grapheme, *norm, changes);
        return true;
      }
    }
    bool changed = false;
    for (size_t pos = 0; pos < grapheme.size();) {
      const size_t begin = pos;
      const char32_t c = NextChar(grapheme, &pos);
      const std::string_view part = grapheme.substr(begin, pos - begin);
      if (const auto norm = charsmap_.Shortest(part, &length)) {
        PutReplacement(part, *norm, changes);
        changed = true;
      } else {
        changes->push_back({c, 0});
      }
    }
    return changed;
  }

  static void PutReplacement(std::string_view old_part, std::string_view new_part,
                             std::vector<CharChange>* changes) {
    const auto difference =
        static_cast<int32_t>(CountChars(new_part)) - static_cast<int32_t>(CountChars(old_part));
    for (size_t pos = 0; pos < new_part.size();) changes->push_back({NextChar(new_part, &pos), 0});
    if (difference > 0) {
      for (size_t i = 0; i < static_cast<size_t>(difference); ++i) {
        (*changes)[changes->size() - 1 - i].change = 1;
      }
    } else if (difference < 0 && !changes->empty()) {
      changes->back().change += difference;
    }
  }

  Charsmap charsmap_;
  std::array<char, 128> ascii_;  // what an ASCII character alone becomes, or kNotOne
};

class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<NormalizerPtr> steps) : steps_(std::move(steps)) {}

  Status Normalize(AlignedText* text) const override {
    for (const NormalizerPtr& step : steps_) SG_RETURN_IF_ERROR(step->Normalize(text));
    return Status::Ok();
  }

 private:
  std::vector<NormalizerPtr> steps_;
};

// After SentencePiece's normalizer.cc.
class SentencePieceNormalizer : public Normalizer {
 public:
  SentencePieceNormalizer(std::optional<Charsmap> charsmap, const SentencePieceOptions& options)
      : charsmap_(std::move(charsmap)),
        options_(options),
        space_(options.escape_whitespaces ? "\xE2\x96\x81" : " ") {}

  Status Normalize(AlignedText* text) const override {
    const std::string_view bytes = text->text();
    AlignedText result;
    size_t pos = 0;
    while (options_.remove_extra_whitespaces && pos < bytes.size()) {
      size_t length;
      if (Prefix(bytes, pos, &length) != " ") break;
      pos += length;
    }
    if (pos == bytes.size()) {
      *text = AlignedText();
      return Status::Ok();
    }
    bool previous_space = options_.remove_extra_whitespaces;
    if (options_.add_dummy_prefix) result.Append(space_, text->OriginOf(pos, pos + 1));
    while (pos < bytes.size()) {
      size_t length;
      std::string_view part = Prefix(bytes, pos, &length);
      while (previous_space && part.starts_with(' ')) part.remove_prefix(1);
      if (!part.empty()) {
        AppendEscaped(part, text->OriginOf(pos, pos + length), &result);
        previous_space = options_.remove_extra_whitespaces && part.ends_with(' ');
      }
      pos += length;
    }
    if (options_.remove_extra_whitespaces) DropTrailingSpaces(&result);
    *text = std::move(result);
    return Status::Ok();
  }

 private:
  // What the text at `pos` becomes, and how many bytes of it do.
  std::string_view Prefix(std::string_view bytes, size_t pos, size_t* length) const {
    if (charsmap_) {
      const bool plain_ascii = (bytes[pos] & 0x80) == 0 && !charsmap_->MayBegin(bytes[pos]);
      if (!plain_ascii) {
        if (const auto norm = charsmap_->Longest(bytes.substr(pos), length)) return *norm;
      }
    }
    *length = CharLength(bytes[pos]);
    return bytes.substr(pos, *length);
  }

  void AppendEscaped(std::string_view part, ByteSpan origin, AlignedText* result) const {
    while (!part.empty()) {
      const size_t space = std::min(part.find(' '), part.size());
      result->Append(part.substr(0, space), origin);
      if (space == part.size()) return;
      result->Append(space_, origin);
      part.remove_prefix(space + 1);
    }
  }

  void DropTrailingSpaces(AlignedText* result) const {
    size_t end = result->size();
    while (result->text().substr(0, end).ends_with(space_)) end -= space_.size();
    result->Trim(0, end);
  }

  std::optional<Charsmap> charsmap_;
  SentencePieceOptions options_;
  std::string space_;
};

}  // namespace

NormalizerPtr MakeBertNormalizer(const BertNormalizerOptions& options) {
  return std::make_unique<BertNormalizer>(options);
}
NormalizerPtr MakeUnicodeNormalizer(UnicodeForm form) {
  return std::make_unique<UnicodeNormalizer>(form);
}
NormalizerPtr MakeLowercase() { return std::make_unique<LowercaseNormalizer>(); }
NormalizerPtr MakeStripAccents() { return std::make_unique<StripAccents>(); }
NormalizerPtr MakeStrip(bool left, bool right) { return std::make_unique<Strip>(left, right); }
NormalizerPtr MakeReplace(std::unique_ptr<TextPattern> pattern, std::string content) {
  return std::make_unique<Replace>(std::move(pattern), std::move(content));
}
NormalizerPtr MakePrepend(std::string prefix) {
  return std::make_unique<Prepend>(std::move(prefix));
}
NormalizerPtr MakeNmt() { return std::make_unique<Nmt>(); }
NormalizerPtr MakePrecompiled(Charsmap charsmap) {
  return std::make_unique<Precompiled>(std::move(charsmap));
}
NormalizerPtr MakeNormalizerSequence(std::vector<NormalizerPtr> steps) {
  return std::make_unique<NormalizerSequence>(std::move(steps));
}
NormalizerPtr MakeSentencePieceNormalizer(std::optional<Charsmap> charsmap,
                                          const SentencePieceOptions& options) {
  return std::make_unique<SentencePieceNormalizer>(std::move(charsmap), options);
}

}  // namespace sg
