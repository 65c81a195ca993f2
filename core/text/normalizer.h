#pragma once
// The text transformations that come before a tokenizer cuts: case, accents, Unicode forms, white
// space. One class a component of tokenizer.json, each doing exactly what the component of that
// name does in the Hugging Face `tokenizers` library, offsets included. Immutable, thread-safe.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/status.h"
#include "core/text/aligned_text.h"
#include "core/text/charsmap.h"
#include "core/text/text_pattern.h"

namespace sg {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual Status Normalize(AlignedText* text) const = 0;
};

using NormalizerPtr = std::unique_ptr<Normalizer>;

struct BertNormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  std::optional<bool> strip_accents;  // Default: as `lowercase`
  bool lowercase = true;
};

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };

NormalizerPtr MakeBertNormalizer(const BertNormalizerOptions& options);
NormalizerPtr MakeUnicodeNormalizer(UnicodeForm form);
NormalizerPtr MakeLowercase();
NormalizerPtr MakeStripAccents();
NormalizerPtr MakeStrip(bool left, bool right);
NormalizerPtr MakeReplace(std::unique_ptr<TextPattern> pattern, std::string content);
NormalizerPtr MakePrepend(std::string prefix);
NormalizerPtr MakeNmt();
NormalizerPtr MakePrecompiled(Charsmap charsmap);
NormalizerPtr MakeNormalizerSequence(std::vector<NormalizerPtr> steps);

// As SentencePiece itself normalizes: longest matches of the charsmap (which may be null), white
// space collapsed, a dummy space in front, spaces written as U+2581.
struct SentencePieceOptions {
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
};
NormalizerPtr MakeSentencePieceNormalizer(std::optional<Charsmap> charsmap,
                                          const SentencePieceOptions& options);

}  // namespace sg
