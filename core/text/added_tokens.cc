#include "core/text/added_tokens.h"

#include <algorithm>
#include <utility>

#include "core/text/unicode.h"

namespace sg {
namespace {

constexpr size_t kMaxContentBytes = 4096;  // bounds the search to this many steps a byte

// Where the character before `pos` begins. REQUIRES: pos > 0.
size_t PreviousChar(std::string_view text, size_t pos) {
  --pos;
  while (IsContinuation(text[pos])) --pos;
  return pos;
}

bool WordBefore(std::string_view text, size_t pos) {
  if (pos == 0) return false;
  size_t begin = PreviousChar(text, pos);
  return HasFlag(NextChar(text, &begin), kWordChar);
}

bool WordAfter(std::string_view text, size_t pos) {
  return pos < text.size() && HasFlag(NextChar(text, &pos), kWordChar);
}

size_t SpaceBefore(std::string_view text, size_t pos) {
  while (pos > 0) {
    const size_t begin = PreviousChar(text, pos);
    size_t next = begin;
    if (!HasFlag(NextChar(text, &next), kSpaceChar)) break;
    pos = begin;
  }
  return pos;
}

size_t SpaceAfter(std::string_view text, size_t pos) {
  while (pos < text.size()) {
    size_t next = pos;
    if (!HasFlag(NextChar(text, &next), kSpaceChar)) break;
    pos = next;
  }
  return pos;
}

}  // namespace

Result<AddedTokens> AddedTokens::Build(std::vector<AddedToken> tokens, const Vocabulary& vocabulary,
                                       const Normalizer* normalizer) {
  AddedTokens result;
  auto next_id = static_cast<uint32_t>(vocabulary.size());
  for (AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    if (token.content.size() > kMaxContentBytes) {
      return ResourceExhaustedError("an added token has more than 4096 bytes");
    }
    std::optional<uint32_t> id = token.id;
    if (!id) id = result.Find(token.content);
    if (!id) id = vocabulary.Find(token.content);
    if (!id) id = next_id++;
    result.ids_[token.content] = *id;
    result.id_end_ = std::max(result.id_end_, *id + 1);
    result.tokens_[*id] = std::move(token);
  }
  std::vector<std::pair<std::string, uint32_t>> raw, normalized;
  for (const auto& [id, token] : result.tokens_) {
    if (!token.normalized) {
      raw.emplace_back(token.content, id);
      continue;
    }
    AlignedText text(token.content);
    if (normalizer != nullptr) SG_RETURN_IF_ERROR(normalizer->Normalize(&text));
    if (text.size() > kMaxContentBytes) {
      return ResourceExhaustedError("an added token has more than 4096 bytes when normalized");
    }
    if (!text.empty()) normalized.emplace_back(text.text(), id);
  }
  result.raw_ = MakeMatcher(raw);
  result.normalized_ = MakeMatcher(normalized);
  return result;
}

AddedTokens::Matcher AddedTokens::MakeMatcher(
    const std::vector<std::pair<std::string, uint32_t>>& patterns) {
  Matcher matcher;
  std::vector<std::pair<std::string_view, uint32_t>> entries(patterns.begin(), patterns.end());
  for (const auto& [content, id] : entries) {
    matcher.starts[static_cast<uint8_t>(content[0])] = true;
    matcher.empty = false;
  }
  matcher.trie = PrefixTrie::Build(std::move(entries));
  return matcher;
}

// Covers `text` with matches, the longest at the leftmost place, and what lies between.
void AddedTokens::FindIn(const Matcher& matcher, std::string_view text,
                         std::vector<Found>* found) const {
  size_t covered = 0;
  for (size_t pos = 0; pos < text.size() && !matcher.empty;) {
    if (!matcher.starts[static_cast<uint8_t>(text[pos])]) {
      ++pos;
      continue;
    }
    PrefixTrie::Node node;
    size_t match_end = pos;
    uint32_t id = 0;
    for (size_t i = pos;
         i < text.size() && matcher.trie.Step(static_cast<uint8_t>(text[i]), &node);) {
      ++i;
      if (const uint32_t value = matcher.trie.ValueAt(node); value != PrefixTrie::kNone) {
        id = value;
        match_end = i;
      }
    }
    if (match_end == pos) {
      ++pos;
      continue;
    }
    size_t begin = pos, end = match_end;
    pos = match_end;
    const AddedToken& token = tokens_.at(id);
    if (token.single_word && (WordBefore(text, begin) || WordAfter(text, end))) continue;
    if (token.lstrip) begin = std::max(SpaceBefore(text, begin), covered);
    if (token.rstrip) end = SpaceAfter(text, end);
    if (covered < begin) found->push_back({covered, begin, Piece::kNoToken});
    found->push_back({begin, end, id});
    covered = end;
  }
  if (covered < text.size()) found->push_back({covered, text.size(), Piece::kNoToken});
}

Result<PieceText> AddedTokens::Extract(AlignedText text, const Normalizer* normalizer) const {
  PieceText result;
  std::vector<Found> raw;
  FindIn(raw_, text.text(), &raw);
  const bool whole = raw.size() == 1 && raw[0].id == Piece::kNoToken;
  std::vector<Found> inner;
  for (const Found& part : raw) {
    const auto base = static_cast<uint32_t>(result.text.size());
    if (part.id != Piece::kNoToken) {
      result.text.Append(text, part.begin, part.end);  // NOLINT(bugprone-use-after-move)
      result.pieces.push_back({.begin = base,
                               .end = static_cast<uint32_t>(result.text.size()),
                               .origin_begin = text.OriginOf(part.begin, part.end).begin,
                               .added_token = part.id});
      continue;
    }
    AlignedText between;
    if (whole) {
      between = std::move(text);
    } else {
      between.Append(text, part.begin, part.end);
    }
    if (normalizer != nullptr) SG_RETURN_IF_ERROR(normalizer->Normalize(&between));
    inner.clear();
    FindIn(normalized_, between.text(), &inner);
    for (const Found& piece : inner) {
      if (piece.begin == piece.end) continue;
      result.pieces.push_back({.begin = base + static_cast<uint32_t>(piece.begin),
                               .end = base + static_cast<uint32_t>(piece.end),
                               .origin_begin = between.OriginOf(piece.begin, piece.end).begin,
                               .added_token = piece.id});
    }
    if (whole) {
      result.text = std::move(between);
    } else {
      result.text.Append(between, 0, between.size());
    }
  }
  return result;
}

std::optional<uint32_t> AddedTokens::Find(std::string_view content) const {
  const auto found = ids_.find(std::string(content));
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

const AddedToken* AddedTokens::ById(uint32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

}  // namespace sg
