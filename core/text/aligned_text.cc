#include "core/text/aligned_text.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace sg {

ByteSpan AlignedText::OriginOf(size_t begin, size_t end) const {
  if (!in_place_) return {spans_[begin].begin, spans_[end - 1].end};
  while (begin > 0 && IsContinuation(text_[begin])) --begin;
  while (end < text_.size() && IsContinuation(text_[end])) ++end;
  return {origin_ + static_cast<uint32_t>(begin), origin_ + static_cast<uint32_t>(end)};
}

void AlignedText::StoreSpans() {
  if (!in_place_) return;
  spans_.resize(text_.size());
  for (size_t i = 0; i < text_.size();) {
    const size_t length = CharLength(text_[i]);
    const ByteSpan span{origin_ + static_cast<uint32_t>(i),
                        origin_ + static_cast<uint32_t>(i + length)};
    for (size_t k = 0; k < length; ++k) spans_[i + k] = span;
    i += length;
  }
  in_place_ = false;
}

void AlignedText::Apply(std::span<const CharChange> changes, size_t dropped_chars) {
  StoreSpans();
  size_t old = 0;  // bytes of the old text that are used up
  const auto skip_char = [&] {
    if (old < text_.size()) old += CharLength(text_[old]);
  };
  for (size_t i = 0; i < dropped_chars; ++i) skip_char();
  std::string text;
  std::vector<ByteSpan> spans;
  text.reserve(text_.size());
  spans.reserve(text_.size());
  for (const auto& [c, change] : changes) {
    ByteSpan span;
    if (change > 0) {
      if (old > 0) span = spans_[old - 1];
    } else {
      if (old < text_.size()) span = spans_[old];
      for (int32_t i = 0; i <= -change; ++i) skip_char();
    }
    AppendUtf8(c, &text);
    spans.resize(text.size(), span);
  }
  text_ = std::move(text);
  spans_ = std::move(spans);
}

void AlignedText::Trim(size_t begin, size_t end) {
  if (in_place_) {
    origin_ += static_cast<uint32_t>(begin);
  } else {
    spans_.resize(end);
    spans_.erase(spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
  text_.resize(end);
  text_.erase(0, begin);
}

void AlignedText::Append(const AlignedText& other, size_t begin, size_t end) {
  if (begin == end) return;
  if (in_place_ && other.in_place_) {
    const size_t from = other.origin_ + begin;
    if (text_.empty()) origin_ = static_cast<uint32_t>(from);
    if (origin_ + text_.size() == from) {
      text_.append(other.text_, begin, end - begin);
      return;
    }
  }
  StoreSpans();
  text_.append(other.text_, begin, end - begin);
  if (!other.in_place_) {
    spans_.insert(spans_.end(), other.spans_.begin() + static_cast<std::ptrdiff_t>(begin),
                  other.spans_.begin() + static_cast<std::ptrdiff_t>(end));
    return;
  }
  for (size_t i = begin; i < end;) {
    const size_t length = std::min(CharLength(other.text_[i]), end - i);
    const ByteSpan span{other.origin_ + static_cast<uint32_t>(i),
                        other.origin_ + static_cast<uint32_t>(i + length)};
    spans_.insert(spans_.end(), length, span);
    i += length;
  }
}

void AlignedText::Append(std::string_view bytes, ByteSpan origin) {
  StoreSpans();
  text_.append(bytes);
  spans_.insert(spans_.end(), bytes.size(), origin);
}

AlignedText DecodeLossy(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  size_t pos = ValidUtf8Prefix(text);
  if (pos == text.size()) return AlignedText(text);
  AlignedText result(text.substr(0, pos));
  while (pos < text.size()) {
    const size_t broken = BrokenUtf8Length(text, pos);
    result.Append(kReplacement, {static_cast<uint32_t>(pos), static_cast<uint32_t>(pos + broken)});
    pos += broken;
    const size_t valid = ValidUtf8Prefix(text.substr(pos));
    const AlignedText good(text.substr(pos, valid), static_cast<uint32_t>(pos));
    result.Append(good, 0, valid);
    pos += valid;
  }
  return result;
}

}  // namespace sg
