#include "index/build/row_terms.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/text/words.h"
#include "index/rank/path_class.h"

namespace sg {
namespace {

// Column weights of BM25 (docs/ranking.md; fitted on the development repositories).
constexpr uint32_t kBodyWeight = 1;
constexpr uint32_t kStemWeight = 5;
constexpr uint32_t kFolderWeight = 2;
constexpr uint32_t kSymbolWeight = 2;

constexpr size_t kFolders = 3;
// About 40 bytes each: a bound on memory. Beyond it everything is forgotten at once.
constexpr size_t kMaxIdentifiers = 400'000;
constexpr size_t kFirstSlots = 4096;

std::string SymbolText(const Chunk& chunk) {
  std::string text;
  for (const Definition& definition : chunk.definitions) {
    if (definition.kind != DefinitionKind::kDeclaration) (text += definition.name) += ' ';
  }
  return text += chunk.scope;
}

}  // namespace

std::string LastFolders(std::string_view path) {
  std::string folders;
  size_t end = path.rfind('/');
  for (size_t i = 0; i < kFolders && end != std::string_view::npos && end > 0; ++i) {
    const size_t slash = path.rfind('/', end - 1);
    const size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
    folders = std::string(path.substr(begin, end - begin)) + (folders.empty() ? "" : " ") + folders;
    end = slash;
  }
  return folders;
}

RowTermsMaker::RowTermsMaker() : slots_(kFirstSlots) {}

std::vector<FileBatchEntry::ChunkTerms> RowTermsMaker::Make(std::string_view path,
                                                            const SourceText& source,
                                                            const std::vector<Chunk>& chunks) {
  if (identifiers_.size() > kMaxIdentifiers) {
    identifiers_.clear();
    keys_.clear();
  }
  const std::string stem = WordsOfPath(path).stem;
  const std::string folders = LastFolders(path);
  std::vector<FileBatchEntry::ChunkTerms> rows;
  rows.reserve(chunks.size());
  for (const Chunk& chunk : chunks) {
    BeginRow();
    const std::string_view text(source.utf8);
    AddText(text.substr(chunk.byte_begin, chunk.byte_end - chunk.byte_begin), kBodyWeight,
            /*own_text=*/true);
    AddText(stem, kStemWeight, /*own_text=*/false);
    AddText(folders, kFolderWeight, /*own_text=*/false);
    AddText(SymbolText(chunk), kSymbolWeight, /*own_text=*/false);
    rows.push_back(TakeRow());
  }
  return rows;
}

RowTermsMaker::IdentifierTerms RowTermsMaker::Lookup(std::string_view identifier) {
  const auto [entry, added] = identifiers_.try_emplace(Hash64(identifier));
  if (!added) return entry->second;
  new_terms_.clear();
  AppendIdentifierTerms(identifier, &new_terms_);
  IdentifierTerms& terms = entry->second;
  terms.begin = static_cast<uint32_t>(keys_.size());
  terms.count = static_cast<uint16_t>(std::min<size_t>(new_terms_.size(), INT16_MAX));
  for (uint16_t i = 0; i < terms.count; ++i) {
    if (terms.whole < 0 && new_terms_[i].starts_with('=')) terms.whole = static_cast<int16_t>(i);
    keys_.push_back(TermKey(new_terms_[i]));
  }
  return terms;
}

void RowTermsMaker::AddText(std::string_view text, uint32_t column_weight, bool own_text) {
  for (std::string_view identifier : SplitIdentifiers(text)) {
    const IdentifierTerms terms = Lookup(identifier);
    row_terms_ += terms.count;
    for (uint16_t i = 0; i < terms.count; ++i) {
      // Plain words count as whole: the flag tells "=" terms apart only.
      const bool before_whole = terms.whole < 0 || i < terms.whole;
      AddTerm(keys_[terms.begin + i], column_weight,
              before_whole || (own_text && i == terms.whole));
    }
  }
}

void RowTermsMaker::AddTerm(uint64_t key, uint32_t weight, bool whole) {
  if (used_slots_.size() * 2 >= slots_.size()) GrowSlots();
  const size_t mask = slots_.size() - 1;
  size_t i = (key * 0x9E3779B97F4A7C15ull >> 32) & mask;
  while (slots_[i].row == row_ && slots_[i].key != key) i = (i + 1) & mask;
  Slot& slot = slots_[i];
  if (slot.row != row_) {
    slot = {.key = key, .row = row_};
    used_slots_.push_back(static_cast<uint32_t>(i));
  }
  slot.weight += weight;
  slot.whole = slot.whole || whole;
}

void RowTermsMaker::BeginRow() {
  used_slots_.clear();
  row_terms_ = 0;
  if (++row_ == 0) {  // numbers are used up: make all slots old
    slots_.assign(slots_.size(), Slot{});
    row_ = 1;
  }
}

FileBatchEntry::ChunkTerms RowTermsMaker::TakeRow() {
  FileBatchEntry::ChunkTerms terms{.row_terms = row_terms_};
  terms.terms.reserve(used_slots_.size());
  for (uint32_t i : used_slots_) {
    terms.terms.push_back(
        {.key = slots_[i].key, .weight = slots_[i].weight, .whole = slots_[i].whole});
  }
  return terms;
}

void RowTermsMaker::GrowSlots() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  std::vector<uint32_t> used;
  used.swap(used_slots_);
  const size_t mask = slots_.size() - 1;
  for (uint32_t from : used) {
    size_t i = (old[from].key * 0x9E3779B97F4A7C15ull >> 32) & mask;
    while (slots_[i].row == row_) i = (i + 1) & mask;
    slots_[i] = old[from];
    used_slots_.push_back(static_cast<uint32_t>(i));
  }
}

}  // namespace sg
