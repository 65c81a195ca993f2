#pragma once
// Cuts normalized text into the pieces that a token model sees one by one: words, runs of
// punctuation, whatever tokenizer.json asks for. One class a component, each doing exactly what
// the component of that name does in the Hugging Face `tokenizers` library. Immutable, thread-safe.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/text/aligned_text.h"
#include "core/text/text_pattern.h"

namespace sg {

// One piece of the text: to be tokenized, or already an added token.
struct Piece {
  static constexpr int64_t kNoToken = -1;
  uint32_t begin = 0;  // bytes of PieceText::text
  uint32_t end = 0;
  uint32_t origin_begin = 0;  // where it began in the original text when it was cut out
  int64_t added_token = kNoToken;
};

struct PieceText {
  AlignedText text;
  std::vector<Piece> pieces;  // none is empty
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual Status Cut(PieceText* text) const = 0;
};

using PreTokenizerPtr = std::unique_ptr<PreTokenizer>;

// What becomes of the matches at which text is cut.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

enum class PrependScheme { kFirst, kNever, kAlways };

PreTokenizerPtr MakeBertPreTokenizer();
PreTokenizerPtr MakeWhitespace();       // \w+|[^\w\s]+
PreTokenizerPtr MakeWhitespaceSplit();  // at white space
PreTokenizerPtr MakePunctuation(SplitBehavior behavior);
PreTokenizerPtr MakeDigits(bool individual);
PreTokenizerPtr MakeSplit(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior,
                          bool invert);
// `replacement` is one character in UTF-8.
PreTokenizerPtr MakeMetaspace(std::string replacement, PrependScheme scheme, bool split);
// Default for `map_bytes`: every byte becomes the character that GPT-2 writes for it; false leaves
// the bytes alone, for a BPE model that takes them as they are (bpe.h).
PreTokenizerPtr MakeByteLevel(bool add_prefix_space, bool use_regex, bool map_bytes);
PreTokenizerPtr MakePreTokenizerSequence(std::vector<PreTokenizerPtr> steps);

// The character that GPT-2's byte-level alphabet has for `byte` (OpenAI, encoder.py).
char32_t ByteLevelChar(uint8_t byte);

}  // namespace sg
