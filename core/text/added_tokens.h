#pragma once
// Tokens that are found in text as they are, before anything else cuts it: "[MASK]",
// "<|endoftext|>". Some match the text as written, some only after normalization. Immutable after
// Build, thread-safe. Rules as in the AddedVocabulary of the Hugging Face `tokenizers` library.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/status.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/prefix_trie.h"
#include "core/text/vocabulary.h"

namespace sg {

struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no letter, digit or mark touches it
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // takes the white space behind it
  bool normalized = true;    // matches normalized text, by its own normalized form
  bool special = false;
  std::optional<uint32_t> id;  // Default: as Build says
};

class AddedTokens {
 public:
  // Gives each token without an id the one that its text has in `vocabulary`, or the next free one.
  // `normalizer` may be null. kResourceExhausted for absurdly long tokens.
  static Result<AddedTokens> Build(std::vector<AddedToken> tokens, const Vocabulary& vocabulary,
                                   const Normalizer* normalizer);

  // Cuts `text` at the tokens that match it as written, normalizes what lies between, and cuts that
  // at the others. `normalizer` as for Build.
  Result<PieceText> Extract(AlignedText text, const Normalizer* normalizer) const;

  std::optional<uint32_t> Find(std::string_view content) const;
  // Null if `id` is no added token's.
  const AddedToken* ById(uint32_t id) const;
  // One more than the highest id, or 0.
  uint32_t id_end() const { return id_end_; }

 private:
  struct Matcher {
    PrefixTrie trie;  // content -> id
    bool starts[256] = {};
    bool empty = true;
  };

  struct Found {
    size_t begin, end;
    int64_t id;
  };

  static Matcher MakeMatcher(const std::vector<std::pair<std::string, uint32_t>>& patterns);
  void FindIn(const Matcher& matcher, std::string_view text, std::vector<Found>* found) const;

  std::unordered_map<std::string, uint32_t> ids_;
  std::unordered_map<uint32_t, AddedToken> tokens_;
  Matcher raw_, normalized_;
  uint32_t id_end_ = 0;
};

}  // namespace sg
