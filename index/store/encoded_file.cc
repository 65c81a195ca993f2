#include "index/store/encoded_file.h"

#include <algorithm>
#include <utility>

#include "core/base/hash.h"
#include "core/text/words.h"
#include "index/store/block_store.h"
#include "index/store/facts_codec.h"
#include "index/store/trigrams.h"

namespace sg {
namespace {

constexpr uint64_t kKeyMask48 = (uint64_t{1} << 48) - 1;
constexpr uint64_t kKeyMask63 = (uint64_t{1} << 63) - 1;
constexpr uint32_t kMaxRowTerms = UINT16_MAX;

void EncodeTerms(const std::vector<FileBatchEntry::ChunkTerms>& chunks, EncodedFile* out) {
  size_t count = 0;
  for (const auto& chunk : chunks) count += chunk.terms.size();
  out->terms.reserve(count);
  for (uint32_t i = 0; i < chunks.size(); ++i) {
    for (const FileBatchEntry::Term& term : chunks[i].terms) {
      out->terms.push_back({term.key, i, TermValue(term.weight, term.whole)});
    }
    out->row_terms.push_back(static_cast<uint16_t>(std::min(chunks[i].row_terms, kMaxRowTerms)));
  }
}

void EncodeSymbols(const std::vector<Chunk>& chunks, EncodedFile* out) {
  for (uint32_t i = 0; i < chunks.size(); ++i) {
    const size_t begin = out->symbols.size();
    for (const Definition& definition : chunks[i].definitions) {
      const std::string joined = JoinedWords(definition.name);
      if (joined.empty()) continue;
      const Posting posting{SymbolKey(joined), i, static_cast<uint32_t>(definition.kind)};
      const auto same =
          std::find_if(out->symbols.begin() + static_cast<ptrdiff_t>(begin), out->symbols.end(),
                       [&](const Posting& p) { return p.key == posting.key; });
      // A chunk is in a list once: the strongest (lowest) kind stands for overloads.
      if (same == out->symbols.end()) {
        out->symbols.push_back(posting);
      } else {
        same->value = std::min(same->value, posting.value);
      }
    }
  }
}

void EncodePassages(const std::vector<uint64_t>& keys, EncodedFile* out) {
  for (uint32_t i = 0; i < keys.size(); ++i) {
    out->passages.push_back({keys[i] & kKeyMask63, i, 0});
  }
}

void ReleaseInputs(FileBatchEntry* entry) {
  entry->text = {};
  entry->chunk_terms = {};
  entry->passage_keys = {};
  entry->chunk_vectors = entry->file_vector = entry->header_vector = Matrix{};
}

}  // namespace

void EncodedFileDeleter::operator()(EncodedFile* file) const { delete file; }

uint64_t TermKey(std::string_view term) { return Hash64(term) & kKeyMask48; }

uint64_t SymbolKey(std::string_view joined_name) { return Hash64(joined_name) & kKeyMask48; }

uint32_t TermValue(uint32_t weight, bool whole) {
  if (whole) return weight <= 2 ? weight - 1 : kFirstGeneralTerm + 2 * (weight - 3);
  return weight == 1 ? kSinglePartTerm : kFirstGeneralTerm + 2 * (weight - 2) + 1;
}

bool IsWholeTermValue(uint32_t value) {
  return value < kSinglePartTerm ||
         (value >= kFirstGeneralTerm && (value - kFirstGeneralTerm) % 2 == 0);
}

Status EncodeFile(const TextCodec& texts, FileBatchEntry* entry) {
  if (entry->encoded) return Status::Ok();
  std::unique_ptr<EncodedFile, EncodedFileDeleter> out(new EncodedFile);
  SG_ASSIGN_OR_RETURN(out->frame, texts.Compress(entry->text));
  out->raw_bytes = entry->text.size();
  out->text_hash = ContentHash(entry->text).low & kKeyMask63;
  SG_ASSIGN_OR_RETURN(out->facts, texts.Compress(EncodeFacts(entry->record)));
  EncodeTerms(entry->chunk_terms, out.get());
  EncodeSymbols(entry->record.chunks, out.get());
  EncodePassages(entry->passage_keys, out.get());
  out->trigrams = DistinctTrigrams(entry->text);
  out->chunk_vectors = Quantize(entry->chunk_vectors, MagnitudeBitsOf(VectorSet::kChunk));
  out->file_vector = Quantize(entry->file_vector, MagnitudeBitsOf(VectorSet::kFile));
  out->header_vector = Quantize(entry->header_vector, MagnitudeBitsOf(VectorSet::kHeader));
  entry->encoded = std::move(out);
  ReleaseInputs(entry);
  return Status::Ok();
}

}  // namespace sg
