#pragma once
// What happens to the tokens of a text at the end: special tokens around them, offsets trimmed to
// leave out spaces. Immutable, thread-safe.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace sg {

// Spaces at the ends of a token's written form, in characters; what trimming takes off.
struct TokenSpaces {
  uint32_t leading = 0;
  uint32_t trailing = 0;
};

// Counts them in `token`: white space and the byte-level alphabet's form of a space.
TokenSpaces CountTokenSpaces(std::string_view token);

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  // `text` is the original. `spaces` has an entry a token and is kept in step with them.
  virtual void Process(std::string_view text, bool add_special_tokens, Encoding* encoding,
                       std::vector<TokenSpaces>* spaces) const = 0;
  // True if `spaces` matters.
  virtual bool NeedsSpaces() const { return false; }
};

using PostProcessorPtr = std::unique_ptr<PostProcessor>;

// `prefix` and `suffix` go around the tokens where special tokens are asked for.
PostProcessorPtr MakeTemplate(std::vector<uint32_t> prefix, std::vector<uint32_t> suffix);
// Of ByteLevel and RobertaProcessing.
PostProcessorPtr MakeTrimOffsets(bool add_prefix_space);
PostProcessorPtr MakePostProcessorSequence(std::vector<PostProcessorPtr> steps);

}  // namespace sg
