#include "core/text/code_tokenizer.h"

#include <algorithm>
#include <bit>
#include <string>

namespace sg {
namespace {

// Far below any sum of scores: "not reachable".
constexpr float kUnreachable = -1e30f;

constexpr size_t kMaxVocabularyBytes = size_t{64} << 20;

// The powers of ten up to kMaxDecimals, which doubles hold exactly.
constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
constexpr size_t kMaxDecimals = 9;
constexpr int kMaxWholeDigits = 6;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads "-12.3456" at the begin of `text`: sign, 1 to 6 digits, optional fraction of 1 to 9 digits,
// then a line's end or that of the text. Returns the bytes read, 0 if it is nothing of that kind. A
// model is opened by every search, and this is several times as fast as std::from_chars, whose
// forms are not needed.
size_t ParseScore(std::string_view text, float* score) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const bool negative = p < end && *p == '-';
  p += negative;
  const char* const whole = p;
  uint64_t digits = 0;  // at most 15 of them: exact in a double
  for (; p < end && IsDigit(*p) && p - whole < kMaxWholeDigits; ++p) {
    digits = digits * 10 + static_cast<uint64_t>(*p - '0');
  }
  if (p == whole) return 0;
  size_t decimals = 0;
  if (p < end && *p == '.') {
    const char* const fraction = ++p;
    for (; p < end && IsDigit(*p) && decimals < kMaxDecimals; ++p, ++decimals) {
      digits = digits * 10 + static_cast<uint64_t>(*p - '0');
    }
    if (p == fraction) return 0;
  }
  if (p < end && *p != '\n') return 0;
  const double value = static_cast<double>(digits) / kPowersOfTen[decimals];
  *score = static_cast<float>(negative ? -value : value);
  return static_cast<size_t>(p - text.data());
}

// What is wrong with the first line of `rest`, which does not begin with a piece and a tab.
Status NotAPiece(std::string_view rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.find('\t') == std::string_view::npos) {
    return CorruptError("no tab between piece and score");
  }
  return CorruptError("a piece is 1 to 40 lower-case ASCII letters or digits");
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
    const Result<size_t> line_bytes = tokenizer.AddPiece(begin);
    if (!line_bytes.ok()) {
      return line_bytes.status().WithContext("line " +
                                             std::to_string(tokenizer.own_pieces_.size() + 1));
    }
    begin += *line_bytes + 1;
  }
  tokenizer.UseTables({.pieces = tokenizer.own_pieces_, .slots = tokenizer.own_slots_});
  return tokenizer;
}

CodeTokenizer CodeTokenizer::FromTables(std::string_view vocab_tsv,
                                        const PreparedVocabulary& tables) {
  CodeTokenizer tokenizer;
  tokenizer.vocab_ = vocab_tsv;
  tokenizer.UseTables(tables);
  return tokenizer;
}

void CodeTokenizer::UseTables(const PreparedVocabulary& tables) {
  tables_ = tables;
  slot_mask_ = tables.slots.size() - 1;
  slot_shift_ = 64 - static_cast<unsigned>(std::countr_zero(tables.slots.size()));
}

void CodeTokenizer::Reserve(size_t max_pieces) {
  own_pieces_.reserve(max_pieces);
  own_slots_.assign(std::bit_ceil(max_pieces * 2), Slot{});
  UseTables({.slots = own_slots_});
}

Result<size_t> CodeTokenizer::AddPiece(size_t line_begin) {
  const std::string_view rest = vocab_.substr(line_begin);
  const size_t most = std::min(rest.size(), kMaxWordBytes + 1);
  uint64_t hash = kHashSeed;
  size_t tab = 0;
  for (; tab < most && rest[tab] != '\t'; ++tab) {
    const char c = rest[tab];
    if (!(c >= 'a' && c <= 'z') && !IsDigit(c)) break;
    hash = HashByte(hash, c);
  }
  if (tab == 0 || tab == most || rest[tab] != '\t') return NotAPiece(rest);
  float score = 0;
  const size_t score_bytes = ParseScore(rest.substr(tab + 1), &score);
  if (score_bytes == 0) return CorruptError("the score is not a number like -12.3456");
  const std::string_view piece = rest.substr(0, tab);
  const uint32_t tag = Tag(hash);
  const auto known = [this](uint32_t id) {
    return vocab_.substr(own_pieces_[id].begin, own_pieces_[id].length);
  };
  size_t i = hash >> slot_shift_;
  for (; own_slots_[i].id_plus_one != 0; i = (i + 1) & slot_mask_) {
    if (own_slots_[i].tag != tag || known(own_slots_[i].id_plus_one - 1) != piece) continue;
    return CorruptError("\"" + std::string(piece) + "\" stands in the vocabulary twice");
  }
  own_pieces_.push_back({.begin = static_cast<uint32_t>(line_begin),
                         .length = static_cast<uint32_t>(tab),
                         .score = score});
  own_slots_[i] = {.tag = tag, .id_plus_one = static_cast<uint32_t>(own_pieces_.size())};
  return tab + 1 + score_bytes;
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
      const float score = best[begin].score + tables_.pieces[id].score;
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
