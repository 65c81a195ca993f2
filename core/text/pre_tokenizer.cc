#include "core/text/pre_tokenizer.h"

#include <array>
#include <string_view>
#include <utility>

#include "core/text/unicode.h"

namespace sg {
namespace {

// A stretch of a piece between or at the matches of a pattern.
struct Stretch {
  size_t begin, end;
  bool is_match;
};

// The stretches of [begin, end) with `matches` in it: all of it, in order, none empty but matches.
void FillGaps(const std::vector<Match>& matches, size_t begin, size_t end,
              std::vector<Stretch>* stretches) {
  size_t previous = begin;
  for (const Match& match : matches) {
    if (previous != match.begin) stretches->push_back({previous, match.begin, false});
    stretches->push_back({match.begin, match.end, true});
    previous = match.end;
  }
  if (previous != end) stretches->push_back({previous, end, false});
}

// Joins or drops stretches as `behavior` says; is_match means "drop" afterwards.
void ApplyBehavior(SplitBehavior behavior, std::vector<Stretch>* stretches) {
  if (behavior == SplitBehavior::kRemoved) return;
  std::vector<Stretch> out;
  bool previous_match = false;
  const bool backward = behavior == SplitBehavior::kMergedWithNext;
  const auto take = [&](const Stretch& s) {
    bool joins = false;
    if (behavior == SplitBehavior::kContiguous) joins = s.is_match == previous_match;
    if (behavior == SplitBehavior::kMergedWithPrevious || backward) {
      joins = s.is_match && !previous_match;
    }
    previous_match = s.is_match;
    if (!joins || out.empty()) {
      out.push_back({s.begin, s.end, false});
    } else if (backward) {
      out.back().begin = s.begin;
    } else {
      out.back().end = s.end;
    }
  };
  if (backward) {
    for (size_t i = stretches->size(); i-- > 0;) take((*stretches)[i]);
    stretches->assign(out.rbegin(), out.rend());
  } else {
    for (const Stretch& s : *stretches) take(s);
    *stretches = std::move(out);
  }
}

// Cuts every piece that is no token yet: cut(text, piece, &out) appends what becomes of it.
template <typename Cut>
Status CutPieces(PieceText* text, Cut cut) {
  std::vector<Piece> out;
  out.reserve(text->pieces.size() + text->text.size() / 4);
  for (const Piece& piece : text->pieces) {
    if (piece.added_token != Piece::kNoToken) {
      out.push_back(piece);
    } else {
      SG_RETURN_IF_ERROR(cut(text->text, piece, &out));
    }
  }
  text->pieces = std::move(out);
  return Status::Ok();
}

void AddPiece(const AlignedText& text, size_t begin, size_t end, std::vector<Piece>* out) {
  if (begin == end) return;
  out->push_back({.begin = static_cast<uint32_t>(begin),
                  .end = static_cast<uint32_t>(end),
                  .origin_begin = text.OriginOf(begin, end).begin});
}

class PatternSplit : public PreTokenizer {
 public:
  PatternSplit(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  Status Cut(PieceText* text) const override {
    std::vector<Match> matches;
    std::vector<Stretch> stretches;
    return CutPieces(text, [&](const AlignedText& all, const Piece& piece, auto* out) {
      matches.clear();
      stretches.clear();
      SG_RETURN_IF_ERROR(pattern_->FindAll(all.text(), piece.begin, piece.end, &matches));
      FillGaps(matches, piece.begin, piece.end, &stretches);
      if (invert_) {
        for (Stretch& s : stretches) s.is_match = !s.is_match;
      }
      ApplyBehavior(behavior_, &stretches);
      for (const Stretch& s : stretches) {
        if (!s.is_match || behavior_ != SplitBehavior::kRemoved) AddPiece(all, s.begin, s.end, out);
      }
      return Status::Ok();
    });
  }

 private:
  std::unique_ptr<TextPattern> pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

// Matches single characters that have a property.
class FlagPattern : public TextPattern {
 public:
  explicit FlagPattern(uint16_t flag) : flag_(flag) {
    for (char32_t c = 0; c < 128; ++c) ascii_[c] = HasFlag(c, flag);
  }

  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    for (size_t pos = begin; pos < end;) {
      const size_t from = pos;
      const auto byte = static_cast<uint8_t>(text[pos]);
      const bool match = byte < 128 ? (++pos, ascii_[byte]) : HasFlag(NextChar(text, &pos), flag_);
      if (match) matches->push_back({from, pos});
    }
    return Status::Ok();
  }

 private:
  uint16_t flag_;
  bool ascii_[128];
};

// \w+|[^\w\s]+
class WordPattern : public TextPattern {
 public:
  Status FindAll(std::string_view text, size_t begin, size_t end,
                 std::vector<Match>* matches) const override {
    for (size_t pos = begin; pos < end;) {
      const size_t from = pos;
      const uint16_t first = KindAt(text, &pos);
      while (pos < end) {
        size_t next = pos;
        if (KindAt(text, &next) != first) break;
        pos = next;
      }
      if (first != kSpaceChar) matches->push_back({from, pos});
    }
    return Status::Ok();
  }

 private:
  static uint16_t KindAt(std::string_view text, size_t* pos) {
    const uint16_t flags = InfoOf(NextChar(text, pos)).flags;
    if ((flags & kWordChar) != 0) return kWordChar;
    return flags & kSpaceChar;
  }
};

// White space dropped, punctuation isolated, in one pass.
class BertPreTokenizer : public PreTokenizer {
 public:
  BertPreTokenizer() {
    for (char32_t c = 0; c < 128; ++c) {
      ascii_[c] = HasFlag(c, kSpaceChar) ? kSpace : HasFlag(c, kBertPunctuation) ? kAlone : kWord;
    }
  }

  Status Cut(PieceText* text) const override {
    return CutPieces(text, [&](const AlignedText& all, const Piece& piece, auto* out) {
      const std::string_view bytes = all.text();
      size_t word = piece.begin;  // where the running word began
      for (size_t pos = piece.begin; pos < piece.end;) {
        const size_t from = pos;
        const Kind kind = KindAt(bytes, &pos);
        if (kind == kWord) continue;
        AddPiece(all, word, from, out);
        if (kind == kAlone) AddPiece(all, from, pos, out);
        word = pos;
      }
      AddPiece(all, word, piece.end, out);
      return Status::Ok();
    });
  }

 private:
  enum Kind : uint8_t { kWord, kSpace, kAlone };

  Kind KindAt(std::string_view bytes, size_t* pos) const {
    const auto byte = static_cast<uint8_t>(bytes[*pos]);
    if (byte < 128) {
      ++*pos;
      return ascii_[byte];
    }
    const uint16_t flags = InfoOf(NextChar(bytes, pos)).flags;
    if ((flags & kSpaceChar) != 0) return kSpace;
    return (flags & kBertPunctuation) != 0 ? kAlone : kWord;
  }

  Kind ascii_[128];
};

// Rewrites the text of all pieces that are no tokens: rewrite(old, piece, &new_text).
template <typename Rewrite>
void RewritePieces(PieceText* text, Rewrite rewrite) {
  AlignedText result;
  for (Piece& piece : text->pieces) {
    const auto begin = static_cast<uint32_t>(result.size());
    if (piece.added_token != Piece::kNoToken) {
      result.Append(text->text, piece.begin, piece.end);
    } else {
      rewrite(text->text, piece, &result);
    }
    piece.begin = begin;
    piece.end = static_cast<uint32_t>(result.size());
  }
  text->text = std::move(result);
}

class Metaspace : public PreTokenizer {
 public:
  Metaspace(std::string replacement, PrependScheme scheme, bool split)
      : replacement_(std::move(replacement)), scheme_(scheme) {
    if (split) {
      cut_ = MakeSplit(MakeLiteralPattern(replacement_), SplitBehavior::kMergedWithNext,
                       /*invert=*/false);
    }
  }

  Status Cut(PieceText* text) const override {
    RewritePieces(text, [&](const AlignedText& old, const Piece& piece, AlignedText* out) {
      const std::string_view bytes = old.text().substr(0, piece.end);
      const bool has_prefix =
          bytes[piece.begin] == ' ' || bytes.substr(piece.begin).starts_with(replacement_);
      const bool wants_prefix = scheme_ == PrependScheme::kAlways ||
                                (scheme_ == PrependScheme::kFirst && piece.origin_begin == 0);
      if (wants_prefix && !has_prefix) {
        out->Append(replacement_, old.OriginOf(piece.begin, piece.begin + 1));
      }
      for (size_t pos = piece.begin; pos < piece.end;) {
        const size_t space = std::min<size_t>(bytes.find(' ', pos), piece.end);
        out->Append(old, pos, space);
        if (space < piece.end) out->Append(replacement_, old.OriginOf(space, space + 1));
        pos = space + 1;
      }
    });
    return cut_ == nullptr ? Status::Ok() : cut_->Cut(text);
  }

 private:
  std::string replacement_;
  PrependScheme scheme_;
  PreTokenizerPtr cut_;
};

class ByteLevel : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex, bool map_bytes)
      : add_prefix_space_(add_prefix_space), map_bytes_(map_bytes) {
    if (use_regex) {
      cut_ = MakeSplit(MakeGpt2Pattern(), SplitBehavior::kIsolated, /*invert=*/false);
    }
  }

  Status Cut(PieceText* text) const override {
    if (add_prefix_space_) AddPrefixSpaces(text);
    if (cut_ != nullptr) SG_RETURN_IF_ERROR(cut_->Cut(text));
    if (map_bytes_) MapBytes(text);
    return Status::Ok();
  }

 private:
  static void AddPrefixSpaces(PieceText* text) {
    RewritePieces(text, [](const AlignedText& old, const Piece& piece, AlignedText* out) {
      if (old.text()[piece.begin] != ' ') {
        out->Append(" ", old.OriginOf(piece.begin, piece.begin + 1));
      }
      out->Append(old, piece.begin, piece.end);
    });
  }

  static void MapBytes(PieceText* text) {
    std::string buffer;
    RewritePieces(text, [&](const AlignedText& old, const Piece& piece, AlignedText* out) {
      for (size_t i = piece.begin; i < piece.end; ++i) {
        buffer.clear();
        AppendUtf8(ByteLevelChar(static_cast<uint8_t>(old.text()[i])), &buffer);
        out->Append(buffer, old.OriginOf(i, i + 1));
      }
    });
  }

  bool add_prefix_space_;
  bool map_bytes_;
  PreTokenizerPtr cut_;
};

class PreTokenizerSequence : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<PreTokenizerPtr> steps) : steps_(std::move(steps)) {}

  Status Cut(PieceText* text) const override {
    for (const PreTokenizerPtr& step : steps_) SG_RETURN_IF_ERROR(step->Cut(text));
    return Status::Ok();
  }

 private:
  std::vector<PreTokenizerPtr> steps_;
};

PreTokenizerPtr MakeFlagSplit(uint16_t flag, SplitBehavior behavior) {
  return MakeSplit(std::make_unique<FlagPattern>(flag), behavior, /*invert=*/false);
}

}  // namespace

PreTokenizerPtr MakeBertPreTokenizer() { return std::make_unique<BertPreTokenizer>(); }

PreTokenizerPtr MakeWhitespace() {
  return MakeSplit(std::make_unique<WordPattern>(), SplitBehavior::kRemoved, /*invert=*/true);
}

PreTokenizerPtr MakeWhitespaceSplit() { return MakeFlagSplit(kSpaceChar, SplitBehavior::kRemoved); }

PreTokenizerPtr MakePunctuation(SplitBehavior behavior) {
  return MakeFlagSplit(kBertPunctuation, behavior);
}

PreTokenizerPtr MakeDigits(bool individual) {
  return MakeFlagSplit(kNumericChar,
                       individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
}

PreTokenizerPtr MakeSplit(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior,
                          bool invert) {
  return std::make_unique<PatternSplit>(std::move(pattern), behavior, invert);
}

PreTokenizerPtr MakeMetaspace(std::string replacement, PrependScheme scheme, bool split) {
  return std::make_unique<Metaspace>(std::move(replacement), scheme, split);
}

PreTokenizerPtr MakeByteLevel(bool add_prefix_space, bool use_regex, bool map_bytes) {
  return std::make_unique<ByteLevel>(add_prefix_space, use_regex, map_bytes);
}

PreTokenizerPtr MakePreTokenizerSequence(std::vector<PreTokenizerPtr> steps) {
  return std::make_unique<PreTokenizerSequence>(std::move(steps));
}

char32_t ByteLevelChar(uint8_t byte) {
  static const std::array<char32_t, 256> kAlphabet = [] {
    std::array<char32_t, 256> table{};
    char32_t next = 256;
    for (size_t b = 0; b < 256; ++b) {
      const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      table[b] = printable ? static_cast<char32_t>(b) : next++;
    }
    return table;
  }();
  return kAlphabet[byte];
}

}  // namespace sg
