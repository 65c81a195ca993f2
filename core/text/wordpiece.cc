#include <utility>

#include "core/text/prefix_trie.h"
#include "core/text/token_model.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

class WordPiece : public TokenModel {
 public:
  WordPiece(Vocabulary vocabulary, const WordPieceOptions& options, uint32_t unk_id)
      : vocabulary_(std::move(vocabulary)),
        unk_id_(unk_id),
        max_chars_(options.max_input_chars_per_word) {
    std::vector<std::pair<std::string_view, uint32_t>> entries(vocabulary_.pieces().begin(),
                                                               vocabulary_.pieces().end());
    trie_ = PrefixTrie::Build(std::move(entries));
    has_continuations_ = trie_.Walk(options.continuing_subword_prefix, &continuation_);
  }

  Status Tokenize(std::string_view piece, uint32_t offset,
                  std::vector<ModelToken>* tokens) const override {
    const size_t first = tokens->size();
    const bool too_long = piece.size() > max_chars_ && CountChars(piece) > max_chars_;
    if (too_long || !Match(piece, offset, tokens)) {
      tokens->resize(first);
      tokens->push_back({unk_id_, offset, offset + static_cast<uint32_t>(piece.size())});
    }
    return Status::Ok();
  }

  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  // False if some part of `piece` is in no entry.
  bool Match(std::string_view piece, uint32_t offset, std::vector<ModelToken>* tokens) const {
    for (size_t begin = 0; begin < piece.size();) {
      if (begin > 0 && !has_continuations_) return false;
      PrefixTrie::Node node = begin == 0 ? PrefixTrie::Node{} : continuation_;
      size_t end = begin;
      uint32_t id = PrefixTrie::kNone;
      for (size_t i = begin; i < piece.size();) {
        if (!trie_.Step(static_cast<uint8_t>(piece[i]), &node)) break;
        ++i;
        if (const uint32_t value = trie_.ValueAt(node); value != PrefixTrie::kNone) {
          id = value;
          end = i;
        }
      }
      if (id == PrefixTrie::kNone) return false;
      tokens->push_back(
          {id, offset + static_cast<uint32_t>(begin), offset + static_cast<uint32_t>(end)});
      begin = end;
    }
    return true;
  }

  Vocabulary vocabulary_;
  PrefixTrie trie_;
  PrefixTrie::Node continuation_;  // behind the prefix of continuing pieces
  bool has_continuations_ = false;
  uint32_t unk_id_;
  size_t max_chars_;
};

}  // namespace

Result<TokenModelPtr> MakeWordPiece(Vocabulary vocabulary, const WordPieceOptions& options) {
  const std::optional<uint32_t> unk_id = vocabulary.Find(options.unk_token);
  if (!unk_id) {
    return CorruptError("the vocabulary lacks the unknown token '" + options.unk_token + "'");
  }
  TokenModelPtr model = std::make_unique<WordPiece>(std::move(vocabulary), options, *unk_id);
  return model;
}

}  // namespace sg
