#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "core/text/piece_cache.h"
#include "core/text/prefix_trie.h"
#include "core/text/token_model.h"
#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr double kUnknownPenalty = 10.0;  // kUnkPenalty of SentencePiece's unigram_model.cc

Vocabulary VocabularyOf(const std::vector<ScoredPiece>& pieces) {
  std::vector<std::pair<std::string, uint32_t>> entries;
  entries.reserve(pieces.size());
  for (const ScoredPiece& piece : pieces) {
    entries.emplace_back(piece.piece, static_cast<uint32_t>(entries.size()));
  }
  return Vocabulary(std::move(entries));
}

// The best way to reach a place in the text.
template <typename Score>
struct Arrival {
  Score score = 0;
  uint32_t id = 0;
  uint32_t begin = kUnreached;  // where its last token begins
  static constexpr uint32_t kUnreached = 0xFFFFFFFF;
};

class Unigram : public TokenModel {
 public:
  Unigram(const std::vector<ScoredPiece>& pieces, const UnigramOptions& options)
      : vocabulary_(VocabularyOf(pieces)), options_(options) {
    std::vector<std::pair<std::string_view, uint32_t>> entries;
    double min_score = std::numeric_limits<double>::infinity();
    for (uint32_t id = 0; id < pieces.size(); ++id) {
      scores_.push_back(pieces[id].score);
      if (!pieces[id].in_text) continue;
      entries.emplace_back(pieces[id].piece, id);
      min_score = std::min(min_score, pieces[id].score);
    }
    trie_ = PrefixTrie::Build(std::move(entries));
    unknown_score_ = min_score - kUnknownPenalty;
  }

  Status Tokenize(std::string_view piece, uint32_t offset,
                  std::vector<ModelToken>* tokens) const override {
    if (options_.single_precision) return Search<float>(piece, offset, tokens);
    return PieceCache::Append(owner_, piece, offset, tokens,
                              [&] { return Search<double>(piece, offset, tokens); });
  }

  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  template <typename Score>
  Status Search(std::string_view piece, uint32_t offset, std::vector<ModelToken>* tokens) const {
    thread_local std::vector<Arrival<Score>> best;
    best.assign(piece.size() + 1, {});
    for (size_t begin = 0; begin < piece.size(); begin += CharLength(piece[begin])) {
      if (!Extend(piece, begin, &best)) {
        return InvalidArgumentError(
            "the text has a character that the tokenizer does not know, "
            "and it has no unknown token");
      }
    }
    const size_t first = tokens->size();
    for (size_t end = piece.size(); end > 0; end = best[end].begin) {
      const Arrival<Score>& arrival = best[end];
      const bool fuses = tokens->size() > first && arrival.id == options_.unk_id &&
                         tokens->back().id == options_.unk_id;
      if (fuses) {
        tokens->back().begin = offset + arrival.begin;
      } else {
        tokens->push_back(
            {arrival.id, offset + arrival.begin, offset + static_cast<uint32_t>(end)});
      }
    }
    std::reverse(tokens->begin() + static_cast<std::ptrdiff_t>(first), tokens->end());
    NameUnknowns(piece, offset, first, tokens);
    return Status::Ok();
  }

  // Tries every token that begins at `begin`; false if none does and there is no unknown token.
  template <typename Score>
  bool Extend(std::string_view piece, size_t begin, std::vector<Arrival<Score>>* best) const {
    const Score score_here = (*best)[begin].score;
    const size_t char_end = begin + CharLength(piece[begin]);
    bool has_single = false;
    const auto arrive = [&](size_t end, uint32_t id, Score score) {
      Arrival<Score>& target = (*best)[end];
      const Score candidate = score + score_here;
      if (target.begin == Arrival<Score>::kUnreached || candidate > target.score) {
        target = {candidate, id, static_cast<uint32_t>(begin)};
      }
    };
    PrefixTrie::Node node;
    for (size_t end = begin; end < piece.size();) {
      if (!trie_.Step(static_cast<uint8_t>(piece[end]), &node)) break;
      ++end;
      const uint32_t id = trie_.ValueAt(node);
      if (id == PrefixTrie::kNone) continue;
      arrive(end, id, static_cast<Score>(scores_[id]));
      has_single |= end == char_end;
    }
    if (has_single) return true;
    if (options_.unk_id == UnigramOptions::kNoId) return false;
    arrive(char_end, options_.unk_id, static_cast<Score>(unknown_score_));
    return true;
  }

  // Gives fused unknown stretches the id of the piece that they spell or their bytes, if there are.
  void NameUnknowns(std::string_view piece, uint32_t offset, size_t first,
                    std::vector<ModelToken>* tokens) const {
    if (options_.single_precision && !options_.byte_fallback) return;
    const auto unknown = [&](const ModelToken& token) { return token.id == options_.unk_id; };
    if (std::none_of(tokens->begin() + static_cast<std::ptrdiff_t>(first), tokens->end(),
                     unknown)) {
      return;
    }
    const std::vector<ModelToken> found(tokens->begin() + static_cast<std::ptrdiff_t>(first),
                                        tokens->end());
    tokens->resize(first);
    for (ModelToken token : found) {
      const std::string_view text = piece.substr(token.begin - offset, token.end - token.begin);
      if (unknown(token)) {
        if (const auto id = vocabulary_.Find(text))
          token.id = *id;
        else if (options_.byte_fallback && AddBytes(text, token, tokens))
          continue;
      }
      tokens->push_back(token);
    }
  }

  bool AddBytes(std::string_view text, ModelToken token, std::vector<ModelToken>* tokens) const {
    constexpr char kHex[] = "0123456789ABCDEF";
    const size_t first = tokens->size();
    for (const char c : text) {
      const auto byte = static_cast<uint8_t>(c);
      const std::string name = std::string("<0x") + kHex[byte >> 4] + kHex[byte & 15] + '>';
      const std::optional<uint32_t> id = vocabulary_.Find(name);
      if (!id) {
        tokens->resize(first);
        return false;
      }
      tokens->push_back({*id, token.begin, token.end});
    }
    return true;
  }

  Vocabulary vocabulary_;
  UnigramOptions options_;
  PrefixTrie trie_;
  std::vector<double> scores_;
  double unknown_score_;
  uint64_t owner_ = PieceCache::NewOwner();
};

}  // namespace

Result<TokenModelPtr> MakeUnigram(const std::vector<ScoredPiece>& pieces,
                                  const UnigramOptions& options) {
  if (options.unk_id != UnigramOptions::kNoId && options.unk_id >= pieces.size()) {
    return CorruptError("the unknown token's id is outside the vocabulary");
  }
  TokenModelPtr model = std::make_unique<Unigram>(pieces, options);
  return model;
}

}  // namespace sg
