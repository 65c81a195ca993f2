#include "core/text/code_tokenizer.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <string>

namespace sg {
namespace {

// Far below any sum of scores: "not reachable".
constexpr float kUnreachable = -1e30f;

constexpr size_t kMaxVocabularyBytes = size_t{64} << 20;

bool IsPiece(std::string_view piece) {
  const auto is_piece_byte = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !piece.empty() && piece.size() <= CodeTokenizer::kMaxWordBytes &&
         std::all_of(piece.begin(), piece.end(), is_piece_byte);
}

}  // namespace

Result<CodeTokenizer> CodeTokenizer::Parse(std::string_view vocab_tsv) {
  if (vocab_tsv.size() > kMaxVocabularyBytes) {
    return ResourceExhaustedError("vocabulary of " + std::to_string(vocab_tsv.size()) +
                                  " bytes, the limit is " + std::to_string(kMaxVocabularyBytes));
  }
  CodeTokenizer tokenizer;
  tokenizer.vocab_ = vocab_tsv;
  tokenizer.pieces_.reserve(vocab_tsv.size() / 16);
  for (std::string_view rest = vocab_tsv; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (Status status = tokenizer.AddPiece(rest.substr(0, end)); !status.ok()) {
      return status.WithContext("line " + std::to_string(tokenizer.pieces_.size() + 1));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  tokenizer.BuildSlots();
  for (uint32_t id = 0; id < tokenizer.vocab_size(); ++id) {
    const std::string_view piece = tokenizer.piece(id);
    uint64_t hash = kHashSeed;
    for (char c : piece) hash = HashByte(hash, c);
    if (tokenizer.Find(piece.data(), piece.size(), hash) != id) {
      return CorruptError("line " + std::to_string(id + 1) + ": \"" + std::string(piece) +
                          "\" stands in the vocabulary twice");
    }
  }
  return tokenizer;
}

Status CodeTokenizer::AddPiece(std::string_view line) {
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return CorruptError("no tab between piece and score");
  if (!IsPiece(line.substr(0, tab))) {
    return CorruptError("a piece is 1 to 40 lower-case ASCII letters or digits");
  }
  float score = 0;
  const auto [stop, error] =
      std::from_chars(line.data() + tab + 1, line.data() + line.size(), score);
  if (error != std::errc() || stop != line.data() + line.size() || !std::isfinite(score)) {
    return CorruptError("the score is not a number");
  }
  pieces_.push_back({.begin = static_cast<uint32_t>(line.data() - vocab_.data()),
                     .length = static_cast<uint32_t>(tab),
                     .score = score});
  return Status::Ok();
}

void CodeTokenizer::BuildSlots() {
  slots_.assign(std::bit_ceil(pieces_.size() * 2 + 2), Slot{});
  slot_mask_ = slots_.size() - 1;
  slot_shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots_.size()));
  for (uint32_t id = 0; id < pieces_.size(); ++id) {
    uint64_t hash = kHashSeed;
    for (char c : piece(id)) hash = HashByte(hash, c);
    size_t i = hash >> slot_shift_;
    while (slots_[i].id_plus_one != 0) i = (i + 1) & slot_mask_;
    slots_[i] = {.tag = Tag(hash), .id_plus_one = id + 1};
  }
}

size_t CodeTokenizer::Segment(std::string_view word, std::span<uint32_t, kMaxWordBytes> ids) const {
  struct Step {
    float score = kUnreachable;
    uint32_t begin = 0;  // where the last piece begins
    uint32_t id = kNone;
  };
  std::array<Step, kMaxWordBytes + 1> best;  // of the first i letters
  best[0].score = 0;
  for (uint32_t begin = 0; begin < word.size(); ++begin) {
    if (best[begin].score == kUnreachable) continue;
    uint64_t hash = kHashSeed;
    const size_t last = std::min<size_t>(word.size(), begin + kMaxPieceBytes);
    for (size_t end = begin + 1; end <= last; ++end) {
      hash = HashByte(hash, word[end - 1]);
      const uint32_t id = Find(word.data() + begin, end - begin, hash);
      if (id == kNone) continue;
      // Longer last pieces come first, so only a larger sum replaces them.
      const float score = best[begin].score + pieces_[id].score;
      if (score > best[end].score) best[end] = {score, begin, id};
    }
  }
  size_t count = 0;
  for (size_t end = word.size(); end > 0 && best[end].id != kNone; end = best[end].begin) {
    ids[count++] = best[end].id;
  }
  std::reverse(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count));
  return count;
}

std::vector<uint32_t> CodeTokenizer::Tokenize(std::string_view text) const {
  std::vector<uint32_t> ids;
  ForEachToken(text, [&](uint32_t id) { ids.push_back(id); });
  return ids;
}

}  // namespace sg
