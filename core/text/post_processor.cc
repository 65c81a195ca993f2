#include "core/text/post_processor.h"

#include <algorithm>
#include <utility>

#include "core/text/unicode.h"

namespace sg {
namespace {

class Template : public PostProcessor {
 public:
  Template(std::vector<uint32_t> prefix, std::vector<uint32_t> suffix)
      : prefix_(std::move(prefix)), suffix_(std::move(suffix)) {}

  void Process(std::string_view, bool add_special_tokens, Encoding* encoding,
               std::vector<TokenSpaces>* spaces) const override {
    if (!add_special_tokens) return;
    Encoding& e = *encoding;
    e.ids.insert(e.ids.begin(), prefix_.begin(), prefix_.end());
    e.ids.insert(e.ids.end(), suffix_.begin(), suffix_.end());
    e.spans.insert(e.spans.begin(), prefix_.size(), ByteSpan{});
    e.spans.insert(e.spans.end(), suffix_.size(), ByteSpan{});
    e.special.insert(e.special.begin(), prefix_.size(), 1);
    e.special.insert(e.special.end(), suffix_.size(), 1);
    if (spaces->empty()) return;
    spaces->insert(spaces->begin(), prefix_.size(), TokenSpaces{});
    spaces->insert(spaces->end(), suffix_.size(), TokenSpaces{});
  }

 private:
  std::vector<uint32_t> prefix_, suffix_;
};

class TrimOffsets : public PostProcessor {
 public:
  explicit TrimOffsets(bool add_prefix_space) : add_prefix_space_(add_prefix_space) {}

  bool NeedsSpaces() const override { return true; }

  void Process(std::string_view text, bool, Encoding* encoding,
               std::vector<TokenSpaces>* spaces) const override {
    for (size_t i = 0; i < spaces->size(); ++i) {
      auto [leading, trailing] = (*spaces)[i];
      ByteSpan& span = encoding->spans[i];
      const bool first = i == 0 || span.begin == 0;
      // A single leading space of the first token is the one that was added.
      if (first && add_prefix_space_ && leading == 1) leading = 0;
      if (leading > 0) span.begin = std::min(Forward(text, span.begin, leading), span.end);
      if (trailing > 0) span.end = std::max(Backward(text, span.end, trailing), span.begin);
    }
  }

 private:
  static uint32_t Forward(std::string_view text, size_t pos, size_t chars) {
    for (; chars > 0 && pos < text.size(); --chars) {
      ++pos;
      while (pos < text.size() && IsContinuation(text[pos])) ++pos;
    }
    return static_cast<uint32_t>(pos);
  }

  // `pos` itself if there are not as many characters before it.
  static uint32_t Backward(std::string_view text, size_t pos, size_t chars) {
    size_t moved = pos;
    for (; chars > 0; --chars) {
      if (moved == 0) return static_cast<uint32_t>(pos);
      --moved;
      while (moved > 0 && IsContinuation(text[moved])) --moved;
    }
    return static_cast<uint32_t>(moved);
  }

  bool add_prefix_space_;
};

class PostProcessorSequence : public PostProcessor {
 public:
  explicit PostProcessorSequence(std::vector<PostProcessorPtr> steps) : steps_(std::move(steps)) {}

  bool NeedsSpaces() const override {
    return std::any_of(steps_.begin(), steps_.end(),
                       [](const auto& s) { return s->NeedsSpaces(); });
  }

  void Process(std::string_view text, bool add_special_tokens, Encoding* encoding,
               std::vector<TokenSpaces>* spaces) const override {
    for (const PostProcessorPtr& step : steps_) {
      step->Process(text, add_special_tokens, encoding, spaces);
    }
  }

 private:
  std::vector<PostProcessorPtr> steps_;
};

}  // namespace

TokenSpaces CountTokenSpaces(std::string_view token) {
  constexpr char32_t kByteLevelSpace = 0x120;
  TokenSpaces spaces;
  uint32_t run = 0;
  bool only_spaces = true;
  for (size_t pos = 0; pos < token.size();) {
    const char32_t c = NextChar(token, &pos);
    const bool space = c == kByteLevelSpace || HasFlag(c, kSpaceChar);
    run = space ? run + 1 : 0;
    only_spaces = only_spaces && space;
    if (only_spaces) spaces.leading = run;
  }
  spaces.trailing = run;
  return spaces;
}

PostProcessorPtr MakeTemplate(std::vector<uint32_t> prefix, std::vector<uint32_t> suffix) {
  return std::make_unique<Template>(std::move(prefix), std::move(suffix));
}

PostProcessorPtr MakeTrimOffsets(bool add_prefix_space) {
  return std::make_unique<TrimOffsets>(add_prefix_space);
}

PostProcessorPtr MakePostProcessorSequence(std::vector<PostProcessorPtr> steps) {
  return std::make_unique<PostProcessorSequence>(std::move(steps));
}

}  // namespace sg
