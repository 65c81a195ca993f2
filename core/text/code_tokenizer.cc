#include "core/text/code_tokenizer.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>

namespace sg {
namespace {

// Far below any sum of scores: "not reachable".
constexpr float kUnreachable = -1e30f;

constexpr size_t kMaxVocabularyBytes = size_t{64} << 20;

// The powers of ten up to kMaxDecimals, which doubles hold exactly.
constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
constexpr size_t kMaxDecimals = 9;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads "-12.3456": sign, 1 to 6 digits, optional fraction of 1 to 9 digits. A model is opened by
// every search, and this is several times as fast as std::from_chars, whose forms are not needed.
std::optional<float> ParseScore(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t whole = std::min(text.find('.'), text.size());
  const size_t decimals = whole < text.size() ? text.size() - whole - 1 : 0;
  if (whole == 0 || whole > 6 || decimals > kMaxDecimals) return std::nullopt;
  if (whole < text.size() && decimals == 0) return std::nullopt;
  uint64_t digits = 0;  // at most 15 of them: exact in a double
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == whole) continue;
    if (!IsDigit(text[i])) return std::nullopt;
    digits = digits * 10 + static_cast<uint64_t>(text[i] - '0');
  }
  const double score = static_cast<double>(digits) / kPowersOfTen[decimals];
  return static_cast<float>(negative ? -score : score);
}

}  // namespace

Result<CodeTokenizer> CodeTokenizer::Parse(std::string_view vocab_tsv) {
  if (vocab_tsv.size() > kMaxVocabularyBytes) {
    return ResourceExhaustedError("vocabulary of " + std::to_string(vocab_tsv.size()) +
                                  " bytes, the limit is " + std::to_string(kMaxVocabularyBytes));
  }
  CodeTokenizer tokenizer;
  tokenizer.vocab_ = vocab_tsv;
  tokenizer.Reserve(static_cast<size_t>(std::count(vocab_tsv.begin(), vocab_tsv.end(), '\n')) + 1);
  for (size_t begin = 0; begin < vocab_tsv.size();) {
    const size_t end = std::min(vocab_tsv.find('\n', begin), vocab_tsv.size());
    if (Status status = tokenizer.AddPiece(begin, end); !status.ok()) {
      return status.WithContext("line " + std::to_string(tokenizer.pieces_.size() + 1));
    }
    begin = end + 1;
  }
  return tokenizer;
}

void CodeTokenizer::Reserve(size_t max_pieces) {
  pieces_.reserve(max_pieces);
  slots_.assign(std::bit_ceil(max_pieces * 2), Slot{});
  slot_mask_ = slots_.size() - 1;
  slot_shift_ = 64 - static_cast<unsigned>(std::countr_zero(slots_.size()));
}

Status CodeTokenizer::AddPiece(size_t line_begin, size_t line_end) {
  const std::string_view line = vocab_.substr(line_begin, line_end - line_begin);
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return CorruptError("no tab between piece and score");
  uint64_t hash = kHashSeed;
  bool is_piece = tab > 0 && tab <= kMaxWordBytes;
  for (char c : line.substr(0, tab)) {
    is_piece &= (c >= 'a' && c <= 'z') || IsDigit(c);
    hash = HashByte(hash, c);
  }
  if (!is_piece) return CorruptError("a piece is 1 to 40 lower-case ASCII letters or digits");
  const std::optional<float> score = ParseScore(line.substr(tab + 1));
  if (!score) return CorruptError("the score is not a number like -12.3456");
  if (Find(line.data(), tab, hash) != kNone) {
    return CorruptError("\"" + std::string(line.substr(0, tab)) +
                        "\" stands in the vocabulary twice");
  }
  pieces_.push_back({.begin = static_cast<uint32_t>(line_begin),
                     .length = static_cast<uint32_t>(tab),
                     .score = *score});
  size_t i = hash >> slot_shift_;
  while (slots_[i].id_plus_one != 0) i = (i + 1) & slot_mask_;
  slots_[i] = {.tag = Tag(hash), .id_plus_one = static_cast<uint32_t>(pieces_.size())};
  return Status::Ok();
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
