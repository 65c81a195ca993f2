#pragma once
// Text to token ids, exactly as the Hugging Face `tokenizers` library does it for the same files.
//
// A tokenizer is data: tokenizer.json, or the older files of the same model, say which components
// run in which order (docs/tokenizers.md lists the ones that exist). A component or setting that is
// not known is an error, never ignored. Immutable after loading; every method may be called from
// any number of threads.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/text/aligned_text.h"

namespace sg {

// The tokens of a text; the three vectors have one entry a token.
struct Encoding {
  std::vector<uint32_t> ids;
  std::vector<ByteSpan> spans;   // bytes of the text; {0, 0} for special tokens that were added
  std::vector<uint8_t> special;  // 1 for special tokens that were added around the text

  size_t size() const { return ids.size(); }
};

struct TokenizerParts;  // tokenizer_parts.h

class Tokenizer {
 public:
  // Reads the tokenizer of a model folder: tokenizer.json or, where there is none, spiece.model,
  // sentencepiece.bpe.model, vocab.json with merges.txt, or vocab.txt, each with the settings of
  // tokenizer_config.json. kNotFound if the folder has none of them; kCorrupt, kUnsupported.
  static Result<std::unique_ptr<Tokenizer>> FromFolder(const std::string& folder);
  // Reads one file: *.json as tokenizer.json, *.model as a SentencePiece model, *.txt as a
  // WordPiece vocabulary.
  static Result<std::unique_ptr<Tokenizer>> FromFile(const std::string& path);
  // Parses the contents of a tokenizer.json.
  static Result<std::unique_ptr<Tokenizer>> FromJson(std::string_view json);

  explicit Tokenizer(TokenizerParts parts);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Returns the tokens of `text`, with the model's special tokens around them if asked for. Broken
  // UTF-8 counts as U+FFFD. Nothing is truncated or padded: that is the caller's, whatever
  // tokenizer.json says. kInvalidArgument for more than 1 GiB of text.
  Result<Encoding> Encode(std::string_view text, bool add_special_tokens) const;

  // The id of a token as the vocabulary writes it ("##ing", "Ġthe", "[MASK]").
  std::optional<uint32_t> TokenToId(std::string_view token) const;
  std::optional<std::string> IdToToken(uint32_t id) const;

  // One more than the highest id.
  size_t vocabulary_size() const;

 private:
  std::unique_ptr<const TokenizerParts> parts_;
};

}  // namespace sg
