#pragma once
// A token model turns one piece of text into vocabulary ids: WordPiece, BPE or Unigram.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/status.h"
#include "core/text/vocabulary.h"

namespace sg {

// A token and the bytes [begin, end) of the text that it covers.
struct ModelToken {
  uint32_t id = 0;
  uint32_t begin = 0;
  uint32_t end = 0;
};

// Thread-safe: caches belong to threads.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  // Appends the tokens of `piece`, which begins at byte `offset` of its text.
  // REQUIRES: valid UTF-8, not empty.
  virtual Status Tokenize(std::string_view piece, uint32_t offset,
                          std::vector<ModelToken>* tokens) const = 0;

  virtual const Vocabulary& vocabulary() const = 0;
};

using TokenModelPtr = std::unique_ptr<TokenModel>;

struct WordPieceOptions {
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  size_t max_input_chars_per_word = 100;
};

// Greedy longest match first (Schuster & Nakajima 2012, as BERT does it).
// kCorrupt if the unknown token is not in the vocabulary.
Result<TokenModelPtr> MakeWordPiece(Vocabulary vocabulary, const WordPieceOptions& options);

struct BpeOptions {
  std::string unk_token;  // empty: unknown characters vanish
  std::string continuing_subword_prefix;
  std::string end_of_word_suffix;
  bool fuse_unk = false;
  bool byte_fallback = false;
  bool ignore_merges = false;
  // The pieces come as plain bytes, the vocabulary is written in GPT-2's byte-level alphabet.
  // REQUIRES: no prefix, suffix or byte_fallback.
  bool byte_level = false;
};

using Merge = std::pair<std::string, std::string>;

// Byte-pair encoding (Sennrich et al. 2016): of all adjacent pairs the one with the lowest rank is
// merged, the leftmost first, until none is left. `merges` in order of rank.
// kCorrupt if a merge is not over the vocabulary.
Result<TokenModelPtr> MakeBpe(Vocabulary vocabulary, const std::vector<Merge>& merges,
                              const BpeOptions& options);

struct ScoredPiece {
  std::string piece;
  double score = 0;
  bool in_text = true;  // false: an id that text never gives, such as a control symbol
};

struct UnigramOptions {
  static constexpr uint32_t kNoId = 0xFFFFFFFF;
  uint32_t unk_id = kNoId;
  bool byte_fallback = false;
  // Sums scores in float, as SentencePiece does; Hugging Face uses double.
  bool single_precision = false;
};

// The most probable segmentation (Kudo 2018), by Viterbi. Ids are positions in `pieces`.
// kCorrupt if unk_id is out of range.
Result<TokenModelPtr> MakeUnigram(const std::vector<ScoredPiece>& pieces,
                                  const UnigramOptions& options);

}  // namespace sg
